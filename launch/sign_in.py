"""How to sign in to the demo company: one person for each role."""

from __future__ import annotations

from collections.abc import Iterator

from commands.database import open_database
from db.person import person_with_email
from domain.access import Role
from launch.cast import CAST, PASSWORD
from settings import Settings


async def demo_people_are_there(settings: Settings) -> bool:
    db = open_database(settings)
    try:
        async with db.session() as session:
            return await person_with_email(session, CAST[0].email) is not None
    finally:
        await db.close()


def sign_in_lines() -> Iterator[str]:
    shown: set[Role] = set()
    yield f"Sign in with the password {PASSWORD} as"
    for part in CAST:
        if part.role not in shown:
            shown.add(part.role)
            yield f"  {part.email:<34} {part.name} {part.name_en}, {part.role.replace('_', ' ')}"
