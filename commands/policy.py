"""Policies: the defaults an installation begins with, and the versions that people publish."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from commands.idempotency import claim
from db.engine import Database
from db.live import announce
from db.policy import Policy, publish
from domain.access import Action, Actor
from domain.policy import KINDS, validate


class Policies:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def publish(
        self, actor: Actor, key: str, kind: str, document: dict[str, Any], *, follows: int, note: str = ""
    ) -> int:
        """The new version's number. Cases that are under way keep the version they began with.

        Raises Refused: 403; 422 policy_invalid with every problem found; 409 where somebody published after `follows`.
        """
        actor.require(Action.POLICY_MANAGE)
        # Checking a large table for gaps takes a while, and nobody else should wait for it.
        await asyncio.to_thread(validate, kind, document)
        async with self.db.session(actor.id) as session:
            asked = {"document": document, "follows": follows, "note": note}
            publication = await claim(session, actor, key, "PublishPolicy", f"policy/{kind}", asked)
            origin = f"policy/{publication}"
            version = await publish(session, kind, document, by=actor.id, note=note, follows=follows, origin=origin)
            await announce(session, "policy", kind, version)
        return version


async def publish_defaults(db: Database) -> None:
    """Publishes version 1 of every kind that has none yet; may be called by several processes at once."""
    async with db.session() as session:
        known = set(await session.scalars(select(Policy.kind).distinct()))
        for kind, model in KINDS.items():
            if kind not in known:
                validate(kind, model.default)
                origin = f"policy/{kind}/default"
                await publish(session, kind, dict(model.default), by=None, note="default", follows=0, origin=origin)
