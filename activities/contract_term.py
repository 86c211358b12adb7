"""How long contracts run: their row, what was read of it, and who has the case by now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.process import ProcessActivities
from db.contract import Contract
from db.contract_check import period_of, said_in
from db.contract_term import ContractTerm
from db.customer import Assignment
from db.customer_signpost import living
from db.deal import Deal
from db.person import Person
from db.policy import current_policy
from db.reckon import weigh
from domain.contract import ContractPolicy
from domain.contract_term import CLAUSES, Decision, TermRules, Terms, decided_at, proposed
from domain.policy import load
from domain.process import ProcessState


class Renewal(BaseModel):
    """The deal that is begun from a contract: `pipeline` is the key of one that takes new deals, `amount` in minor
    units of the contract's currency."""

    deal_id: str
    pipeline: str
    title: str
    amount: int
    close_on: date | None = None
    begun: bool = False


class TermState(ProcessState):
    """`stage`: running, ending (it was decided so), renewed (a deal was begun from it), ended.

    `version` counts what people changed, `told` are the keys of what was done (domain.contract_term.Due). `policy` is
    the contract policy under which it runs.
    """

    stage: str = "running"
    deal_id: str
    signed_at: datetime
    version: int = 1
    zone: str = "UTC"
    policy: dict[str, Any] = {}
    terms: Terms = Terms()
    prepared: bool = False
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    told: list[str] = []
    next_at: datetime | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    renewal: Renewal | None = None

    @property
    def rules(self) -> TermRules:
        return load(ContractPolicy, self.policy).term if self.policy else TermRules()


class ContractNamed(BaseModel):
    contract_id: str
    deal_id: str
    customer_id: str
    region_id: str
    signed_at: datetime


class PreparedTerm(BaseModel):
    """What is known as a contract is signed: what it was found to say, and the contract policy in force."""

    terms: Terms
    policy: dict[str, Any]
    version: int
    zone: str


class ContractTermActivities(ProcessActivities):
    @activity.defn
    async def prepare_term(self, asked: ContractNamed) -> PreparedTerm:
        async with self.db.session() as session:
            contract = await session.get_one(Contract, asked.contract_id)
            no = contract.versions[-1]["no"] if contract.versions else contract.version
            found = await said_in(session, contract.id, no, CLAUSES)
            period = await period_of(session, contract.id, no)
            version, document = await current_policy(session, ContractPolicy.kind)
        signed_on = asked.signed_at.astimezone(self.zone).date()
        terms = proposed((period or {}).get("value", ""), {kind: one.value for kind, one in found.items()}, signed_on)
        return PreparedTerm(terms=terms, policy=dict(document), version=version, zone=str(self.zone))

    @activity.defn
    async def owner_of_contract(self, asked: ContractNamed) -> str | None:
        """Who has the deal, or where they have left, the customer in its region by now."""
        async with self.db.session() as session:
            owner = await session.scalar(
                select(Deal.owner_id).join(Person, Person.id == Deal.owner_id).where(
                    Deal.id == asked.deal_id, Person.active.is_(True)
                )
            )  # fmt: skip
            if owner is not None:
                return str(owner)
            customer_id = await living(session, asked.customer_id)
            follows = select(Assignment.owner_id).where(
                Assignment.customer_id == customer_id, Assignment.region_id == asked.region_id
            )
            found = await session.scalar(follows.limit(1))
            return str(found) if found else None

    @activity.defn
    async def project_contract_term(self, state: TermState) -> None:
        async with self.projecting("contract_term", state) as session:
            if session is None:
                return
            fields = {
                "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency", "version",
                "confirmed_by", "confirmed_at", "next_at", "decision", "decided_by", "decided_at", "opened_at",
                "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "notice_until": state.terms.notice_until,
                "decide_at": decided_at(state.terms, state.rules, state.zone),
                "renewal_id": state.renewal.deal_id if state.renewal else None,
                **state.terms.model_dump(),
                **state.model_dump(include=fields),
            }
            written = insert(ContractTerm).values(row)
            await session.execute(written.on_conflict_do_update(index_elements=["id"], set_=row))
            over = bool(state.closed_at)
            await weigh(session, "contract", row["customer_id"], row["region_id"], state.owner_id, over=over)
