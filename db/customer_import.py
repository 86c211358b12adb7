"""Imports of customers: what was sent in and chosen, how far each is, and what its rows became."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Select, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Customer
from db.customer_search import CustomerSearchWanted, lag
from domain.access import Action, Actor, Scope
from domain.customer_import import RUNNING, id_prefix
from domain.refusal import not_found

NONE_YET = text("0")
ABOVE = "above"
"""In `CustomerImport.noted`: how many rows there are above the headings, such as a sheet's title."""


class CustomerImport(Base):
    """`stage` and `paused` are the process's to write, the counts those of the activities that do the work."""

    __tablename__ = "customer_import"

    id: Mapped[Id] = mapped_column(default=new_id)
    by_id: Mapped[Ref]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    file_name: Mapped[str]
    hash: Mapped[str]  # SHA-256 of its rows as CSV, in the document store
    size: Mapped[int] = mapped_column(BigInteger)  # bytes of those
    encoding: Mapped[str]
    delimiter: Mapped[str]
    headings: Mapped[list[str]]
    sample: Mapped[list[list[str]]] = mapped_column(JSONB)  # the first rows
    rows: Mapped[int]  # counted when it was sent in; as read, once it was
    mapping: Mapped[list[str]]
    mode: Mapped[str] = mapped_column(server_default="both")
    region_id: Mapped[Ref | None]
    target: Mapped[str | None]
    owner_id: Mapped[Ref | None]
    pool: Mapped[str | None]
    bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    stage: Mapped[str] = mapped_column(server_default="uploaded")
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    revision: Mapped[int] = mapped_column(BigInteger, server_default=NONE_YET)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    step: Mapped[str | None]  # reading, waiting, matching, merging, indexing: what is done right now
    step_at: Mapped[datetime | None]
    step_from: Mapped[int] = mapped_column(server_default=NONE_YET)  # rows done when the step was begun
    read: Mapped[int] = mapped_column(server_default=NONE_YET)
    matched_at: Mapped[datetime | None]
    merged: Mapped[int] = mapped_column(server_default=NONE_YET)
    created: Mapped[int] = mapped_column(server_default=NONE_YET)
    updated: Mapped[int] = mapped_column(server_default=NONE_YET)
    unchanged: Mapped[int] = mapped_column(server_default=NONE_YET)
    doubled: Mapped[int] = mapped_column(server_default=NONE_YET)
    left_out: Mapped[int] = mapped_column(server_default=NONE_YET)
    rejected: Mapped[int] = mapped_column(server_default=NONE_YET)
    undone: Mapped[int] = mapped_column(server_default=NONE_YET)
    kept: Mapped[int] = mapped_column(server_default=NONE_YET)
    dropped: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))  # what brings indexes back
    # Seconds by step, and ABOVE.
    noted: Mapped[dict[str, Any]] = mapped_column("seconds", JSONB, server_default=text("'{}'"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_customer_import_by", "by_id", "id"),)

    @property
    def heading_row(self) -> int:
        """Which row of the file its headings are, as the program numbers them in which it was written."""
        return int(self.noted.get(ABOVE, 0)) + 1


class CustomerImportRow(Base):
    """What is told of a row: every one that did not simply become a new customer.

    `verdict`: rejected, double (of the row `other_no`), update, exists (but only new ones were wanted), missing (but
    only updates were wanted), elsewhere (outside what the person who imports reaches), kept (an undo left it).
    """

    __tablename__ = "customer_import_row"

    import_id: Mapped[Ref] = mapped_column(ForeignKey("customer_import.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)  # below the heading, from 1
    verdict: Mapped[str]
    customer_id: Mapped[Ref | None]
    other_no: Mapped[int | None]
    field: Mapped[str | None]
    code: Mapped[str | None]
    cells: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # what an update replaced, by column
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (Index("ix_customer_import_row_verdict", "import_id", "verdict", "no"),)


class CustomerImportBatch(Base):
    """Rows that were merged, written with them in one transaction: none is merged twice, whoever tries."""

    __tablename__ = "customer_import_batch"

    import_id: Mapped[Ref] = mapped_column(ForeignKey("customer_import.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # read, other, merge, rule, end, undo
    no: Mapped[int] = mapped_column(primary_key=True)


class CustomerImportTemplate(Base):
    """The mapping a person last chose for a file with these headings."""

    __tablename__ = "customer_import_template"

    by_id: Mapped[Ref] = mapped_column(primary_key=True)
    headings: Mapped[str] = mapped_column(primary_key=True)  # SHA-256
    mapping: Mapped[list[str]]
    used_at: Mapped[Instant] = mapped_column(server_default=func.now())


async def imported_since(session: AsyncSession, at: datetime) -> bool:
    """Whether an import may have made customers since then."""
    one = CustomerImport
    going = select(one.id).where(one.started_at.is_not(None), or_(one.finished_at.is_(None), one.finished_at >= at))
    return bool(await session.scalar(select(going.exists())))


async def find_import(session: AsyncSession, actor: Actor, import_id: str, *, lock: bool = False) -> CustomerImport:
    """Raises Refused (404). One's own; who imports everywhere sees those of all."""
    query = _seen_by(actor, select(CustomerImport).where(CustomerImport.id == import_id))
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise not_found("customer_import")
    return found


def _seen_by(actor: Actor, query: Select[CustomerImport]) -> Select[CustomerImport]:
    everywhere = actor.scope(Action.CUSTOMER_IMPORT) == Scope.ALL
    return query if everywhere else query.where(CustomerImport.by_id == actor.id)


async def find_unbegun(session: AsyncSession, by_id: str, digest: str) -> str | None:
    """The import of this person that has the same rows and that they have not begun; whoever asks at the same time
    waits until this transaction is over."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"import/{by_id}/{digest}", 0))))
    one = CustomerImport
    mine = (one.by_id == by_id, one.hash == digest, one.stage == "uploaded", one.started_at.is_(None))
    found: str | None = await session.scalar(select(one.id).where(*mine).order_by(one.id.desc()).limit(1))
    return found


async def forget_unbegun(session: AsyncSession, before: datetime) -> int:
    """How many imports sent in before then have not begun, which are no more. One that is begun right now stays, and
    so does for as long one whose process has not said yet that it began."""
    one = CustomerImport
    old = select(one.id).where(one.stage == "uploaded", func.coalesce(one.started_at, one.created_at) < before)
    gone = delete(one).where(one.id.in_(old.with_for_update(skip_locked=True)))
    return len((await session.scalars(gone.returning(one.id))).all())


async def files_needed(session: AsyncSession) -> frozenset[str]:
    """Hashes of the files of all imports that may still be read."""
    needed = select(CustomerImport.hash).where(CustomerImport.stage.in_(["uploaded", *sorted(RUNNING)]))
    return frozenset(await session.scalars(needed))


async def list_imports(
    session: AsyncSession, actor: Actor, *, before: str | None = None, limit: int = 30
) -> Sequence[CustomerImport]:
    """The newest first."""
    query = _seen_by(actor, select(CustomerImport).order_by(CustomerImport.id.desc()).limit(limit))
    if before:
        query = query.where(CustomerImport.id < before)
    return (await session.scalars(query)).all()


async def rows_told(
    session: AsyncSession, import_id: str, verdicts: Sequence[str], *, after: int = 0, limit: int = 100
) -> Sequence[CustomerImportRow]:
    query = (
        select(CustomerImportRow)
        .where(
            CustomerImportRow.import_id == import_id,
            CustomerImportRow.verdict.in_(verdicts),
            CustomerImportRow.no > after,
        )
        .order_by(CustomerImportRow.no)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def counts_told(session: AsyncSession, import_id: str) -> dict[str, int]:
    """How many rows there are of each verdict."""
    counted = (
        select(CustomerImportRow.verdict, func.count())
        .where(CustomerImportRow.import_id == import_id)
        .group_by(CustomerImportRow.verdict)
    )
    return dict((await session.execute(counted)).all())


async def imports_called(
    session: AsyncSession, actor: Actor, ids: Sequence[str], newest: int = 0
) -> Sequence[CustomerImport]:
    """Those of these that the person may see, behind the newest ones that made customers."""
    latest = await list_imports(session, actor, limit=newest) if newest else []
    found = {one.id: one for one in latest if one.created}
    if missing := set(ids) - found.keys():
        query = _seen_by(actor, select(CustomerImport).where(CustomerImport.id.in_(missing)))
        found |= {one.id: one for one in await session.scalars(query.order_by(CustomerImport.id.desc()))}
    return list(found.values())


def ids_made(row: CustomerImport) -> tuple[str, str]:
    """Between which ids, themselves included, those of the customers are that it made."""
    prefix = id_prefix(row.id, row.created_at, 0)
    return f"{prefix}{0:012x}", f"{prefix}{row.rows:012x}"


async def unsearchable(session: AsyncSession, row: CustomerImport) -> int:
    """How many of the customers it made the search does not find yet. Counted only while some are waited for."""
    if await session.scalar(select(CustomerSearchWanted.id).limit(1)) is None:
        return 0
    return (await lag(session, Customer.id.between(*ids_made(row)))).customers


async def template_for(session: AsyncSession, by_id: str, headings: str) -> list[str] | None:
    found: list[str] | None = await session.scalar(
        select(CustomerImportTemplate.mapping).where(
            CustomerImportTemplate.by_id == by_id, CustomerImportTemplate.headings == headings
        )
    )
    return found


async def keep_template(session: AsyncSession, by_id: str, headings: str, mapping: list[str]) -> None:
    row = {"by_id": by_id, "headings": headings, "mapping": mapping}
    keep = insert(CustomerImportTemplate).values(row)
    await session.execute(
        keep.on_conflict_do_update(
            index_elements=["by_id", "headings"], set_={"mapping": mapping, "used_at": func.now()}
        )
    )
