"""A mail that made no ticket becomes one, where somebody says that it is one after all."""

from __future__ import annotations

from sqlalchemy import select

from commands.ticket_intake import Attachment, Inbound, TicketIntake
from db.audit import record
from db.person import OrgUnit
from db.record import Document
from db.ticket_intake import TicketInbound
from db.ticket_journal import belongs_to, find_inbound
from domain.access import Action, Actor


class TicketJournal:
    def __init__(self, intake: TicketIntake) -> None:
        self.intake = intake

    async def make_ticket(self, actor: Actor, inbound_id: str) -> str:
        """The ticket's id; the same again for a second click. The mail as it came hangs on it. Raises Refused (404)."""
        actor.require(Action.TICKET_MANAGE)
        async with self.intake.desk.db.session(actor.id) as session:
            row = await find_inbound(session, inbound_id)
            if row.ticket_id is not None:
                return row.ticket_id
            kept = await session.get(Document, row.raw) if row.raw else None
            regions = select(OrgUnit.code).where(OrgUnit.id.in_(actor.regions)).order_by(OrgUnit.code).limit(1)
            region = await session.scalar(regions)
        mail = [Attachment(hash=kept.hash, name=kept.name, size=kept.size, type=kept.media_type)] if kept else []
        taken = await self.intake.receive(_as_new(row, mail, region), f"made/{row.id}")
        async with self.intake.desk.db.session(actor.id) as session:
            await belongs_to(session, inbound_id, taken.ticket_id)
            await record(session, actor.id, "ticket.made_of_mail", f"ticket/{taken.ticket_id}", mail=row.id)
        return taken.ticket_id


def _as_new(row: TicketInbound, mail: list[Attachment], region: str | None) -> Inbound:
    """Who wrote it gets no automatic answer: it was a machine, or there had been too many."""
    address = row.sender if row.sender and "@" in row.sender else None
    return Inbound(
        channel="mail", subject=row.subject, text=(row.full or row.subject or "–")[:20_000], email=address,
        name=None if address else row.sender, attachments=mail, quiet=True, notes=list(row.notes), region=region,
    )  # fmt: skip
