"""Row scope inside the queries: what a person may see of each kind of record. Counts, lists and pages all use it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.collection import Collection
from db.contract import Approval, Contract
from db.customer import Assignment, Customer
from db.deal import Deal
from db.lead import Lead
from db.process import Task
from domain.access import Action, Actor, Scope
from domain.refusal import not_found

T = TypeVar("T", bound=tuple[Any, ...])
Whose = Literal["mine", "region", "all"]
"""How far a list looks within what its reader may see."""


class Kind(NamedTuple):
    """A kind of record: its table, the action that reads it, and the columns that say whose it is."""

    table: type[Any]
    read: Action
    owner: InstrumentedAttribute[Any]
    region: InstrumentedAttribute[Any]


KINDS: dict[str, Kind] = {
    "lead": Kind(Lead, Action.LEAD_READ, Lead.owner_id, Lead.region_id),
    "deal": Kind(Deal, Action.DEAL_READ, Deal.owner_id, Deal.region_id),
    "contract": Kind(Contract, Action.CONTRACT_READ, Contract.owner_id, Contract.region_id),
    "approval": Kind(Approval, Action.CONTRACT_READ, Approval.submitted_by, Approval.region_id),
    "collection": Kind(Collection, Action.COLLECTION_READ, Collection.owner_id, Collection.region_id),
}


def within(actor: Actor, kind: str) -> ColumnElement[bool]:
    """The rows of a kind that this person may see."""
    return reach(actor, KINDS[kind].read, KINDS[kind].owner, KINDS[kind].region)


def reach(
    actor: Actor, action: Action, owner: InstrumentedAttribute[Any], region: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    match actor.scope(action):
        case None:
            return false()
        case Scope.ALL:
            return true()
        case Scope.REGION:
            return or_(owner == actor.id, region.in_(actor.regions))
        case Scope.OWN:
            return owner == actor.id


def narrowed(actor: Actor, kind: str, whose: Whose) -> ColumnElement[bool]:
    """The rows of a kind that this person may see: their own, their regions', or all of them."""
    match whose:
        case "mine":
            return and_(within(actor, kind), KINDS[kind].owner == actor.id)
        case "region":
            return and_(within(actor, kind), KINDS[kind].region.in_(actor.regions))
        case "all":
            return within(actor, kind)


def customers_within(actor: Actor) -> ColumnElement[bool]:
    """A customer is seen through its assignments: own, of own regions, or all."""
    whose = reach(actor, Action.CUSTOMER_READ, Assignment.owner_id, Assignment.region_id)
    if actor.scope(Action.CUSTOMER_READ) == Scope.ALL:
        return whose
    return select(Assignment.customer_id).where(Assignment.customer_id == Customer.id, whose).exists()


def tasks_within(actor: Actor) -> ColumnElement[bool]:
    """Tasks one may act on, has decided, or asked for; the records' own scope shows the others with their case."""
    return or_(Task.holders.overlap(sorted(actor.holder_keys)), Task.decided_by == actor.id, Task.from_id == actor.id)


def scoped(query: Select[T], actor: Actor, kind: str) -> Select[T]:
    return query.where(within(actor, kind))


async def within_sight(session: AsyncSession, actor: Actor, kind: str, record_id: str) -> bool:
    table = KINDS[kind].table
    return await session.scalar(scoped(select(table.id), actor, kind).where(table.id == record_id)) is not None


async def visible(session: AsyncSession, actor: Actor, kind: str, record_id: str) -> Any:
    """The row, if there is one and this person may see it; else Refused (404)."""
    table = KINDS[kind].table
    row = await session.scalar(scoped(select(table), actor, kind).where(table.id == record_id))
    if row is None:
        raise not_found(kind)
    return row
