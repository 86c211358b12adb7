"""Merges of customers: which rows moved from whom to whom, so that a merge can be undone as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Table,
    Text,
    Uuid,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.book import rearm
from db.customer import Customer
from db.ownership_order import lock_books_of
from db.process import Process

ONE_EACH = frozenset({"assignment"})
"""Tables in which a customer has one row for each region: what becomes of them is decided by a person."""


class CustomerMerge(Base):
    """`before` and `after` are the survivor's values of what changed; `signposts` whom earlier merged ones pointed to;
    `assignments` whose it was in each region. `kept`: what an undo left as it was, since it had changed meanwhile."""

    __tablename__ = "customer_merge"

    id: Mapped[Id]
    survivor_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    merged: Mapped[list[str]] = mapped_column(ARRAY(Uuid(as_uuid=False)))
    by: Mapped[Ref]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    assignments: Mapped[list[dict[str, Any]]]
    signposts: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[Ref | None]
    kept: Mapped[list[dict[str, Any]] | None]

    __table_args__ = (Index("ix_customer_merge_survivor", "survivor_id", "at"),)


class CustomerMergeRows(Base):
    """The keys of the rows of one table that were moved from one of the merged customers."""

    __tablename__ = "customer_merge_rows"

    merge_id: Mapped[Ref] = mapped_column(ForeignKey("customer_merge.id", ondelete="CASCADE"), primary_key=True)
    from_id: Mapped[Ref] = mapped_column(primary_key=True)
    table_name: Mapped[str] = mapped_column(primary_key=True)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))


async def locked(session: AsyncSession, ids: Sequence[str]) -> dict[str, Customer]:
    """The customers, held until the transaction ends: of two merges that share one the second sees the first's. The
    books of those who have them are locked before, the places of the customers after."""
    await lock_books_of(session, ids)
    query = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id).with_for_update()
    rows = await session.scalars(query.execution_options(populate_existing=True))
    # A process that is writing its rows is waited for; one that comes after this one finds the signpost.
    processes = select(Process.workflow_id).where(Process.customer_id.in_(ids)).order_by(Process.workflow_id)
    found = {row.id: row for row in rows}
    await session.execute(processes.with_for_update())
    return found


async def move_rows(session: AsyncSession, merge_id: str, one: str, into: str) -> None:
    """All that refers to a customer refers to another from now on; what moved is kept under the merge."""
    for table in _referring():
        change = _moving(table, one, into)
        keys = list(await session.scalars(change))
        if keys:
            kept = {"merge_id": merge_id, "from_id": one, "table_name": table.name, "keys": keys}
            await session.execute(insert(CustomerMergeRows).values(kept))


async def move_rows_back(session: AsyncSession, merge_id: str, one: str, into: str) -> int:
    """Undoes `move_rows`, with what its processes have written since. How many rows are somebody else's by now."""
    query = select(CustomerMergeRows).where(CustomerMergeRows.merge_id == merge_id, CustomerMergeRows.from_id == one)
    kept = {row.table_name: row.keys for row in await session.scalars(query)}
    lines = select(Process.line_id).where(Process.workflow_id.in_(kept.get("process", [])))
    lost = 0
    for table in _referring():
        keys = kept.get(table.name, [])
        column = table.c.customer_id
        there = await session.scalar(
            select(func.count()).select_from(table).where(column == into, _key(table).in_(keys))
        )
        lost += len(keys) - (there or 0)
        ours: ColumnElement[bool] = _key(table).in_(keys)
        if "line_id" in table.c:
            ours = or_(ours, table.c.line_id.in_(lines))
        await session.execute(update(table).where(column == into, ours).values(customer_id=one))
    return lost


async def gather_stragglers(session: AsyncSession) -> int:
    """Moves along what was written to a merged customer in the very moment of its merge; how many rows."""
    moved = 0
    merged = select(Customer.id, Customer.merged_into).where(Customer.merged_into.is_not(None)).subquery()
    for table in _referring():
        numbered = any(column.identity is not None for column in table.primary_key)
        if len(table.primary_key) > 1 and not numbered:
            continue  # the survivor may have the same already
        change = update(table).where(table.c.customer_id == merged.c.id).values(customer_id=merged.c.merged_into)
        moved += len((await session.execute(change.returning(table.c.customer_id))).all())
    return moved


async def point(session: AsyncSession, ids: Sequence[str], into: str) -> dict[str, Any]:
    """Makes signposts of customers, and turns those that pointed to them: whom each of these pointed to."""
    was = select(Customer.id, Customer.merged_into).where(Customer.merged_into.in_(ids))
    turned = {row.id: row.merged_into for row in await session.execute(was.with_for_update())}
    change = update(Customer).where(or_(Customer.id.in_(ids), Customer.merged_into.in_(ids)))
    await session.execute(change.values(merged_into=into, updated_at=Customer.updated_at))
    return turned


async def point_back(session: AsyncSession, merge: CustomerMerge) -> None:
    await session.execute(
        update(Customer)
        .where(Customer.id.in_(merge.merged), Customer.merged_into == merge.survivor_id)
        .values(merged_into=None, updated_at=Customer.updated_at)
    )
    for one, target in merge.signposts.items():
        pointing = update(Customer).where(Customer.id == one, Customer.merged_into == merge.survivor_id)
        await session.execute(pointing.values(merged_into=target, updated_at=Customer.updated_at))


# --- assignments ------------------------------------------------------------------------------------------------------

_ROW = text("""
    select to_jsonb(a) from assignment a
    where customer_id = cast(:customer as uuid) and region_id = cast(:region as uuid)
""")
_PUT = text("""
    insert into assignment select * from jsonb_populate_record(null::assignment, cast(:row as jsonb))
    on conflict do nothing
""")
_DROP = text("""
    delete from assignment where customer_id = cast(:customer as uuid) and region_id = cast(:region as uuid)
""")


async def assignment_kept(session: AsyncSession, customer_id: str, region_id: str) -> dict[str, Any] | None:
    """The whole row, for `put_assignment`."""
    row: dict[str, Any] | None = await session.scalar(_ROW, {"customer": customer_id, "region": region_id})
    return row


async def put_assignment(session: AsyncSession, row: dict[str, Any]) -> None:
    """As it was; when it goes back to its pool is reckoned anew."""
    again = row | dict.fromkeys(("due_at", "due_why", "warn_at", "reckoned"))
    await session.execute(_PUT, {"row": json.dumps(again)})
    if row["owner_id"]:
        await rearm(session, [row["owner_id"]])


async def drop_assignment(session: AsyncSession, customer_id: str, region_id: str) -> None:
    await session.execute(_DROP, {"customer": customer_id, "region": region_id})


# --- every table that refers to a customer ---------------------------------------------------------------------------


def _referring() -> Iterator[Table]:
    """Tables with a `customer_id` beside their own key, those of areas to come among them."""
    for table in Base.metadata.sorted_tables:
        if "customer_id" in table.c and table.name not in ONE_EACH and _others(table):
            yield table


def _others(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.primary_key if column.name != "customer_id"]


def _key(table: Table) -> ColumnElement[str]:
    """What names a row beside its customer, as text."""
    return func.concat_ws("/", *(cast(column, Text) for column in _others(table)))


def _moving(table: Table, one: str, into: str) -> Any:
    change = update(table).where(table.c.customer_id == one).values(customer_id=into)
    if "customer_id" in table.primary_key.columns:
        other = table.alias()
        same = [other.c[column.name] == column for column in _others(table)]
        change = change.where(~exists().where(other.c.customer_id == into, *same))
    return change.returning(_key(table))
