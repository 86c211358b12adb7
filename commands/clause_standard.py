"""Standards for clauses: one more for a kind of contract, and a draft tried on a contract before it is published."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from commands.document import looked_at
from commands.policy import Policies
from commands.sandbox import run_limited
from db.engine import Database
from db.policy import current_policy
from domain.access import Action, Actor
from domain.clause.standard import ClauseStandard, standard_kind
from domain.policy import load
from domain.refusal import Refused, invalid

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
AT_ONCE = 2
"""Contracts tried at the same time."""


class ClauseStandards:
    def __init__(self, db: Database, policies: Policies) -> None:
        self.db = db
        self.policies = policies
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def create(self, actor: Actor, key: str, *, standard: str, zh: str, en: str, like: str) -> str:
        """Version 1 of the standard for a kind of contract, a copy of another (`like`: its key, or none for the first).

        Its policy kind. Raises Refused (403, 404, 422 naming the field).
        """
        actor.require(Action.POLICY_MANAGE)
        for field, name in (("zh", zh), ("en", en)):
            if not name.strip():
                raise invalid("field_needed", field)
        if not KEY.fullmatch(standard):
            raise invalid("key_unusable", "standard")
        kind = standard_kind(standard)
        async with self.db.session(actor.id) as session:
            _, document = await current_policy(session, standard_kind(like))
        made = {**document, "name": {"zh": zh.strip()[:60], "en": en.strip()[:60]}}
        try:
            await self.policies.publish(actor, key, kind, made, follows=0, note=en.strip())
        except Refused as refused:
            raise invalid("standard_doubled", "standard") if refused.code == "policy_outdated" else refused from None
        return kind

    async def try_on(
        self, actor: Actor, kind: str, document: Mapping[str, Any], chunks: AsyncIterator[bytes], our_party: str
    ) -> dict[str, Any]:
        """As `commands.clause_trial.tried`: the standard in force, and this document of its draft. Nothing is kept.

        Raises Refused: 403; 413 and 422 for the file; 422 policy_invalid where the draft is no standard yet.
        """
        actor.require(Action.POLICY_MANAGE)
        load(ClauseStandard, document)
        async with self.db.session(actor.id) as session:
            _, current = await current_policy(session, kind)
        async with self._at_once, looked_at(chunks) as path:
            found: dict[str, Any] = await run_limited(
                "commands.clause_trial:tried", str(path), our_party, current, dict(document)
            )
        return found
