"""Tickets of the service desk, what was said in them, and the answers agents keep at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, Boolean, Index, Table, Update, bindparam, func, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.findable import Findable
from db.outbox import enqueue

BUSY = ("assigned",)
"""Stages in which a ticket takes room in somebody's hands: one that waits for others does not."""


_OPEN = "stage not in ('resolved', 'closed', 'merged')"
OPEN_ROWS = literal_column(f"ticket.{_OPEN}", Boolean)
"""`stage` is one of domain.ticket.OPEN, in the very words of the indexes."""


class Ticket(Base):
    """The customer's words stand in its messages; the workflow carries ids and facts."""

    __tablename__ = "ticket"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    channel: Mapped[str]  # domain.ticket.Channel
    from_name: Mapped[str | None]
    from_email: Mapped[str | None]
    from_phone: Mapped[str | None]
    contact_id: Mapped[Ref | None]
    language: Mapped[str]  # in which they are answered: zh_CN, en
    product: Mapped[str | None]
    equipment_id: Mapped[Ref | None]
    fault_code: Mapped[str | None]
    opened_at: Mapped[Instant]

    # written by TicketWorkflow only, after the first time
    kind: Mapped[str]
    priority: Mapped[str]
    stage: Mapped[str]
    customer_id: Mapped[Ref | None]
    region_id: Mapped[Ref]
    queue: Mapped[str | None]  # a key of the routing policy's queues
    assignee_id: Mapped[Ref | None]
    tier: Mapped[str]  # the customer's service tier, as its clocks go by it
    sentiment: Mapped[float | None]
    sentiment_words: Mapped[list[str]] = mapped_column(default=list)
    merged_into: Mapped[Ref | None]  # always the ticket that goes on, never one that was merged itself
    merging_into: Mapped[Ref | None]  # asked for, and not yet answered by its process
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    said_at: Mapped[datetime | None]  # when the customer last wrote
    answered_at: Mapped[datetime | None]  # when we last answered
    clock: Mapped[str | None]  # the clock due next, and its instants
    due_at: Mapped[datetime | None]
    due_since: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    red_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    breached: Mapped[int] = mapped_column(default=0)  # the level of its ladder that was reached
    kept: Mapped[dict[str, Any] | None]  # what its process goes on from when it is opened again
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def sender(self) -> str:
        """The address or number it came from."""
        return self.from_email or self.from_phone or ""

    __table_args__ = (
        Index("ix_ticket_customer", "customer_id", "id"),
        Index("ix_ticket_merged_into", "merged_into", postgresql_where=text("merged_into is not null")),
        Index("ix_ticket_region", "region_id", "id"),
        Index("ix_ticket_email", text("lower(from_email)")),
        Index("ix_ticket_phone", "from_phone"),
        Index(
            "ix_ticket_open",
            "region_id",
            "due_at",
            "id",
            postgresql_where=text(_OPEN),
        ),
        Index("ix_ticket_due", "due_at", "id", postgresql_where=text(f"{_OPEN} and paused_at is null")),
        Index("ix_ticket_paused", "due_at", "id", postgresql_where=text(f"{_OPEN} and paused_at is not null")),
        Index(
            "ix_ticket_assignee",
            "assignee_id",
            "due_at",
            "id",
            postgresql_where=text(_OPEN),
        ),
    )


class TicketMessage(Base):
    """`status`: draft (written, and its process has not taken it), pending (to be mailed), sent, failed, received
    (theirs, and our notes)."""

    __tablename__ = "ticket_message"

    id: Mapped[Id] = mapped_column(default=new_id)
    ticket_id: Mapped[Ref]
    first_ticket_id: Mapped[Ref | None]  # where it came in, of a ticket that was merged or split since
    author: Mapped[str]  # customer, agent, system
    author_id: Mapped[Ref | None]  # a person, or a contact
    author_name: Mapped[str | None]  # of somebody we do not know
    direction: Mapped[str]  # in, out, note
    body: Mapped[str]
    at: Mapped[Instant]
    status: Mapped[str]
    automatic: Mapped[bool] = mapped_column(default=False)
    mail_id: Mapped[str | None] = mapped_column(unique=True)
    references: Mapped[list[str]] = mapped_column(default=list)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{hash, name, size, type}]
    error: Mapped[str | None]

    __table_args__ = (Index("ix_ticket_message_ticket", "ticket_id", "at", "id"),)


