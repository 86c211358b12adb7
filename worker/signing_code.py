"""The one-time code of who signs by link: made where it is mailed, so that it stands in no table and no log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commands.signing_link import CODE_LASTS, InvitationLinks
from db.customer import Contact, Customer
from db.engine import Database
from db.signing import Signing
from db.signing_invitation import SigningInvitation
from domain.letter import Filled
from locales import translate
from worker.letter import as_html
from worker.mail import Mailer


class CodeSender:
    def __init__(self, db: Database, mailer: Mailer, links: InvitationLinks) -> None:
        self.db = db
        self.mailer = mailer
        self.links = links

    async def send(self, key: str, entry: dict[str, Any]) -> None:
        """`entry`: the invitation and the code's number. One that is late, or was followed by another, is not sent."""
        async with self.db.session("letter") as session:
            invitation = await session.get_one(SigningInvitation, entry["invitation"])
            signing = await session.get_one(Signing, invitation.signing_id)
            contact = await session.get(Contact, invitation.contact_id)
            customer = await session.get(Customer, signing.customer_id)
        sent = invitation.code_sent_at
        if invitation.code_no != entry["no"] or sent is None or sent + CODE_LASTS < datetime.now(UTC):
            return
        if contact is None or not contact.email:
            return
        language = entry.get("language") or (customer.language if customer else None) or self.mailer.settings.language
        filled = self._worded(language, self.links.code(invitation.id, entry["no"]), signing.title)
        message = self.mailer.addressed(key, contact.email, filled.subject)
        message["Content-Language"] = language.replace("_", "-")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(filled.body)
        message.add_alternative(as_html(filled, language, self.mailer.settings.company), subtype="html")
        await self.mailer.deliver(key, message)

    def _worded(self, language: str, code: str, title: str) -> Filled:
        _ = translate(language).gettext
        minutes = int(CODE_LASTS.total_seconds() // 60)
        body = [
            _("Your code to sign “%(title)s” is:") % {"title": title},
            code,
            _("It holds for %(minutes)d minutes. Pass it on to nobody; we never ask for it by phone.")
            % {"minutes": minutes},
            _("Did you not ask for it? Then somebody has your link: please tell us."),
        ]
        return Filled(_("%(code)s is your code to sign") % {"code": code}, "\n\n".join(body))
