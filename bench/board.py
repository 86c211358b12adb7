"""The deals' pages of a company with 100,000 deals, 2,000 of them on one board.

    python -m bench.board [--deals 100000] [--open 2000] [--looks 60]

Prints the server's time for each page, first with a hundredth of the deals and then with all of them, and how much
longer the second takes. The board shows the first 20 cards of each column; `all cards` asks for every one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from contextlib import aclosing

from sqlalchemy import text

from bench.inbox import web
from bench.scene import Scene, scene
from bench.up import browser
from db.base import new_id
from db.customer import Customer

STAGES = ["contact", "needs", "proposal", "negotiation"]
PAGES = {
    "board": "/deals",
    "board, own deals": "/deals?owner=me",
    "board, stalled": "/deals?stalled=amber&priority=1",
    "board, by text": "/deals?text=deal+77",
    "more of a column": "/deals?shown=needs:60",
    "all cards": "/deals?shown=" + ",".join(f"{stage}:2000" for stage in STAGES),
    "table": "/deals?view=table&sort=amount&down=true",
    "forecast": "/deals?view=forecast",
}
WHO = {"lin.yue": "all regions", "zhao.min": "a region", "li.wei": "one's own"}

FILL = text(
    """
    with made as (
        insert into deal (id, number, title, customer_id, line_id, region_id, owner_id, pipeline_key, stage, priority,
                          amount, currency, close_on, opened_at, stage_since, active_at, stall, closed_at, version,
                          revision)
        select gen_random_uuid(), :prefix || n, 'deal ' || n, (cast(:customers as uuid[]))[1 + n % 200],
               gen_random_uuid(), case n % 2 when 0 then cast(:east as uuid) else cast(:south as uuid) end,
               case n % 20 when 0 then cast(:seller as uuid) else (cast(:people as uuid[]))[1 + n % 8] end, 'sales',
               case when n <= :open then (cast(:stages as text[]))[1 + n % 4]
                    when n % 2 = 0 then 'won' else 'lost' end,
               n % 4, n * 1000, 'CNY', current_date + n % 200, now(), now() - n % 400 * interval '1 hour', now(),
               n % 3, case when n <= :open then null else now() end, 1, 1
        from generate_series(1, :deals) n
        returning id, line_id, region_id, owner_id, customer_id, stage, closed_at
    )
    insert into process (workflow_id, kind, record_id, line_id, run_id, revision, stage, waiting, region_id, owner_id,
                         customer_id, opened_at, changed_at, closed_at, policies)
    select 'deal/' || id, 'deal', id, line_id, '', 1, stage,
           jsonb_build_array(jsonb_build_object('reason', 'deal.next_step', 'params', '{"step": null}'::jsonb,
                             'holders', jsonb_build_array('person:' || owner_id), 'since', now(),
                             'due', now() + interval '7 days')),
           region_id, owner_id, customer_id, now(), now(), closed_at, '{"pipeline": 1}'
    from made
    """
)


async def fill(bench: Scene, deals: int, open_deals: int, prefix: str) -> None:
    """Adds so many deals, `open_deals` of them under way, each with its process."""
    async with bench.db.session("bench") as session:
        await session.execute(text("set local statement_timeout = 0"))
        customers = [Customer(id=new_id(), name=f"客户 {prefix}{no}") for no in range(200)]
        session.add_all(customers)
        await session.flush()
        people: dict[str, str] = dict(
            (await session.execute(text("select split_part(email, '@', 1), id::text from person"))).all()
        )
        regions: dict[str, str] = dict((await session.execute(text("select code, id::text from org_unit"))).all())
        values = {
            "prefix": prefix, "customers": [one.id for one in customers], "east": regions["east"],
            "south": regions["south"], "seller": people["li.wei"], "people": sorted(people.values())[:8],
            "open": open_deals, "deals": deals, "stages": STAGES,
        }  # fmt: skip
        await session.execute(FILL, values)
    async with bench.db.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("set statement_timeout = 0"))
        await alone.execute(text("vacuum analyze"))


async def look(base: str, looks: int) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each page, for each reader, one request after the other."""
    took: dict[tuple[str, str], list[float]] = {}
    for name in WHO:
        async with aclosing(await browser(base, name)) as client:
            for page, path in PAGES.items():
                times = took.setdefault((name, page), [])
                for _ in range(3):
                    (await client.get(path)).raise_for_status()  # connections are open, templates are known
                for _ in range(looks if page != "all cards" else max(looks // 6, 3)):
                    began = time.perf_counter()
                    (await client.get(path)).raise_for_status()
                    times.append((time.perf_counter() - began) * 1_000)
    return took


async def bench(deals: int, open_deals: int, looks: int) -> None:
    async with scene() as ready, web() as base:
        await fill(ready, deals // 100, open_deals // 100, "S-")
        few = await look(base, looks)
        await fill(ready, deals - deals // 100, open_deals - open_deals // 100, "M-")
        many = await look(base, looks)
    print(f"{deals} deals, {open_deals} under way; ms, and how many times as long as with a hundredth of them")
    for key, times in many.items():
        name, page = key
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
        ratio = p50 / statistics.median(few[key])
        print(f"{WHO[name]:12} {page:18} p50 {p50:5.0f}   p95 {p95:5.0f}   x {ratio:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=2_000)
    parser.add_argument("--looks", type=int, default=60)
    asked = parser.parse_args()
    asyncio.run(bench(asked.deals, asked.open, asked.looks))


if __name__ == "__main__":
    main()
