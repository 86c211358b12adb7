"""Collections: the terms an order is collected under, and the rows of what is owed, paid, promised and disputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.letter import LetterRequest
from activities.process import ProcessActivities
from db.base import new_id
from db.collection import Collection, Payment, append, overwrite, write_instalments
from db.customer import Customer
from db.ledger import CollectionRequest, Dispute, LedgerEntry, Promise
from db.policy import current_policy
from db.projection import write_record
from db.quote import invoice_document
from domain.collection import CollectionRules, PaymentPlanPolicy
from domain.instalment import Instalment
from domain.ledger import Book
from domain.payment_plan import Part, divide
from domain.policy import load
from domain.process import ProcessState

AGREED = "agreed"
"""Key of a plan that is no policy's: a person confirmed it for this order."""


class CollectionTerms(BaseModel):
    """How an order is collected: its payment plan and the rules, under the collection policy's version of that moment.

    `happened` are the days of the events that instalments fall due after, as far as they are known.
    """

    policy_version: int
    plan_key: str
    zone: str
    rules: CollectionRules
    happened: dict[str, date]
    instalments: list[Instalment]


async def terms_of(
    session: AsyncSession, zone: str, *, amount: int, currency: str, happened: Mapping[str, date],
    tier: str | None = None, agreed: Sequence[Part] = (),
) -> CollectionTerms:  # fmt: skip
    """The terms for an order of `amount` (minor units, positive) by a customer of this service tier, or as `agreed`.

    `happened` has the day of `order`, and those of other events that are known (`domain.payment_plan.EVENTS`).
    """
    version, document = await current_policy(session, PaymentPlanPolicy.kind)
    policy = load(PaymentPlanPolicy, document)
    key = AGREED if agreed else policy.chosen(amount, currency, tier)
    instalments = []
    for part in divide(amount, agreed or policy.plans[key].parts, happened):
        instalment = Instalment(id=new_id(), no=part.no, amount=part.amount, event=part.event, days=part.days)
        instalment.fall_due(part.due_on, zone)
        instalments.append(instalment)
    return CollectionTerms(
        policy_version=version, plan_key=key, zone=zone, rules=policy.rules, happened=dict(happened),
        instalments=instalments,
    )  # fmt: skip


class PromiseState(BaseModel):
    """`got` is what came in since, in the collection's currency."""

    id: str
    amount: int
    promised_on: date
    until: datetime
    contact_id: str | None = None
    note: str | None = None
    got: int = 0
    status: str = "open"
    by: str
    at: datetime
    ended_at: datetime | None = None


class DisputeState(BaseModel):
    """`instalment_id` None: all that is owed is disputed."""

    id: str
    instalment_id: str | None = None
    reason: str
    note: str | None = None
    status: str = "open"
    by: str
    at: datetime
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None


class RequestState(BaseModel):
    """A write-off, refund or service hold under approval; `instalment_id` where it is about one instalment."""

    id: str
    kind: str
    amount: int
    reason: str | None = None
    instalment_id: str | None = None
    status: str = "in_approval"
    approval_id: str
    by: str
    at: datetime
    started: bool = False
    ended_at: datetime | None = None


class Transfer(BaseModel):
    """Money on its way to another collection: `back` where that one had ended and it came back."""

    id: str
    amount: int
    currency: str
    customer_id: str
    received_on: date
    reference: str | None = None
    to: str
    by: str
    back: bool = False


class CollectionState(ProcessState):
    """`transfers` and `letters` are still to be sent, `taken` are the transfers that came; `version` counts what people
    changed; `told_paid`: its deal knows."""

    stage: str = "open"
    order_id: str
    deal_id: str
    number: str = ""
    zone: str
    plan_key: str = ""
    rules: CollectionRules
    happened: dict[str, date] = {}
    book: Book
    promises: list[PromiseState] = []
    disputes: list[DisputeState] = []
    requests: list[RequestState] = []
    transfers: list[Transfer] = []
    letters: list[LetterRequest] = []
    taken: list[str] = []
    service_hold: bool = False
    version: int = 1
    told_paid: bool = False

    @property
    def promise(self) -> PromiseState | None:
        return next((p for p in self.promises if p.status == "open"), None)

    @property
    def disputed_at(self) -> datetime | None:
        return min((d.at for d in self.disputes if d.status == "open"), default=None)

    @property
    def level(self) -> int:
        return max((i.level for i in self.book.instalments if i.open), default=0)

    def confirm(self, revision: int) -> None:
        super().confirm(revision)
        self.book.confirm(revision)


