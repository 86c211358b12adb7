"""Collections as lists and pages show them: what is owed, what is late, what was paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection, Instalment
from db.customer import Customer
from db.person import Person
from db.scope import Whose, narrowed, visible
from domain.access import Actor
from domain.refusal import not_found

Status = Literal["owed", "open", "overdue", "paid", "written_off"]
"""`owed`: open and overdue ones together."""


@dataclass(frozen=True)
class Sought:
    whose: Whose = "all"
    status: Status = "owed"
    region: str | None = None
    text: str = ""


class Listed(NamedTuple):
    collection: Collection
    customer: str
    owner: Person | None
    instalments: int
    settled: int


class Sum(NamedTuple):
    """How many stand in a status, and what is owed and was paid on them, in minor units of one currency."""

    status: str
    currency: str
    cases: int
    owed: int
    paid: int


async def list_collections(
    session: AsyncSession, actor: Actor, sought: Sought, *, after: str | None = None, limit: int = 50
) -> list[Listed]:
    """By next due date; paid ones by when they were, the latest first. `after` is the id of the last one seen."""
    plan = Instalment.collection_id == Collection.id
    parts = select(func.count()).where(plan).scalar_subquery()
    settled = select(func.count()).where(plan, Instalment.status == "paid").scalar_subquery()
    query = _listed(parts, settled).where(*_filters(actor, sought)).limit(limit)
    last = await visible(session, actor, "collection", after) if after else None
    if sought.status in ("paid", "written_off"):
        if last:
            query = query.where(tuple_(Collection.closed_at, Collection.id) < (last.closed_at, last.id))
        query = query.order_by(Collection.closed_at.desc(), Collection.id.desc())
    else:
        if last:
            query = query.where(tuple_(Collection.next_due_on, Collection.id) > (last.next_due_on, last.id))
        query = query.order_by(Collection.next_due_on, Collection.id)
    return [Listed(*row) for row in await session.execute(query)]


async def sum_collections(session: AsyncSession, actor: Actor, sought: Sought) -> list[Sum]:
    """Per status and currency, whatever status is being looked at."""
    paid, amount = func.sum(Collection.paid), func.sum(Collection.amount)
    owed = amount - paid - func.sum(Collection.credited) - func.sum(Collection.written_off)
    whole = Collection.amount.type
    query = (
        select(Collection.status, Collection.currency, func.count(), cast(owed, whole), cast(paid, whole))
        .where(*_filters(actor, sought, any_status=True))
        .group_by(Collection.status, Collection.currency)
    )
    return [Sum(*row) for row in await session.execute(query)]


async def collection_of_order(session: AsyncSession, order_id: str) -> str:
    """The collection's id. Raises Refused (404)."""
    found = await session.scalar(select(Collection.id).where(Collection.order_id == order_id))
    if found is None:
        raise not_found("order")
    return found


def _listed(*more: Any) -> Select[Any]:
    return (
        select(Collection, Customer.name, Person, *more)
        .join(Customer, Customer.id == Collection.customer_id)
        .outerjoin(Person, Person.id == Collection.owner_id)
    )


def _filters(actor: Actor, sought: Sought, *, any_status: bool = False) -> list[ColumnElement[bool]]:
    found = [narrowed(actor, "collection", sought.whose)]
    if sought.region:
        found.append(Collection.region_id == sought.region)
    if sought.text:
        customers = select(Customer.id).where(Customer.name.icontains(sought.text, autoescape=True))
        named = (column.icontains(sought.text, autoescape=True) for column in (Collection.title, Collection.number))
        found.append(or_(Collection.customer_id.in_(customers), *named))
    if not any_status:
        statuses = ("open", "overdue") if sought.status == "owed" else (sought.status,)
        found.append(Collection.status.in_(statuses))
    return found
