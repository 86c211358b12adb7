"""Policies: the defaults an installation begins with."""

from __future__ import annotations

from sqlalchemy import select

from db.engine import Database
from db.policy import Policy, publish
from domain.policy import KINDS, validate


async def publish_defaults(db: Database) -> None:
    """Publishes version 1 of every kind that has none yet; may be called by several processes at once."""
    async with db.session() as session:
        known = set(await session.scalars(select(Policy.kind).distinct()))
        for kind, model in KINDS.items():
            if kind not in known:
                validate(kind, model.default)
                await publish(session, kind, model.default, by=None, note="default", only_first=True)
