"""How long a contract runs, as its page and its tasks show it: the days, where they come from, and two forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, Field, StringConstraints, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from api.language import language_of
from db.contract import Contract
from db.contract_check import period_of, said_in
from db.contract_term import ContractTerm
from db.deal import Deal
from domain.access import Action, Actor
from domain.contract_term import CLAUSES, Decision, Terms
from domain.money import plain_amount
from ui.stage import pipelines

FIELDS = {"period": "ends_on", "renewal_notice": "notice_days", "auto_renewal": "renews_months",
          "warranty_period": "warranty_until"}  # fmt: skip
"""What a check finds, and the field it fills in."""
RENEWALS = "renewals"


@dataclass(frozen=True)
class Source:
    """Where the document says so."""

    page: int | None
    quote: str


@dataclass(frozen=True)
class TermShown:
    """`sources` by field; `pipelines` are those in which a deal may be begun; `renewal` is the one that was."""

    row: ContractTerm
    document: str
    sources: Mapping[str, Source]
    pipelines: Sequence[tuple[str, str]]
    pipeline: str
    renewal: Deal | None
    works: bool

    @property
    def amount(self) -> str:
        return plain_amount(self.row.amount, self.row.currency)

    @property
    def open(self) -> bool:
        return self.row.closed_at is None and self.row.status != "ended"

    def filled(self) -> dict[str, str]:
        """What the form of the days begins with."""
        names = ("starts_on", "ends_on", "notice_days", "renews_months", "warranty_until")
        return {name: "" if (value := getattr(self.row, name)) is None else str(value) for name in names}


async def read_term(session: AsyncSession, request: Request, actor: Actor, contract: Contract) -> TermShown | None:
    """None for a contract that was not signed."""
    row = await session.get(ContractTerm, contract.id)
    if row is None:
        return None
    newest: dict[str, Any] = contract.versions[-1] if contract.versions else {}
    no = newest.get("no", contract.version)
    found = await said_in(session, contract.id, no, CLAUSES)
    sources = {FIELDS[kind]: Source(one.page, one.quote or "") for kind, one in found.items() if one.page}
    if period := await period_of(session, contract.id, no):
        sources["ends_on"] = Source(period["page"], period["quote"])
    known = await pipelines(session, language_of(request))
    offered = [(key, name) for key, name in known.choices() if not known.in_force[key].retired]
    keys = [key for key, _ in offered]
    return TermShown(
        row=row, document=newest.get("document") or "", sources=sources, pipelines=offered,
        pipeline=RENEWALS if RENEWALS in keys else keys[0] if keys else "",
        renewal=await session.get(Deal, row.renewal_id) if row.renewal_id else None,
        works=actor.reaches(Action.CONTRACT_WORK, owner=row.owner_id, region=row.region_id),
    )  # fmt: skip


class TermTyped(BaseModel):
    """The days as a form sends them: an empty field is none."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    starts_on: date | None = None
    ends_on: date | None = None
    notice_days: Annotated[int, Field(ge=0, le=3_660)] | None = None
    renews_months: Annotated[int, Field(ge=0, le=600)] | None = None
    warranty_until: date | None = None

    @field_validator("starts_on", "ends_on", "notice_days", "renews_months", "warranty_until", mode="before")
    @classmethod
    def empty_is_none(cls, value: Any) -> Any:
        return (value.strip() or None) if isinstance(value, str) else value

    @property
    def terms(self) -> Terms:
        return Terms.model_validate(self.model_dump(exclude={"version"}))


class DecisionTyped(BaseModel):
    """`amount` as it was typed; it and the rest are of the deal that a renewal begins."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    decision: Decision
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""
    pipeline: str = Field("", max_length=60)
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    amount: str = Field("", max_length=40)
