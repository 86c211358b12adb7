"""How to sign in to the demo company: one person for each role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from commands.database import open_database
from db.person import list_people, person_with_email
from domain.access import Role
from launch.cast import CAST, PASSWORD
from settings import Settings


async def people_are_there(settings: Settings) -> bool:
    async with _session(settings) as session:
        return bool(await list_people(session, limit=1) or await list_people(session, active=False, limit=1))


async def demo_people_are_there(settings: Settings) -> bool:
    async with _session(settings) as session:
        return await person_with_email(session, CAST[0].email) is not None


def sign_in_lines() -> Iterator[str]:
    """One person of each role, and everybody who sells in the region of the tour."""
    shown: set[Role] = set()
    yield f"Sign in with the password {PASSWORD} as"
    for part in CAST:
        if part.role not in shown or part.unit == "east-sales":
            shown.add(part.role)
            yield f"  {part.email:<30} {part.name}, {part.role.replace('_', ' ')}"


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[AsyncSession]:
    db = open_database(settings)
    try:
        async with db.session() as session:
            yield session
    finally:
        await db.close()
