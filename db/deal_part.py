"""What hangs on a deal: the people who matter in it, who else bids, its files. Written by DealWorkflow only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, Table, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.customer import Contact
from db.deal import Deal
from db.scope import within
from domain.access import Actor


class DealContact(Base):
    """A contact of the customer, and the part they play."""

    __tablename__ = "deal_contact"

    deal_id: Mapped[Ref] = mapped_column(primary_key=True)
    contact_id: Mapped[Ref] = mapped_column(primary_key=True, index=True)
    role: Mapped[str]
    attitude: Mapped[str]
    note: Mapped[str]
    place: Mapped[int]


class DealCompetitor(Base):
    __tablename__ = "deal_competitor"

    id: Mapped[Id]
    deal_id: Mapped[Ref] = mapped_column(index=True)
    name: Mapped[str]
    strengths: Mapped[str]
    status: Mapped[str]
    place: Mapped[int]


class DealDocument(Base):
    """A file of the document store, by the name it has on this deal."""

    __tablename__ = "deal_document"

    id: Mapped[Id]
    deal_id: Mapped[Ref] = mapped_column(index=True)
    hash: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    added_by: Mapped[Ref]
    added_at: Mapped[Instant]


class Player(NamedTuple):
    """Somebody on the customer's side with their part; `contact` is None where their data were erased."""

    part: DealContact
    contact: Contact | None


class Parts(NamedTuple):
    people: Sequence[Player]
    competitors: Sequence[DealCompetitor]
    files: Sequence[DealDocument]


async def write_parts(
    session: AsyncSession,
    deal_id: str,
    people: list[dict[str, Any]],
    competitors: list[dict[str, Any]],
    files: list[dict[str, Any]],
) -> None:
    """Only after `write_process` said True: the newest state replaces what was there."""
    for table, rows in ((DealContact, people), (DealCompetitor, competitors), (DealDocument, files)):
        core = cast(Table, table.__table__)
        await session.execute(delete(core).where(core.c.deal_id == deal_id))
        if rows:
            await session.execute(insert(core), [{"deal_id": deal_id, **row} for row in rows])


async def parts_of(session: AsyncSession, deal_id: str) -> Parts:
    """Whether somebody may see the deal is asked before."""
    people = (
        select(DealContact, Contact)
        .outerjoin(Contact, Contact.id == DealContact.contact_id)
        .where(DealContact.deal_id == deal_id)
        .order_by(DealContact.place)
    )
    competitors = select(DealCompetitor).where(DealCompetitor.deal_id == deal_id).order_by(DealCompetitor.place)
    files = select(DealDocument).where(DealDocument.deal_id == deal_id).order_by(DealDocument.added_at.desc())
    return Parts(
        [Player(row[0], row[1]) for row in await session.execute(people)],
        (await session.scalars(competitors)).all(),
        (await session.scalars(files)).all(),
    )


async def related_deals(session: AsyncSession, actor: Actor, deal: Deal) -> Sequence[Deal]:
    """What was split off, what it was split from or copied from, as far as the actor may see them."""
    linked = [one for one in (deal.split_from, deal.copied_from) if one]
    related = or_(Deal.id.in_(linked), Deal.split_from == deal.id)
    found = select(Deal).where(related, within(actor, "deal")).order_by(Deal.opened_at)
    return (await session.scalars(found)).all()
