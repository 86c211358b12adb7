"""All duplicates among a million customers: precision and recall against known truth, pairs a second, and the time.

    python -m bench.match [--customers 1000000] [--looks 300]

The customers are made with their truth (`bench.match_people`). The comparison is what the nightly run does, part by
part, without Temporal around it. `--looks`: how long one look takes that a form asks for before it saves a customer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import select, text

from activities.customer_match import BATCH, CustomerMatchActivities, MatchPart, MatchRun
from bench.match_people import CONFUSERS, Made, made
from db.base import new_id
from db.customer_match import CustomerPair, find_alike
from db.engine import Database, plain_url
from db.migrate import upgrade
from domain.company_name import company_key, near_keys
from domain.customer_match import CERTAIN, LIKELY, SHOWN, Party
from launch.embedded import embedded_servers, temporary_home

COLUMNS = (
    "id", "name", "company_key", "near_keys", "custom", "tax_number", "phone", "email", "domain", "address",
    "city",
)  # fmt: skip
DROPPED = ("ix_customer_near_keys", "ix_customer_company_key")


async def fill(url: str, people: Sequence[Made]) -> dict[str, Made]:
    """Written by COPY, indexed afterwards; by id."""
    by_id = {new_id(): one for one in people}
    async with await AsyncConnection.connect(plain_url(url), autocommit=True) as connection:
        for name in DROPPED:
            await connection.execute(f"drop index if exists {name}")
        async with connection.cursor() as cursor:
            async with cursor.copy(f"copy customer ({', '.join(COLUMNS)}) from stdin") as copy:
                for row_id, one in by_id.items():
                    key = company_key(one.name)
                    near = "{" + ",".join(map(str, near_keys(key))) + "}"
                    row = (row_id, one.name, key, near, "{}", one.tax_number, one.phone, one.email, one.domain)
                    await copy.write_row((*row, one.address, one.city))
            async with cursor.copy("copy contact (id, customer_id, name, phone, email) from stdin") as copy:
                for row_id, one in by_id.items():
                    await copy.write_row((new_id(), row_id, "联系人", one.contact_phone, one.contact_email))
        await connection.execute("set maintenance_work_mem = '512MB'")
        await connection.execute(
            "create index ix_customer_near_keys on customer using gin (near_keys) where near_keys <> '{}'"
        )
        await connection.execute("create index ix_customer_company_key on customer (company_key)")
        await connection.execute("vacuum analyze customer, contact")
    return by_id


class Quiet(CustomerMatchActivities):
    """The activities as they are, called by hand."""

    compared = 0

    async def _judge(self, run_id: str, batch: Sequence[tuple[str, str]]) -> tuple[int, int]:
        some = await super()._judge(run_id, batch)
        self.compared += some[0]
        return some


async def compare_all(db: Database) -> tuple[float, int]:
    """Seconds, and pairs compared."""
    from temporalio.testing import ActivityEnvironment

    acts, run, by_hand = Quiet(db, "UTC"), MatchRun(run_id=new_id()), ActivityEnvironment()
    began = time.perf_counter()
    parts = await by_hand.run(acts.begin_customer_match, run)
    for part in range(parts):
        since = time.perf_counter()
        found = await by_hand.run(acts.match_customers, MatchPart(run_id=run.run_id, part=part, parts=parts))
        print(f"  part {part + 1} of {parts}: {found} pairs in {time.perf_counter() - since:.1f} s", flush=True)
    await by_hand.run(acts.end_customer_match, run)
    return time.perf_counter() - began, acts.compared


async def judge(db: Database, by_id: dict[str, Made]) -> dict[str, Any]:
    """Precision and recall from each level on, recall by kind of variant, and what was found wrongly."""
    async with db.session() as session:
        rows = (await session.execute(select(CustomerPair.first_id, CustomerPair.second_id, CustomerPair.points))).all()
    size = Counter(one.truth for one in by_id.values())
    truth = sum(number * (number - 1) // 2 for number in size.values())
    levels = {}
    for name, least in (("shown", SHOWN), ("likely", LIKELY), ("certain", CERTAIN)):
        found = [row for row in rows if row.points >= least]
        right = sum(by_id[row.first_id].truth == by_id[row.second_id].truth for row in found)
        levels[name] = {
            "pairs": len(found), "precision": round(right / max(1, len(found)), 4), "recall": round(right / truth, 4)
        }  # fmt: skip
    return {"true_pairs": truth, "levels": levels, **_kinds(rows, by_id)}


def _kinds(rows: Sequence[Any], by_id: dict[str, Made]) -> dict[str, Any]:
    hit: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for row in rows:
        one, other = by_id[row.first_id], by_id[row.second_id]
        how = next((each.how for each in (other, one) if each.how != "base"), "base")
        (hit if one.truth == other.truth else wrong)[how] += 1
    there = Counter(one.how for one in by_id.values())
    recall = {how: round(hit[how] / there[how], 3) for how in sorted(there) if how not in (*CONFUSERS, "base")}
    taken = {how: f"{wrong[how]} of {there[how]}" for how in (*CONFUSERS, "base")}
    return {"recall_by_variant": recall, "wrongly_paired": taken}


async def look(db: Database, by_id: dict[str, Made], looks: int) -> dict[str, float]:
    """Milliseconds of a form's look, for customers that are there and for ones that are not."""
    chance, spent = random.Random(3), []
    asked = [*chance.sample(list(by_id.values()), looks // 2), *islice(made(looks, seed=99), looks // 2)]
    for one in asked:
        party = Party(
            name=one.name, phones=frozenset(filter(None, [one.phone])), domain=one.domain, address=one.address,
            city=one.city,
        )  # fmt: skip
        since = time.perf_counter()
        async with db.session() as session:
            await find_alike(session, party)
        spent.append((time.perf_counter() - since) * 1000)
    spent.sort()
    return {"p50": round(spent[len(spent) // 2], 1), "p95": round(spent[int(len(spent) * 0.95)], 1)}


async def run(customers: int, looks: int) -> None:
    with temporary_home() as home:
        async with embedded_servers(home) as servers:
            await asyncio.to_thread(upgrade, servers.database_url)
            people = list(made(customers))
            random.Random(1).shuffle(people)
            since = time.perf_counter()
            by_id = await fill(servers.database_url, people)
            print(f"{len(by_id)} customers written and indexed in {time.perf_counter() - since:.0f} s", flush=True)
            db = Database(servers.database_url)
            since = time.process_time()
            seconds, compared = await compare_all(db)
            ours = time.process_time() - since
            figures = {
                "customers": len(by_id), "seconds": round(seconds, 1), "processor_seconds_of_ours": round(ours, 1),
                "pairs_compared": compared, "pairs_a_second": round(compared / seconds), "batch": BATCH,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "look_ms": await look(db, by_id, looks), **await judge(db, by_id),
            }  # fmt: skip
            async with db.session() as session:
                size = await session.scalar(text("select pg_total_relation_size('customer_pair') / 1048576"))
            print(json.dumps(figures | {"pairs_table_mb": size}, ensure_ascii=False, indent=2))
            await db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=300)
    given = parser.parse_args()
    asyncio.run(run(given.customers, given.looks))
