"""The long parts of a customer's page, read when they are opened: quotes, orders with their payments, documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, cast, desc, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.contract import Contract
from db.customer_field import FOLLOW_UP, CustomerFile
from db.deal import Deal
from db.deal_part import DealDocument
from db.order import Order
from db.process import Task
from db.quote import Quote
from db.record import Document
from db.scope import tasks_within, within
from domain.access import Actor

SHOWN = 100


async def quotes_of(session: AsyncSession, actor: Actor, customer_id: str) -> Sequence[Quote]:
    """The newest first, as far as the reader may see."""
    found = select(Quote).where(Quote.customer_id == customer_id, within(actor, "quote"))
    return (await session.scalars(found.order_by(Quote.opened_at.desc()).limit(SHOWN))).all()


class Ordered(NamedTuple):
    """`collection` None: its money is not the reader's to see, or is not collected yet."""

    order: Order
    collection: Collection | None


async def orders_of(session: AsyncSession, actor: Actor, customer_id: str) -> list[Ordered]:
    """Of deals in the reader's sight, the newest first."""
    found = (
        select(Order, Collection)
        .join(Deal, Deal.id == Order.deal_id)
        .outerjoin(Collection, (Collection.order_id == Order.id) & within(actor, "collection"))
        .where(Order.customer_id == customer_id, within(actor, "deal"))
        .order_by(Order.ordered_on.desc(), Order.id.desc())
        .limit(SHOWN)
    )
    return [Ordered(*row) for row in await session.execute(found)]


class Held(NamedTuple):
    """A file, and what it hangs on: deal, contract, follow_up or field, with that record's id or the field's key."""

    hash: str
    name: str
    at: datetime
    what: str
    of: str


async def documents_of(session: AsyncSession, actor: Actor, customer_id: str, open_fields: Sequence[str]) -> list[Held]:
    """The newest first, as far as the reader may see what they hang on."""
    deals = (
        select(DealDocument.hash, DealDocument.name, DealDocument.added_at, literal("deal"), cast(Deal.id, Text))
        .join(Deal, Deal.id == DealDocument.deal_id)
        .where(Deal.customer_id == customer_id, within(actor, "deal"))
    )
    versions = func.jsonb_array_elements(cast(Contract.versions, JSONB)).table_valued("value", joins_implicitly=True)
    contracts = (
        select(Document.hash, Document.name, Document.added_at, literal("contract"), cast(Contract.id, Text))
        .select_from(Contract)
        .join(versions, true())
        .join(Document, Document.hash == cast(versions.c.value, JSONB)["document"].astext)
        .where(Contract.customer_id == customer_id, within(actor, "contract"))
    )
    own = (
        select(CustomerFile.hash, Document.name, CustomerFile.at, literal("field"), CustomerFile.field)
        .join(Document, Document.hash == CustomerFile.hash)
        .where(CustomerFile.customer_id == customer_id, CustomerFile.field.in_([*open_fields, FOLLOW_UP]))
    )
    rows = await session.execute(union_all(deals, contracts, own).order_by(desc("added_at")).limit(SHOWN))
    return [Held(*row) for row in rows]


async def open_tasks(session: AsyncSession, actor: Actor, customer_id: str, limit: int = 10) -> Sequence[Task]:
    """What is to be done for a customer, of what the reader has to do with, what is due first."""
    found = select(Task).where(Task.customer_id == customer_id, Task.status == "open", tasks_within(actor))
    return (await session.scalars(found.order_by(Task.due_at.nulls_last(), Task.id).limit(limit))).all()
