"""What a signing begins with, what it is told, and what it tells the contract when it has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel

from activities.signing import SigningState
from workflows.human_task import TaskCommand


def signing_workflow_id(signing_id: str) -> str:
    return f"signing/{signing_id}"


class SignerSpec(BaseModel):
    """Who is asked on our side; `role` is the step of the approval in which they approved."""

    person_id: str
    role: str = ""


class SigningStart(BaseModel):
    """`document` is the hash of the approved version; `customer` says that the other party signs after us."""

    signing_id: str
    contract_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    version_no: int
    document: str
    signers: list[SignerSpec]
    customer: bool
    reminders: list[timedelta] = []
    expires: timedelta = timedelta(days=14)
    state: SigningState | None = None


class SigningEnded(BaseModel):
    """`document` is the hash with every signature; `remarks`, or the code `problem`, say why it came to nothing, `by`
    who said so.
    """

    signing_id: str
    outcome: Literal["signed", "declined", "handed_back", "expired", "failed", "withdrawn"]
    document: str | None = None
    remarks: str | None = None
    problem: str = ""
    by: str = "system"


class SignContract(TaskCommand):
    """`document` is the hash the signer saw; `method` what the edge has proved; `origin` see Evidence."""

    document: str
    method: Literal["password", "second_factor"]
    origin: str | None = None
