"""Hashing passwords takes 64 MB and a core for a moment, on purpose: in threads, and only so many at once."""

from __future__ import annotations

import asyncio
import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.person import typed

AT_ONCE = 4
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on a slip of paper


def start_password() -> str:
    """One that an administrator passes on, and its owner changes at first use."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


class Passwords:
    """argon2id as RFC 9106 recommends it."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, typed(password))

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Takes as long where there is no hash, so that the time tells nobody who has an account."""
        async with self._slots:
            return await asyncio.to_thread(self._verify, typed(password), hashed)

    def _verify(self, password: str, hashed: str | None) -> bool:
        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())
