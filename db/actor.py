"""Who acts: a person with what they may do, and whom they stand in for at this moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.absence import away_at, roster
from db.person import Member, member
from domain.access import Actor
from domain.refusal import not_found


async def acting(session: AsyncSession, known: Member, at: datetime | None = None) -> Actor:
    """One more query, and another for the few whom an absence concerns. `at` None: now."""
    authority = known.authority
    keys = authority.holder_keys
    away = await away_at(session, at)
    if not any(one.person == authority.id or one.substitute in keys for one in away):
        return Actor(**authority.model_dump())
    return (await roster(session, away)).acting(authority)


async def actor_of(session: AsyncSession, person_id: str, at: datetime | None = None) -> Actor:
    """Who acts, as of now. Raises Refused (404) for somebody who is not or no longer there."""
    found = await member(session, person_id)
    if not found.person.active:
        raise not_found("person")
    return await acting(session, found, at)
