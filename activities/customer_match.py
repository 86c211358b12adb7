"""Looks through all customers for pairs that may be one, part by part."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.customer_merge import gather_stragglers
from db.customer_pair import (
    begin_run,
    candidates,
    end_run,
    fill_near_keys,
    fresh_pairs,
    judged,
    keep_pairs,
    look_over,
    note_part,
    parties_of,
    without_near_keys,
)
from db.engine import take_time
from domain.company_name import near_keys

BATCH = 2_000
"""Pairs compared at a time: a fraction of a second, beside the processes' own work."""


class MatchRun(BaseModel):
    """`by` is who asked for it; None: the clock, or an import that ended."""

    run_id: str = ""
    by: str | None = None


class MatchPart(BaseModel):
    run_id: str
    part: int
    parts: int


class CustomerMatchActivities(ProcessActivities):
    @activity.defn
    async def begin_customer_match(self, asked: MatchRun) -> int:
        """How many parts there are."""
        async with self.db.session("customer-match") as session:
            await gather_stragglers(session)
            return await begin_run(session, asked.run_id, asked.by)

    @activity.defn
    async def prepare_customer_match(self) -> int:
        """Gives imported customers what nearly the same names share; how many."""
        filled = 0
        sign = asyncio.create_task(_signs_of_life())
        try:
            async with self.db.session("customer-match") as session:
                await look_over(session)
            async with self.db.session("customer-match") as reading:
                async for batch in without_near_keys(reading, BATCH):
                    rows = await asyncio.to_thread(_near, batch)
                    async with self.db.session("customer-match") as session:
                        await fill_near_keys(session, rows)
                    filled += len(rows)
        finally:
            sign.cancel()
        return filled

    @activity.defn
    async def match_customers(self, asked: MatchPart) -> int:
        """Keeps the pairs of one part; how many it found. What it did before it was killed it does again."""
        compared = found = 0
        sign = asyncio.create_task(_signs_of_life())
        try:
            async with self.db.session("customer-match") as reading:
                async for batch in candidates(reading, asked.part, asked.parts, BATCH):
                    some, kept = await self._judge(asked.run_id, batch)
                    compared, found = compared + some, found + kept
        finally:
            sign.cancel()
        async with self.db.session("customer-match") as session:
            await note_part(session, asked.run_id, asked.part, compared, found)
        return found

    @activity.defn
    async def end_customer_match(self, asked: MatchRun) -> None:
        async with self.db.session("customer-match") as session:
            await end_run(session, asked.run_id)

    async def _judge(self, run_id: str, batch: Sequence[tuple[str, str]]) -> tuple[int, int]:
        """How many were compared, and how many kept."""
        async with self.db.session("customer-match") as session:
            await take_time(session)
            fresh = await fresh_pairs(session, run_id, batch)
            known = await parties_of(session, fresh)
            rows = await asyncio.to_thread(judged, run_id, fresh, known)
            await keep_pairs(session, rows)
        return len(fresh), len(rows)


def _near(batch: Sequence[tuple[str, str]]) -> list[tuple[str, list[int]]]:
    return [(one, near_keys(key)) for one, key in batch]


async def _signs_of_life() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(3)
