"""Lets people be away, for stories about what others see meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from api.services import Services
from db.absence import Absence
from db.actor import actor_of
from db.base import new_id
from domain.absence import AbsencePlan
from domain.access import person_key


async def be_away(services: Services, person_id: str, substitute_id: str, **fields: Any) -> str:
    """From now on, for three days. The absence's id, once its row says so."""
    now = datetime.now(UTC)
    times = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=3)}
    plan = AbsencePlan(**times | {"substitute": person_key(substitute_id)} | fields)
    async with services.db.session() as session:
        actor = await actor_of(session, person_id)
    answer = await services.absences.plan(actor, new_id(), person_id, plan)
    absence_id = answer.result["absence_id"]
    await absence_when(services, absence_id, "away")
    return absence_id


async def be_back(services: Services, absence_id: str) -> None:
    async with services.db.session() as session:
        absence = await session.get_one(Absence, absence_id)
        actor = await actor_of(session, absence.person_id)
    await services.absences.end(actor, new_id(), absence_id)
    await absence_when(services, absence_id, "over", "cancelled")


async def absence_when(services: Services, absence_id: str, *stages: str) -> None:
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                absence = await session.get(Absence, absence_id)
            if absence and absence.stage in stages:
                return
