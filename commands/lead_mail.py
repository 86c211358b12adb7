"""Inbound mail: what a person writes to one of our addresses becomes a lead, once for each message."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from commands.lead import LeadCommands
from commands.lead_record import lead_of
from commands.sandbox import Limits, run_limited
from db.audit import record
from db.lead_form import regions
from db.lead_hook import LeadMailbox, find_mailbox
from domain.access import Action, Actor, Scope
from domain.contact import phone_number
from domain.person import email_address
from domain.refusal import Refused, forbidden, not_found

LARGEST = 10 * 1024 * 1024
"""Bytes of one mail."""
LIMITS = Limits(cpu=10, wall=20.0, answer=1024 * 1024)
MAIL = Actor(id="mail")
End = Literal["lead", "automatic", "bounce", "loop", "nobody"]


class LeadMail:
    most = LARGEST

    def __init__(self, leads: LeadCommands) -> None:
        self.leads = leads
        self.db = leads.desk.db

    async def takes(self, address: str) -> bool:
        """Whether mail to this address becomes leads."""
        async with self.db.session("mail") as session:
            return await find_mailbox(session, [address.strip().lower()]) is not None

    async def receive(self, raw: bytes, to: Sequence[str] = (), sender: str = "", *, size: int = 0) -> End:
        """What became of a mail; `to` are the addresses on its envelope, else those in its head count.

        Raises Refused (422) for one that cannot be read, or says nobody to answer.
        """
        settings = self.leads.desk.settings
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mail"
            await asyncio.to_thread(path.write_bytes, raw)
            mail = await run_limited("commands.mail_child:read_mail", str(path), settings.country, limits=LIMITS)
        async with self.db.session("mail") as session:
            box = await find_mailbox(session, [one.lower() for one in to] or mail["to"])
            known = await regions(session)
            if box is None or mail["kind"] != "person":
                end: End = "nobody" if box is None else mail["kind"]
                await record(session, "mail", "IgnoreMail", f"mail/{mail['id']}", why=end)
                return end
        lead = lead_of(
            self._usable(mail["said"]), source="mail", regions={}, campaign=box.campaign, utm_source=box.source,
            region=next((unit.code for unit in known if unit.id == box.region_id), ""), currency=settings.currency,
        )  # fmt: skip
        await self.leads.take_in(self.leads.reachable(lead), MAIL, mail["id"])
        return "lead"

    def _usable(self, said: dict[str, str]) -> dict[str, Any]:
        """A number that is none is left in the text: their address is enough to answer."""
        try:
            email_address(said["email"])
        except Refused:
            said = {name: value for name, value in said.items() if name != "email"}
        try:
            phone_number(said["phone"], self.leads.desk.settings.country)
        except (Refused, KeyError):
            said = {name: value for name, value in said.items() if name != "phone"}
        return said

    # --- addresses --------------------------------------------------------------------------------------------

    async def open_box(self, actor: Actor, *, address: str, region_id: str, source: str, campaign: str | None) -> None:
        """Mail to this address becomes leads of the region. Raises Refused (403, 422); an address again is changed."""
        _may_manage(actor, region_id)
        checked = email_address(address)
        async with self.db.session(actor.id) as session:
            box = await session.get(LeadMailbox, checked) or LeadMailbox(address=checked)
            if box.region_id and not actor.reaches(Action.LEAD_WORK, owner=None, region=box.region_id):
                raise forbidden(Action.LEAD_WORK)
            box.region_id, box.source, box.campaign, box.active = region_id, source or "mail", campaign, True
            session.add(box)
            await record(session, actor.id, "OpenLeadMailbox", f"lead_mailbox/{checked}")

    async def close_box(self, actor: Actor, address: str) -> None:
        async with self.db.session(actor.id) as session:
            box = await session.get(LeadMailbox, address)
            if box is None:
                raise not_found("lead_mailbox")
            _may_manage(actor, box.region_id)
            await session.delete(box)
            await record(session, actor.id, "CloseLeadMailbox", f"lead_mailbox/{address}")


def _may_manage(actor: Actor, region_id: str) -> None:
    if actor.scope(Action.LEAD_WORK) in (None, Scope.OWN) or not actor.reaches(
        Action.LEAD_WORK, owner=None, region=region_id
    ):
        raise forbidden(Action.LEAD_WORK)
