"""Fifty people claiming the same hundred customers at once, again and again for a while."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, TimeoutError

from bench.recycle_scene import Stage
from db.actor import actor_of
from db.pool import Place
from domain.access import Actor

CROWD = 50
WANTED = 100
MOST = 5
"""What each may have: 250 in all, so that nobody need be full before all are gone."""
_POOL = text("""
    update assignment set owner_id = null, how = 'imported', last_owner_id = null, since = now() - interval '1 day'
    where (customer_id, region_id) in (select customer_id, region_id from assignment order by customer_id limit :many)
    returning cast(customer_id as text), cast(region_id as text)
""")


async def crowd(ready: Stage, seconds: int) -> None:
    await ready.rules("P30D", capacity={"sales": {"daily": None, "total": MOST}})
    people = await ready.hire(CROWD, "claimer")
    async with ready.db.session() as session:
        actors = [await actor_of(session, one) for one in people]
    there = await ready.count("true")
    await ready.customers(max(WANTED - there, 0))
    until, rounds, times, ends = time.perf_counter() + seconds, 0, [], Counter[str]()
    worst_owner, wrong, won, left = 0, 0, 0, 0
    while time.perf_counter() < until:
        async with ready.db.session() as session:
            await session.execute(text("update assignment set owner_id = null where owner_id = any(:people)"),
                                  {"people": people})  # fmt: skip
            places = [(row[0], row[1]) for row in await session.execute(_POOL, {"many": WANTED})]
        winners: Counter[Place] = Counter()
        owners: Counter[str] = Counter()

        async def one(actor: Actor, places: list[Place] = places) -> None:
            for place in random.sample(places, len(places)):
                if (began := time.perf_counter()) > until:
                    return
                try:
                    outcome = await ready.commands.claim(actor, uuid4().hex, [place])
                except (OperationalError, TimeoutError):  # the page says: not confirmed, try again
                    ends["not confirmed in time"] += 1
                    continue
                times.append((time.perf_counter() - began) * 1_000)
                winners.update(outcome.done)  # noqa: B023 - awaited before it changes
                owners.update({actor.id: len(outcome.done)})  # noqa: B023
                ends.update(refused.code for refused in outcome.refused.values())

        await asyncio.gather(*(one(actor) for actor in actors))
        whole = time.perf_counter() < until  # else the time was up in the middle, when some may not be won yet
        rounds, won = rounds + whole, won + winners.total()
        wrong += max(winners.values(), default=0) > 1 or (whole and len(winners) != WANTED)
        left = 0 if whole else WANTED - len(winners)
        worst_owner = max(worst_owner, *owners.values())
    cut, took = statistics.quantiles(times, n=100), time.perf_counter() - until + seconds
    print(
        f"{CROWD} people, the same {WANTED} customers, {took:.0f} s: {rounds} whole rounds of "
        f"{CROWD * WANTED:,} claims and the one that the end of the time broke off\n"
        f"  winners {won:,} of {won + left:,}, rounds with a customer won twice or not at all {wrong}; "
        f"the most one had {worst_owner} (may have {MOST})\n"
        f"  refused {dict(ends)}\n"
        f"  answers: {len(times) / took:.0f}/s, p50 {cut[49]:.0f} ms, p99 {cut[98]:.0f} ms, most {max(times):.0f} ms"
    )
