"""Signing in and out: a browser gets a session, a program a token."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from commands.credentials import Credentials, Visitor
from db import sign_in
from db.audit import record
from db.engine import Database
from db.sign_in import SignedIn
from domain.refusal import Refused
from keys import Seal

SESSION_LIFE = timedelta(days=30)
PASSWORD_TOKEN_LIFE = timedelta(hours=12)
CODE_WITHIN = timedelta(minutes=5)
TOKEN_PREFIX = "tl_"  # noqa: S105 - what a scanner for leaked secrets looks for
LONGEST_AGENT = 200


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right; `note` comes back with the code of the second factor."""

    note: str


class SignIn:
    def __init__(self, db: Database, credentials: Credentials, master_key: bytes) -> None:
        self.db = db
        self.credentials = credentials
        self._waiting_for_code = Seal(master_key, "sign-in")

    async def with_password(self, visitor: Visitor, email: str, password: str) -> str | CodeNeeded:
        """The secret of a new session, for a cookie. Raises Refused as `Credentials.by_email`."""
        person = await self.credentials.by_email(visitor, email, password)
        if person.totp_secret is not None:
            return CodeNeeded(self._waiting_for_code.close(person.id))
        return await self.begin(visitor, person.id)

    async def with_code(self, visitor: Visitor, note: str, code: str) -> str:
        """As `with_password`. Raises Refused (401) sign_in_again where the password was given too long ago."""
        opened = self._waiting_for_code.open(note, within=CODE_WITHIN)
        if opened is None:
            raise Refused("sign_in_again", 401)
        [person_id] = opened
        await self.credentials.confirm_code(visitor, person_id, code)
        return await self.begin(visitor, person_id)

    async def token(self, visitor: Visitor, email: str, password: str, code: str | None) -> str:
        """A bearer token that works for `PASSWORD_TOKEN_LIFE`. Raises Refused (401) code_needed, or as the others."""
        person = await self.credentials.by_email(visitor, email, password)
        if person.totp_secret is not None:
            if not code:
                raise Refused("code_needed", 401, field="totp")
            await self.credentials.confirm_code(visitor, person.id, code)
        if person.password_temporary:
            raise Refused("password_temporary", 403)
        secret = new_token()
        async with self.db.session(person.id) as session:
            await sign_in.add_token(session, person.id, name=None, hash=hashed(secret), life=PASSWORD_TOKEN_LIFE)
            await record(session, person.id, "sign_in.token", f"person/{person.id}", address=visitor.address)
        return secret

    async def find(self, secret: str) -> SignedIn | None:
        """Whose session or token this is; None where it is nobody's, or no longer."""
        find = sign_in.find_token if secret.startswith(TOKEN_PREFIX) else sign_in.find_session
        async with self.db.session() as session:
            return await find(session, hashed(secret))

    async def out(self, secret: str, person_id: str) -> None:
        async with self.db.session(person_id) as session:
            await sign_in.delete_session(session, hashed(secret))
            await record(session, person_id, "sign_in.out", f"person/{person_id}")

    async def begin(self, visitor: Visitor, person_id: str) -> str:
        """The secret of a new session of somebody who has shown who they are."""
        secret = secrets.token_urlsafe(32)
        agent = visitor.agent[:LONGEST_AGENT] if visitor.agent else None
        async with self.db.session(person_id) as session:
            await sign_in.add_session(
                session,
                person_id,
                hash=hashed(secret),
                csrf=secrets.token_urlsafe(24),
                life=SESSION_LIFE,
                agent=agent,
            )
            await record(session, person_id, "sign_in.done", f"person/{person_id}", address=visitor.address)
        return secret


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """Plain SHA-256 is enough for 256 random bits; slow hashes are for what people think up."""
    return hashlib.sha256(secret.encode()).digest()
