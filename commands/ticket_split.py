"""A message that is about something else becomes a ticket of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.ticket import Said
from commands.idempotency import claim_once
from commands.ticket import TicketCommands, may_work
from db.outbox import enqueue
from db.projection import next_number
from db.scope import visible
from db.ticket import Ticket, TicketMessage, start_of, tell_ticket
from domain.access import Actor
from domain.refusal import Refused, invalid
from domain.ticket import may


class TicketSplits(TicketCommands):
    async def split(self, actor: Actor, key: str, ticket_id: str, *, message_id: str, subject: str) -> str:
        """The new ticket's id, of the same customer; the same key finds it. What was said before stays where it was.

        Raises Refused: 409 for a ticket that has ended, 422 for what no customer wrote, or what it began with.
        """
        async with self.desk.db.session(actor.id) as session:
            ticket: Ticket = await visible(session, actor, "ticket", ticket_id)
            may_work(actor, ticket)
            fields = {"message_id": message_id, "subject": subject}
            asked = await claim_once(session, actor, key, "SplitTicket", f"ticket/{ticket_id}", fields)
            if not asked.fresh:
                return asked.id
            if not may("split", ticket.stage):
                raise Refused("ticket_not_now", 409, stage=ticket.stage, into=ticket.merged_into)
            message = await _message_to_split(session, ticket, message_id)
            made = await self._own_ticket(session, ticket, message, asked.id, subject)
            message.first_ticket_id = message.first_ticket_id or ticket.id
            message.ticket_id = made.id
            await session.flush()
            left = select(func.max(TicketMessage.at)).where(
                TicketMessage.ticket_id == ticket.id, TicketMessage.direction != "note"
            )
            at = await session.scalar(left)
            told = {"ticket_id": made.id, "by": actor.id, "last_said_at": at.isoformat() if at else None}
            await tell_ticket(session, ticket, "split_off", told, made.id)
        return asked.id

    async def _own_ticket(
        self, session: AsyncSession, ticket: Ticket, message: TicketMessage, made_id: str, subject: str
    ) -> Ticket:
        same = (
            "channel", "kind", "priority", "from_name", "from_email", "from_phone", "customer_id", "contact_id", "tier",
            "region_id", "language", "product",
        )  # fmt: skip
        made = Ticket(
            id=made_id, subject=subject, stage="new", opened_at=message.at, said_at=message.at, sentiment_words=[],
            breached=0, revision=0, **{name: getattr(ticket, name) for name in same},
        )  # fmt: skip
        year = datetime.now(UTC).astimezone(ZoneInfo(self.desk.settings.zone)).year
        made.number = await next_number(session, "T", year)
        session.add(made)
        start = start_of(made)
        start["input"]["unheard"] = [Said(id=message.id, at=message.at).model_dump(mode="json")]
        await enqueue(session, start["id"], "start", start)
        return made


async def _message_to_split(session: AsyncSession, ticket: Ticket, message_id: str) -> TicketMessage:
    theirs = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id, TicketMessage.direction == "in")
    found = (await session.scalars(theirs.order_by(TicketMessage.at, TicketMessage.id))).all()
    message = next((one for one in found[1:] if one.id == message_id), None)
    if message is None:
        raise invalid("message_not_split", "message_id")
    return message
