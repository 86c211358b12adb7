"""One key, one act: what a person asks for twice with the same key is done once and answered alike."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.base import new_id
from db.record import Idempotency
from domain.access import Actor
from domain.refusal import invalid


class Claim(NamedTuple):
    """The id for what the key makes; `fresh` where the key was not used before."""

    id: str
    fresh: bool


async def claim(session: AsyncSession, actor: Actor, key: str, act: str, subject: str, asked: dict[str, Any]) -> str:
    """Remembers the key before anything is started, notes the act in the audit log, gives the id for what it makes.

    `subject` is what is acted on, or the kind of what is made. Raises Refused (422) where the key was used for
    something else.
    """
    return (await claim_once(session, actor, key, act, subject, asked)).id


async def claim_once(
    session: AsyncSession, actor: Actor, key: str, act: str, subject: str, asked: dict[str, Any]
) -> Claim:
    """`claim`, for what is made in the very same transaction: it is there already unless the claim is fresh."""
    body = json.dumps([act, subject, asked], sort_keys=True, default=str, ensure_ascii=False)
    request = sha256(body.encode()).digest()
    fresh: str | None = await session.scalar(
        insert(Idempotency)
        .values(actor=actor.id, key=key, request_hash=request, chosen_id=new_id())
        .on_conflict_do_nothing()
        .returning(Idempotency.chosen_id)
    )
    if fresh is not None:
        await record(session, actor.id, act, subject if "/" in subject else f"{subject}/{fresh}")
        return Claim(fresh, True)
    mine = (Idempotency.actor == actor.id, Idempotency.key == key)
    known = (await session.execute(select(Idempotency.request_hash, Idempotency.chosen_id).where(*mine))).one()
    if known.request_hash != request:
        raise invalid("key_reused", "Idempotency-Key")
    return Claim(str(known.chosen_id), False)
