"""The second factor: a code of six digits that an app on the person's phone shows for half a minute (TOTP)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import segno
from pyotp.utils import strings_equal

from db.person import Person
from domain.refusal import Refused
from keys import Seal

OFFER_LASTS = timedelta(minutes=15)
DRIFT = 1
"""Steps a phone's clock may be off, either way."""


@dataclass(frozen=True)
class Offer:
    """A secret shown once, to be confirmed with a code. `note` comes back with the code."""

    secret: str
    picture: str
    """A QR code as a data: address of an SVG."""
    note: str


class SecondFactor:
    def __init__(self, master_key: bytes, company: str) -> None:
        self._company = company
        self._kept = Seal(master_key, "second-factor")
        self._offered = Seal(master_key, "second-factor-offer")

    def offer(self, person: Person, note: str | None = None) -> Offer:
        """A new secret, or with the `note` of an offer that still holds that one once more."""
        owner, secret = self._offered.open(note or "", within=OFFER_LASTS) or (None, "")
        if owner != person.id or note is None:
            secret = pyotp.random_base32()
            note = self._offered.close(person.id, secret)
        address = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=self._company)
        return Offer(secret, segno.make(address).svg_data_uri(scale=4, border=2), note)

    def confirm(self, person: Person, note: str, code: str) -> None:
        """Sets the offered secret on the person. Raises Refused (422) for a wrong code or an offer that ran out."""
        owner, secret = self._offered.open(note, within=OFFER_LASTS) or (None, "")
        if owner != person.id:
            raise Refused("offer_over", 422, field="code")
        step = _step(secret, code)
        if step is None:
            raise Refused("wrong_code", 422, field="code")
        person.totp_secret = self._kept.close(person.id, secret).encode()
        person.totp_last = step

    def use(self, person: Person, code: str) -> bool:
        """Whether the code is right now and was not used before; it cannot be used again."""
        owner, secret = self._kept.open((person.totp_secret or b"").decode()) or (None, "")
        step = _step(secret, code) if owner == person.id else None
        if step is None or step <= (person.totp_last or 0):
            return False
        person.totp_last = step
        return True


def _step(secret: str, code: str) -> int | None:
    """The time step a code belongs to."""
    totp = pyotp.TOTP(secret)
    now = int(datetime.now(UTC).timestamp()) // totp.interval
    code = code.replace(" ", "")
    steps = range(now - DRIFT, now + DRIFT + 1)
    return next((step for step in steps if strings_equal(totp.generate_otp(step), code)), None)
