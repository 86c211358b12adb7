"""What people do with their own account: preferences, password, second factor, tokens for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel

from commands.credentials import Credentials, Visitor
from commands.second_factor import Offer
from commands.sign_in import hashed, new_token
from db.audit import record
from db.engine import Database
from db.person import member, person_to_change
from db.sign_in import add_token, delete_sessions, delete_token
from domain import person as rules
from domain.access import Actor
from domain.refusal import Refused, invalid, not_found

TOKEN_NAME_MAX = 100
TOKEN_DAYS_MAX = 366


class Preferences(BaseModel):
    """Only what is given is changed. None: as the browser asks, or as the company's settings say.

    `mail`: one for each task, one digest a day of all open ones, or none at all. What is no task, and a nudge, comes
    by itself also to who wants a digest.
    """

    language: Literal["zh_CN", "en"] | None = None
    zone: str | None = None
    theme: Literal["auto", "light", "dark"] = "auto"
    mail: Literal["each", "digest", "none"] = "each"


class Account:
    def __init__(self, db: Database, credentials: Credentials) -> None:
        self.db = db
        self.credentials = credentials

    async def prefer(self, actor: Actor, wishes: Preferences) -> None:
        if wishes.zone is not None and wishes.zone not in available_timezones():
            raise invalid("zone_unknown", "zone")
        async with self.db.session(actor.id) as session:
            person = await person_to_change(session, actor.id)
            for name, wish in wishes.model_dump(exclude_unset=True).items():
                setattr(person, name, wish)

    async def change_password(
        self, actor: Actor, visitor: Visitor, current: str, new: str, *, session_secret: str | None = None
    ) -> None:
        """Signs the person out everywhere but in the session of this secret.

        Raises Refused: 422 for a wrong current password or a new one that is too easy, 429 after too many attempts.
        """
        person = await self.credentials.confirm_password(visitor, actor.id, current)
        if current == new:
            raise invalid("password_same", "new")
        password_hash = await self.credentials.passwords.hash(rules.password(new, email=person.email, field="new"))
        async with self.db.session(actor.id) as session:
            person = await person_to_change(session, actor.id)
            person.password_hash, person.password_temporary = password_hash, False
            await delete_sessions(session, actor.id, but=hashed(session_secret) if session_secret else None)
            await record(session, actor.id, "password.changed", f"person/{actor.id}")

    async def offer_second_factor(self, actor: Actor, note: str | None = None) -> Offer:
        """`note` of an earlier offer shows that one again, while it holds."""
        async with self.db.session(actor.id) as session:
            person = (await member(session, actor.id)).person
        return self.credentials.second_factor.offer(person, note)

    async def enable_second_factor(self, actor: Actor, note: str, code: str) -> None:
        """Raises Refused: 422 wrong_code or offer_over, 409 where one is on already (its password switches it off)."""
        async with self.db.session(actor.id) as session:
            person = await person_to_change(session, actor.id)
            if person.totp_secret is not None:
                raise Refused("second_factor_on")
            self.credentials.second_factor.confirm(person, note, code)
            await record(session, actor.id, "second_factor.enabled", f"person/{actor.id}")

    async def disable_second_factor(self, actor: Actor, visitor: Visitor, current: str) -> None:
        """Asks for the password once more. Raises Refused: 422 wrong_password, 429 too_many_attempts."""
        await self.credentials.confirm_password(visitor, actor.id, current)
        async with self.db.session(actor.id) as session:
            person = await person_to_change(session, actor.id)
            person.totp_secret = person.totp_last = None
            await record(session, actor.id, "second_factor.disabled", f"person/{actor.id}")

    async def create_token(self, actor: Actor, name: str, days: int | None) -> str:
        """The token, shown this once; it works for so many days, or until it is revoked."""
        name = name.strip()
        if not 0 < len(name) <= TOKEN_NAME_MAX:
            raise invalid("name_length", "name", most=TOKEN_NAME_MAX)
        if days is not None and not 0 < days <= TOKEN_DAYS_MAX:
            raise invalid("days_range", "days", most=TOKEN_DAYS_MAX)
        secret = new_token()
        life = None if days is None else timedelta(days=days)
        async with self.db.session(actor.id) as session:
            token = await add_token(session, actor.id, name=name, hash=hashed(secret), life=life)
            await record(session, actor.id, "token.created", f"token/{token.id}", name=name)
        return secret

    async def revoke_token(self, actor: Actor, token_id: str) -> None:
        """Raises Refused (404) for a token that is not one's own."""
        async with self.db.session(actor.id) as session:
            if not await delete_token(session, actor.id, token_id):
                raise not_found("token")
            await record(session, actor.id, "token.revoked", f"token/{token_id}")
