"""What the term of a contract is told: it begins with the signature, is confirmed, and decided about."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract_term import Renewal, TermState
    from domain.contract_term import Decision, Terms
    from domain.process import Command


def term_workflow_id(contract_id: str) -> str:
    return f"contract/{contract_id}/term"


class TermStart(BaseModel):
    contract_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    signed_at: datetime
    state: TermState | None = None


class ConfirmTerm(Command):
    """The days as they are from now on; `version` as they were seen."""

    version: int
    terms: Terms


class DecideTerm(Command):
    """`renewal` is the deal to begin where it is to be renewed."""

    version: int
    decision: Decision
    comment: str | None = None
    renewal: Renewal | None = None
