"""Policies as processes pin them: a version and its document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.policy import current_policy


class PinnedPolicy(BaseModel):
    """A policy's version and document, as carried by a process from its start to its end."""

    kind: str
    version: int
    document: dict[str, Any]


class PolicyActivities(ProcessActivities):
    @activity.defn
    async def pin_policy(self, kind: str) -> PinnedPolicy:
        async with self.db.session() as session:
            version, document = await current_policy(session, kind)
        return PinnedPolicy(kind=kind, version=version, document=document)