class CannedAnswer(Findable, Base):
    """An answer agents keep at hand. Its words may name what a macro's may."""

    __tablename__ = "canned_answer"

    id: Mapped[Id] = mapped_column(default=new_id)
    name: Mapped[str]
    body: Mapped[str]
    language: Mapped[str]
    used: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[Ref | None]
    changed_at: Mapped[Instant] = mapped_column(server_default=func.now())
    retired_at: Mapped[datetime | None]


class Former(NamedTuple):
    """How a ticket's row was before it was written."""

    stage: str
    assignee_id: str | None

    @property
    def in_hand(self) -> bool:
        """It took room in somebody's hands: one that waits for others does not."""
        return self.stage in BUSY and self.assignee_id is not None


async def change_ticket(session: AsyncSession, row: dict[str, Any]) -> Former:
    """Writes these columns of the ticket with this `id`, and says how it was."""
    found = await session.execute(_change(tuple(row)), row | {"_id": row["id"]})
    return Former(*found.one())


@cache
def _change(columns: tuple[str, ...]) -> Update:
    """Built once: building a statement costs more than executing it."""
    ticket = cast(Table, Ticket.__table__)
    found = select(ticket.c.id, ticket.c.stage, ticket.c.assignee_id).where(ticket.c.id == bindparam("_id"))
    was = found.with_for_update().subquery("was")
    values = {column: bindparam(column, type_=ticket.c[column].type) for column in columns}
    return update(ticket).where(ticket.c.id == was.c.id).values(values).returning(was.c.stage, was.c.assignee_id)


async def messages_of(session: AsyncSession, ticket_id: str, *, limit: int = 500) -> Sequence[TicketMessage]:
    """What its process has taken, the latest `limit`, the oldest first."""
    said = select(TicketMessage).where(TicketMessage.ticket_id == ticket_id, TicketMessage.status != "draft")
    latest = await session.scalars(said.order_by(TicketMessage.at.desc(), TicketMessage.id.desc()).limit(limit))
    return list(latest)[::-1]


async def goes_on_as(session: AsyncSession, ticket_id: str) -> Ticket | None:
    """The ticket itself or, of a merged one, the one that goes on instead: the end of the chain."""
    seen: set[str] = set()
    ticket = await session.get(Ticket, ticket_id)
    while ticket is not None and (on := ticket.merged_into or ticket.merging_into) and ticket.id not in seen:
        seen.add(ticket.id)
        ticket = await session.get(Ticket, on)
    return ticket


async def take_over(session: AsyncSession, ticket_id: str, into: str) -> None:
    """What was said in a merged ticket, and in those merged into it, is said in the other from now on; once."""
    moved = update(TicketMessage).where(TicketMessage.ticket_id == ticket_id, TicketMessage.status != "draft")
    first = func.coalesce(TicketMessage.first_ticket_id, TicketMessage.ticket_id)
    await session.execute(moved.values(ticket_id=into, first_ticket_id=first))
    await session.execute(update(Ticket).where(Ticket.merged_into == ticket_id).values(merged_into=into))


async def tell_ticket(session: AsyncSession, ticket: Ticket, signal: str, message: dict[str, Any], key: str) -> None:
    """A process that runs is told once per key; one that has ended begins again, with the news."""
    payload = {**start_of(ticket), "signal": signal, "message": message}
    await enqueue(session, f"ticket/{ticket.id}/{signal}/{key}", "start", payload)


def start_of(ticket: Ticket) -> dict[str, Any]:
    """What starts a ticket's process (workflows.ticket_message.TicketStart), as the outbox keeps it."""
    start = {
        "ticket_id": ticket.id, "number": ticket.number, "region_id": ticket.region_id,
        "customer_id": ticket.customer_id, "contact_id": ticket.contact_id, "owner_id": ticket.assignee_id,
        "kind": ticket.kind, "channel": ticket.channel, "priority": ticket.priority, "tier": ticket.tier,
        "language": ticket.language, "opened_at": ticket.opened_at.isoformat(),
    }  # fmt: skip
    return {"workflow": "TicketWorkflow", "id": f"ticket/{ticket.id}", "input": start}
