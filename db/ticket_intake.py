"""What came to the service desk from outside, whatever became of it; customers' links to their tickets; ratings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, SmallInteger, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


class TicketInbound(Base):
    """One message from outside. `key` makes it one however often it comes: `mail/<Message-ID>`, `hook/<key>/<id>`.

    `kind`: person, automatic, bounce, loop, or unreadable and too_large for mail that could only be kept. Without a
    ticket it made none, and `why` says for what reason.
    """

    __tablename__ = "ticket_inbound"

    id: Mapped[Id] = mapped_column(default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    kind: Mapped[str]
    why: Mapped[str | None]
    sender: Mapped[str | None]  # an address in lower case, a number as E.164, or a name in their own system
    addresses: Mapped[list[str]] = mapped_column(default=list)  # whoever else the mail names
    subject: Mapped[str] = mapped_column(default="")
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    ticket_id: Mapped[Ref | None] = mapped_column(index=True)
    message_id: Mapped[Ref | None]
    full: Mapped[str | None]  # with the mail it answers to, where the message has less
    raw: Mapped[str | None]  # hash of the mail itself, where its reading left something out
    notes: Mapped[list[str]] = mapped_column(default=list)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answered: Mapped[bool] = mapped_column(default=False)  # by itself, that it came in

    __table_args__ = (
        Index("ix_ticket_inbound_sender", "sender", text("at desc")),
        Index("ix_ticket_inbound_at", text("at desc"), "id"),
    )


class TicketLink(Base):
    """By which a ticket's customer follows it. The link itself is kept nowhere."""

    __tablename__ = "ticket_link"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class TicketRating(Base):
    """What the customer says of how it went: 1 to 5, the last time they said it."""

    __tablename__ = "ticket_rating"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    score: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str | None]
    at: Mapped[Instant] = mapped_column(server_default=func.now(), index=True)
    assignee_id: Mapped[Ref | None]
    queue: Mapped[str | None]
    region_id: Mapped[Ref]


async def inbound_known(session: AsyncSession, key: str) -> TicketInbound | None:
    return await session.scalar(select(TicketInbound).where(TicketInbound.key == key))


async def note_inbound(session: AsyncSession, **row: Any) -> bool:
    """Whether it is new; the same key again changes nothing."""
    made = insert(TicketInbound).values(id=new_id(), **row).on_conflict_do_nothing(index_elements=["key"])
    return await session.scalar(made.returning(TicketInbound.id)) is not None


async def written_lately(session: AsyncSession, sender: str, since: datetime, *, answered: bool = False) -> int:
    """How many messages of a sender came since; only those answered by itself where asked."""
    count = select(func.count()).where(TicketInbound.sender == sender, TicketInbound.at >= since)
    if answered:
        count = count.where(TicketInbound.answered)
    return int(await session.scalar(count) or 0)


async def took_part(session: AsyncSession, ticket_id: str, address: str) -> bool:
    """Whether an address wrote in this ticket, or was named in what was written there."""
    named = (TicketInbound.sender == address) | TicketInbound.addresses.contains([address])
    found = select(TicketInbound.id).where(TicketInbound.ticket_id == ticket_id, named).limit(1)
    return await session.scalar(found) is not None


async def inbound_of(session: AsyncSession, ticket_id: str) -> Sequence[TicketInbound]:
    """What came in for a ticket, oldest first."""
    found = select(TicketInbound).where(TicketInbound.ticket_id == ticket_id).order_by(TicketInbound.at)
    return (await session.scalars(found)).all()
