"""What lets a customer back into their ticket: the link in each mail, and the address that answers go to.

Neither is kept: both are made from the installation's key. Of a link its hash is known.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256

from keys import derive
from settings import Settings

TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
_TAGGED = re.compile(r"\+t(\d{4})(\d{6})-([a-z2-7]{12})$")
_OURS = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\.received)?@throughline>")


class TicketLinks:
    def __init__(self, master: bytes, settings: Settings) -> None:
        self._links = derive(master, "links to tickets")
        self._tags = derive(master, "addresses of tickets")
        self._base_url = settings.base_url
        self.address = (settings.service_address or "").strip().lower()
        self.mark = f"{sha256(self._tags).hexdigest()[:16]}@throughline"
        """Stands under X-Loop in our mail: another installation's is not ours."""

    # --- the link ---------------------------------------------------------------------------------------------

    def token(self, ticket_id: str) -> str:
        return urlsafe_b64encode(hmac.new(self._links, ticket_id.encode(), sha256).digest()).decode().rstrip("=")

    def path(self, ticket_id: str) -> str:
        return f"/t/{self.token(ticket_id)}"

    def url(self, ticket_id: str) -> str:
        return self._base_url + self.path(ticket_id)

    def hash_of(self, ticket_id: str) -> str:
        return token_hash(self.token(ticket_id))

    # --- mail -------------------------------------------------------------------------------------------------

    def reply_to(self, number: str) -> str:
        """`support+t2026000123-<proof>@example.com`; empty where the installation has no service address."""
        local, _, host = self.address.partition("@")
        digits = number.lower().replace("-", "")
        return f"{local}+{digits}-{self._proof(number)}@{host}" if self.address else ""

    def number_of(self, addresses: Iterable[str]) -> str | None:
        """The ticket that a mail goes to, by an address only its customer was told."""
        for address in addresses:
            local, _, host = address.lower().partition("@")
            found = _TAGGED.search(local)
            if found and host == self.address.partition("@")[2]:
                number = f"T-{found[1]}-{found[2]}"
                if hmac.compare_digest(self._proof(number), found[3]):
                    return number
        return None

    def ours(self, address: str) -> bool:
        """Whether mail to it is for the service desk."""
        local, _, host = address.strip().lower().partition("@")
        return bool(self.address) and f"{local.partition('+')[0]}@{host}" == self.address

    def record_ids(self, message_ids: Iterable[str]) -> list[str]:
        """The messages and tickets whose mails of ours (`db.ticket_message.mail_id`) are named there."""
        found = (_OURS.fullmatch(one.strip()) for one in message_ids)
        return [one[1] for one in found if one]

    def _proof(self, number: str) -> str:
        return b32encode(hmac.new(self._tags, number.encode(), sha256).digest())[:12].decode().lower()


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
