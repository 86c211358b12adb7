"""Tickets from other systems, signed: chat tools, customers' own desks, devices and partners with a fault code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from commands.lead_hook import Hooks
from commands.ticket_intake import Inbound, Received, TicketIntake
from db.ticket import TicketMessage
from domain.access import Action
from domain.refusal import Refused, invalid
from domain.text import one_line
from domain.ticket import PRIORITIES, TICKET_KINDS, Channel

FIELDS = (
    "message", "subject", "name", "email", "phone", "thread", "serial_number", "fault_code", "product", "kind",
    "priority", "language",
)  # fmt: skip
"""What a mapping may fill. `thread` is the conversation in their system: what comes again under it goes on in the same
ticket. `serial_number` names a customer's equipment; a `fault_code` again, while its ticket is open, goes on in it."""
CHOICES = {"kind": TICKET_KINDS, "priority": PRIORITIES, "language": ("zh_CN", "en")}
LENGTHS = {"message": 20_000, "subject": 200, "email": 254, "phone": 64}


class TicketHooks(Hooks):
    makes = "ticket"
    fields = FIELDS
    action = Action.TICKET_MANAGE

    def __init__(self, tickets: TicketIntake, key: bytes) -> None:
        super().__init__(tickets.desk, key)
        self.tickets = tickets

    async def receive(self, key: str, body: bytes, headers: dict[str, str]) -> Received:
        """A ticket, or more of one; once for each message id, whatever is sent again.

        Raises Refused: what `opened` raises, 422 naming what is missing.
        """
        sent = await self.opened(key, body, headers)
        said = _texts(sent.said)
        thread = f"hook/{key}/{said['thread']}"[:400] if "thread" in said else None
        async with self.db.session(f"hook:{key}") as session:
            known = select(TicketMessage.ticket_id).where(TicketMessage.mail_id == thread)
            ticket_id = await session.scalar(known) if thread else None
        inbound = self.tickets.reachable(_inbound(said, sent.region))
        inbound = inbound.model_copy(update={"ticket_id": ticket_id, "mail_id": None if ticket_id else thread})
        taken = await self.tickets.receive(inbound, f"hook/{key}/{sent.id}")
        await self.counted(key)
        return taken


def _texts(said: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value.strip() if name == "message" else one_line(value) for name, value in said.items()}
    return {name: value[: LENGTHS.get(name, 200)] for name, value in kept.items() if value}


def _inbound(said: dict[str, str], region: str) -> Inbound:
    """A word that is none of ours says nothing: no ticket is lost for it."""
    code = said.get("fault_code")
    text = said.get("message") or said.get("subject") or code
    if not text:
        raise invalid("field_needed", "message")
    if not any(said.get(name) for name in ("email", "phone", "thread", "serial_number", "name")):
        raise Refused("contact_needed", 422, field="email")
    channel: Channel = "device" if code else "hook"
    chosen: dict[str, Any] = {name: said[name] for name, known in CHOICES.items() if said.get(name) in known}
    if code:
        chosen.setdefault("kind", "fault")
    taken = {name: said[name] for name in ("name", "email", "phone", "product", "serial_number") if name in said}
    return Inbound(
        channel=channel, text=text, subject=said.get("subject", ""), fault_code=code, region=region, **taken, **chosen
    )
