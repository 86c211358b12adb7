"""Whether somebody is who they say: passwords and codes, with every attempt counted before it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from commands.attempts import Attempts, too_many_attempts
from commands.password import Passwords
from commands.second_factor import SecondFactor
from db.audit import record
from db.engine import Database
from db.person import Person, person_to_change, person_with_email
from domain.person import FREE_ATTEMPTS, email_address, wait_after
from domain.refusal import Refused

FREE_PER_ADDRESS = 50
"""Generous, since a whole office may come from one address; then one more a minute."""


@dataclass(frozen=True)
class Visitor:
    """Where an attempt comes from; `agent` is what the browser calls itself."""

    address: str
    agent: str | None = None


class Credentials:
    def __init__(self, db: Database, passwords: Passwords, second_factor: SecondFactor) -> None:
        self.db = db
        self.passwords = passwords
        self.second_factor = second_factor
        self._addresses = Attempts(free=FREE_PER_ADDRESS, longest=timedelta(minutes=1))
        self._strangers = Attempts(free=FREE_ATTEMPTS)

    async def by_email(self, visitor: Visitor, email: str, password: str) -> Person:
        """Who has this e-mail and password. Raises Refused: 401 wrong_credentials, 429 too_many_attempts.

        An address nobody has is answered just as one somebody has, lock-out and time included.
        """
        self._addresses.require(visitor.address)
        async with self.db.session() as session:
            known = await person_with_email(session, _address_or_nothing(email))
        if known is None or not known.active:
            self._strangers.require(email)
            await self.passwords.fits(password, None)
            self._strangers.failed(email)
            await self._failed(visitor, None)
        await self._count_attempt(known.id)
        if not await self.passwords.fits(password, known.password_hash):
            await self._failed(visitor, known.id)
        await self._accept_password(known.id)
        return known

    async def confirm_password(self, visitor: Visitor, person_id: str, password: str) -> Person:
        """That it is still the person who signed in. Raises Refused: 422 wrong_password, 429 too_many_attempts."""
        person = await self._count_attempt(person_id)
        if not await self.passwords.fits(password, person.password_hash):
            async with self.db.session(person_id) as session:
                await record(session, person_id, "password.wrong", f"person/{person_id}", address=visitor.address)
            raise Refused("wrong_password", 422, field="current")
        await self._accept_password(person_id)
        return person

    async def confirm_code(self, visitor: Visitor, person_id: str, code: str) -> None:
        """The second factor. Raises Refused: 401 wrong_code, 429 too_many_attempts."""
        self._addresses.require(visitor.address)
        async with self.db.session(person_id) as session:
            person = await person_to_change(session, person_id)
            _count(person)
            right = self.second_factor.use(person, code)
            if right:
                person.failures, person.locked_until = 0, None
            else:
                await record(session, person_id, "sign_in.wrong_code", f"person/{person_id}", address=visitor.address)
        if not right:
            self._addresses.failed(visitor.address)
            raise Refused("wrong_code", 401, field="code")

    async def _failed(self, visitor: Visitor, person_id: str | None) -> NoReturn:
        self._addresses.failed(visitor.address)
        async with self.db.session() as session:
            # What was typed is not kept: it may be a password in the wrong field.
            subject = f"person/{person_id}" if person_id else "person/unknown"
            await record(session, person_id or "stranger", "sign_in.failed", subject, address=visitor.address)
        raise Refused("wrong_credentials", 401)

    async def _count_attempt(self, person_id: str) -> Person:
        """Before the password is looked at, so that many at once get no more tries than one after another."""
        async with self.db.session(person_id) as session:
            person = await person_to_change(session, person_id)
            _count(person)
        return person

    async def _accept_password(self, person_id: str) -> None:
        """Forgives earlier failures, but for somebody with a second factor only this attempt: or who knows the
        password could try codes for ever."""
        async with self.db.session(person_id) as session:
            person = await person_to_change(session, person_id)
            person.failures = 0 if person.totp_secret is None else max(person.failures - 1, 0)
            person.locked_until = None


def _count(person: Person) -> None:
    now = datetime.now(UTC)
    if person.locked_until is not None and person.locked_until > now:
        raise too_many_attempts(person.locked_until - now)
    person.failures += 1
    wait = wait_after(person.failures)
    person.locked_until = None if wait is None else now + wait


def _address_or_nothing(typed: str) -> str:
    try:
        return email_address(typed)
    except Refused:
        return ""
