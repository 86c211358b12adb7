"""The page of one customer, in a company with very many of them, each with a history and one with a long one.

    python -m bench.customer_page [--customers 1000000] [--looks 60]

Fills a database as `bench.customers` does, adds follow-ups, changes of hands and edits, and prints the server's time of
the page, of a narrowed timeline and of a later part of it: p50 and p95, with the number of statements that it asks of
the database.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from contextlib import aclosing

from sqlalchemy import text

from bench.asked import asked_for
from bench.customers import WHO, fill, written
from bench.inbox import web
from bench.scene import scene
from bench.up import browser
from db.engine import Database

_FOLLOW_UPS = """
    insert into follow_up (id, customer_id, region_id, by, at, how, outcome, note)
    select uuidv7(), a.customer_id, a.region_id, a.owner_id, now() - n * interval '3 days', 'call', 'reached',
           '跟进' || n
    from assignment a join customer c on c.id = a.customer_id
    cross join generate_series(1, case when c.number = :long then 5000 when c.number % 3 = 0 then 4 else 0 end) n
    where a.owner_id is not null
"""
_HANDS = """
    insert into assignment_change (customer_id, region_id, to_id, tier, how, at)
    select a.customer_id, a.region_id, a.owner_id, 'C', 'imported', now() - n * interval '40 days'
    from assignment a join customer c on c.id = a.customer_id
    cross join generate_series(1, case when c.number = :long then 400 when c.number % 2 = 0 then 1 else 0 end) n
"""
_EDITS = """
    insert into customer_change (id, customer_id, at, by, before, after)
    select uuidv7(), a.customer_id, now() - n * interval '5 days', a.owner_id, '{"city": "上海"}', '{"city": "杭州"}'
    from assignment a join customer c on c.id = a.customer_id
    cross join generate_series(1, case when c.number = :long then 1000 when c.number % 5 = 0 then 2 else 0 end) n
    where a.owner_id is not null
"""
_MINE = """
    select c.id, c.number = :long from customer c join assignment a on a.customer_id = c.id
    where a.owner_id = (select id from person where email like 'li.wei@%')
    order by c.number = :long desc, c.number desc limit :looks
"""


async def history(db: Database) -> int:
    """Fills it in; the number of the customer with the long one, who is Li Wei's."""
    async with db.session("bench") as session:
        await session.execute(text("set local statement_timeout = 0"))
        long = await session.scalar(text(
            "select max(c.number) from customer c join assignment a on a.customer_id = c.id "
            "where a.owner_id = (select id from person where email like 'li.wei@%')"
        ))  # fmt: skip
        for statement in (_FOLLOW_UPS, _HANDS, _EDITS):
            await session.execute(text(statement), {"long": long})
        for table in ("follow_up", "assignment_change", "customer_change"):
            await session.execute(text(f"analyze {table}"))
    return int(long or 0)


async def look(base: str, name: str, ids: list[str], path: str) -> list[float]:
    """Milliseconds of this page of each customer, one request after the other."""
    took = []
    async with aclosing(await browser(base, name)) as client:
        for customer_id in [*ids[:3], *ids]:  # at first connections open and templates are read
            began = time.perf_counter()
            (await client.get(path.format(customer_id))).raise_for_status()
            took.append((time.perf_counter() - began) * 1_000)
    return took[3:]


async def bench(customers: int, looks: int) -> None:
    async with scene() as ready:
        print(f"{customers} customers filled in {await fill(ready.db, customers):.0f} s")
        long = await history(ready.db)
        print(f"search rows written by the worker: {await written(ready.db):.0f}/s")
        async with ready.db.session("bench") as session:
            rows = (await session.execute(text(_MINE), {"long": long, "looks": looks})).all()
        ids, longest = [str(row[0]) for row in rows], [str(rows[0][0])] * (looks // 2)
        pages = {
            "any customer": (ids, "/customers/{}"),
            "6,400 in its story": (longest, "/customers/{}"),
            "its follow-ups": (longest, "/customers/{}?told=follow_ups"),
            "its changes": (longest, "/customers/{}?told=customer&on=2020-01-01"),
            "its documents": (longest, "/customers/{}?tab=documents"),
            "its regions": (longest, "/customers/{}/regions?panel=true"),
        }
        asked = {
            name: await asked_for(name, [path.format(whose[-1]) for whose, path in pages.values()]) for name in WHO
        }
        async with web() as base:
            for name in WHO:
                for called, (whose, path) in pages.items():
                    times = await look(base, name, whose, path)
                    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
                    most = asked[name][path.format(whose[-1])]
                    print(
                        f"{WHO[name]:9} {called:20} p50 {p50:5.0f}   p95 {p95:5.0f} ms   {most:3} statements",
                        flush=True,
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=60)
    asked = parser.parse_args()
    asyncio.run(bench(asked.customers, asked.looks))


if __name__ == "__main__":
    main()
