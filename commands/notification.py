"""Notifications in the app: marked as read by whom they are for."""

from __future__ import annotations

from collections.abc import Sequence

from db.engine import Database
from db.live import announce
from db.notification_list import mark_read
from domain.access import Actor, person_key


class Notifications:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def read(self, actor: Actor, ids: Sequence[str] | None = None) -> None:
        """Those of `ids`, or all of the actor's own; their other windows hear of it."""
        async with self.db.session(actor.id) as session:
            if await mark_read(session, actor.id, ids):
                await announce(session, "notification", actor.id, 0, holders=[person_key(actor.id)])
