"""The link by which the other party of a contract signs, and the code that proves who follows it.

Neither is kept: both are made from the installation's key and the invitation's id. Of a link its hash is known.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256

from keys import derive

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5
CODE_PAUSE = timedelta(seconds=30)
"""Between two codes."""
MOST_CODES = 20
"""Codes of one link: a hundred tries at a million numbers."""
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


class InvitationLinks:
    def __init__(self, master: bytes) -> None:
        self._links = derive(master, "links to sign by")
        self._codes = derive(master, "codes to sign with")

    def token(self, invitation_id: str) -> str:
        made = hmac.new(self._links, invitation_id.encode(), sha256).digest()
        return urlsafe_b64encode(made).decode().rstrip("=")

    def path(self, invitation_id: str) -> str:
        return f"/s/{self.token(invitation_id)}"

    def hash_of(self, invitation_id: str) -> str:
        return token_hash(self.token(invitation_id))

    def code(self, invitation_id: str, no: int) -> str:
        """The `no`th code of an invitation: six digits."""
        made = hmac.new(self._codes, f"{invitation_id}/{no}".encode(), sha256).digest()
        return f"{int.from_bytes(made[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def fits(self, invitation_id: str, no: int, code: str) -> bool:
        return hmac.compare_digest(self.code(invitation_id, no).encode(), code.strip().encode())


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def veiled(address: str) -> str:
    """`a***@example.com`: enough to know where to look."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}***@{host}"