class LetterAbout(BaseModel):
    collection_id: str
    deal_id: str


class LetterPapers(BaseModel):
    """`number` is the collection's own, `language` its customer's, `attachments` the hashes of what goes along."""

    number: str
    language: str | None
    attachments: list[str]


class CollectionActivities(ProcessActivities):
    @activity.defn
    async def find_letter_papers(self, about: LetterAbout) -> LetterPapers:
        """As they are when the letter is written: finance may have prepared the invoice long after the order."""
        async with self.db.session() as session:
            collection = await session.get_one(Collection, about.collection_id)
            invoice = await invoice_document(session, about.deal_id)
            language = await session.scalar(select(Customer.language).where(Customer.id == collection.customer_id))
        attachments = [invoice] if invoice else []
        return LetterPapers(number=collection.number, language=language, attachments=attachments)

    @activity.defn
    async def project_collection(self, state: CollectionState) -> None:
        async with self.projecting("collection", state) as session:
            if session is None:
                return
            await write_record(session, Collection, _collection(state), prefix="P", year=self.year(state))
            await write_instalments(session, state.record_id, _instalments(state))
            await overwrite(session, Payment, _payments(state))
            await append(session, LedgerEntry, _entries(state))
            await overwrite(session, Promise, _promises(state))
            await overwrite(session, Dispute, _disputes(state))
            await overwrite(session, CollectionRequest, _requests(state))


def _collection(state: CollectionState) -> dict[str, Any]:
    fields = {
        "order_id", "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency",
        "opened_at", "closed_at", "revision", "level", "disputed_at", "service_hold", "plan_key", "version",
    }  # fmt: skip
    book, promise = state.book, state.promise
    return {
        "id": state.record_id,
        "status": state.stage,
        "paid": book.paid,
        "credited": book.credited,
        "written_off": book.written_off,
        "surplus": book.surplus,
        "next_due_on": min((i.due_on for i in book.instalments if i.open and i.due_on), default=None),
        "promised_on": promise.promised_on if promise else None,
        "promised": promise.amount if promise else None,
        "final": state.model_dump(mode="json") if state.closed_at else None,
        **{name: getattr(state, name) for name in fields},
    }


def _instalments(state: CollectionState) -> list[dict[str, Any]]:
    fields = {
        "id", "no", "amount", "paid", "credited", "written_off", "event", "days", "due_on", "status", "level",
        "disputed", "paid_at",
    }  # fmt: skip
    return [
        {"collection_id": state.record_id, **{name: getattr(i, name) for name in fields}}
        for i in state.book.instalments
    ]


def _payments(state: CollectionState) -> list[dict[str, Any]]:
    fields = {
        "id", "amount", "currency", "value", "counted", "rate", "received_on", "reference", "source", "status",
        "ended_at", "moved_to",
    }  # fmt: skip
    return [
        {"collection_id": state.record_id, "recorded_by": r.by, "recorded_at": r.at, **r.model_dump(include=fields)}
        for r in state.book.receipts
    ]


def _entries(state: CollectionState) -> list[dict[str, Any]]:
    shared = {"collection_id": state.record_id, "customer_id": state.customer_id}
    return [
        {
            "id": str(uuid5(NAMESPACE_OID, f"{entry.posting_id}/{entry.no}")),
            **shared,
            **entry.model_dump(exclude={"revision"}),
        }
        for entry in state.book.entries
    ]


def _promises(state: CollectionState) -> list[dict[str, Any]]:
    fields = {"id", "amount", "promised_on", "contact_id", "note", "status", "ended_at"}
    shared = {"collection_id": state.record_id}
    return [shared | {"recorded_by": p.by, "recorded_at": p.at} | p.model_dump(include=fields) for p in state.promises]


def _disputes(state: CollectionState) -> list[dict[str, Any]]:
    shared = {"collection_id": state.record_id}
    return [
        shared | {"opened_by": d.by, "opened_at": d.at} | d.model_dump(exclude={"by", "at"}) for d in state.disputes
    ]


def _requests(state: CollectionState) -> list[dict[str, Any]]:
    fields = {"id", "kind", "amount", "reason", "status", "approval_id", "ended_at"}
    shared = {"collection_id": state.record_id, "currency": state.currency}
    return [
        shared | {"requested_by": r.by, "requested_at": r.at} | r.model_dump(include=fields) for r in state.requests
    ]
