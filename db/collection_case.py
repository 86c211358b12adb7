"""One collection with all that its page shows: plan, payments, ledger, promises, disputes, requests and letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection, Instalment, Payment
from db.contract import Approval
from db.customer import Contact, Customer
from db.ledger import CollectionRequest, Dispute, LedgerEntry, Promise
from db.letter import Letter
from db.order import Order
from db.person import OrgUnit, Person
from db.scope import visible, within
from domain.access import Actor

T = TypeVar("T", Instalment, Promise, Dispute)

ENTRIES = 300
"""Of the ledger, the newest: a page shows no more."""


@dataclass(frozen=True)
class CollectionCase:
    """Amounts in minor units. `letters` are those to the customer on this line, the latest first."""

    collection: Collection
    customer: str
    owner: Person | None
    region: OrgUnit | None
    order: Order | None
    instalments: Sequence[Instalment]
    payments: Sequence[tuple[Payment, Person | None]]
    promises: Sequence[Promise]
    disputes: Sequence[Dispute]
    requests: Sequence[tuple[CollectionRequest, str | None]]
    entries: Sequence[LedgerEntry]
    letters: Sequence[Letter]
    people: Sequence[Contact]
    others: Sequence[Collection]

    def instalment(self, instalment_id: str | None) -> Instalment | None:
        return next((i for i in self.instalments if i.id == instalment_id), None)

    @property
    def contacts(self) -> list[Contact]:
        return [one for one in self.people if one.listed]

    def contact(self, contact_id: str | None) -> Contact | None:
        return next((c for c in self.people if c.id == contact_id), None)

    @property
    def outstanding(self) -> int:
        one = self.collection
        return one.amount - one.paid - one.credited - one.written_off

    @property
    def reserved(self) -> int:
        """The part of the customer's credit that refunds under approval wait for."""
        return sum(r.amount for r, _ in self.requests if r.kind == "refund" and r.status == "in_approval")


async def find_case(session: AsyncSession, actor: Actor, collection_id: str) -> CollectionCase:
    """Raises Refused (404) where there is none that this person may see."""
    collection: Collection = await visible(session, actor, "collection", collection_id)
    head = (
        select(Customer.name, Person, OrgUnit, Order)
        .select_from(Collection)
        .join(Customer, Customer.id == Collection.customer_id)
        .outerjoin(Person, Person.id == Collection.owner_id)
        .outerjoin(OrgUnit, OrgUnit.id == Collection.region_id)
        .outerjoin(Order, Order.id == Collection.order_id)
        .where(Collection.id == collection_id)
    )
    customer, owner, region, order = (await session.execute(head)).one()
    payments = (
        select(Payment, Person)
        .outerjoin(Person, Person.id == Payment.recorded_by)
        .where(Payment.collection_id == collection_id)
        .order_by(Payment.received_on.desc(), Payment.id.desc())
    )
    requests = (
        select(CollectionRequest, Approval.number)
        .outerjoin(Approval, Approval.id == CollectionRequest.approval_id)
        .where(CollectionRequest.collection_id == collection_id)
        .order_by(CollectionRequest.requested_at.desc())
    )
    entries = select(LedgerEntry).where(LedgerEntry.collection_id == collection_id)
    letters = select(Letter).where(
        Letter.line_id == collection.line_id, Letter.key.startswith(f"collection/{collection_id}/")
    )
    others = select(Collection).where(
        Collection.customer_id == collection.customer_id, Collection.id != collection_id,
        Collection.currency == collection.currency, Collection.closed_at.is_(None), within(actor, "collection"),
    )  # fmt: skip
    people = select(Contact).where(Contact.customer_id == collection.customer_id).order_by(Contact.id)
    return CollectionCase(
        collection, customer, owner, region, order,
        instalments=await _all(session, Instalment, collection_id, Instalment.no),
        payments=[(payment, person) for payment, person in await session.execute(payments)],
        promises=await _all(session, Promise, collection_id, Promise.recorded_at.desc()),
        disputes=await _all(session, Dispute, collection_id, Dispute.opened_at.desc()),
        requests=[(request, number) for request, number in await session.execute(requests)],
        entries=(await session.scalars(entries.order_by(LedgerEntry.no.desc()).limit(ENTRIES))).all(),
        letters=(await session.scalars(letters.order_by(Letter.id.desc()))).all(),
        people=(await session.scalars(people)).all(),
        others=(await session.scalars(others.order_by(Collection.number))).all(),
    )  # fmt: skip


async def _all(session: AsyncSession, table: type[T], collection_id: str, order: Any) -> Sequence[T]:
    query = select(table).where(table.collection_id == collection_id)
    return (await session.scalars(query.order_by(order))).all()
