"""The customers' pages of a company with a million of them, for each role.

    python -m bench.customers [--customers 1000000] [--looks 40]

Fills a database in bulk: names, numbers, contacts, owners over eight regions, pools, tiers, own fields. Then it prints
how fast the worker writes what customers are found by, and the server's time of each page and question, p50 and p95,
with the number of statements that it asks of the database.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from contextlib import aclosing

from sqlalchemy import insert, select, text

from bench.asked import asked_for
from bench.inbox import web
from bench.scene import scene
from bench.up import browser
from db.base import new_id
from db.engine import Database
from db.person import OrgUnit, Person, PersonRole
from launch.cast import DOMAIN

REGIONS = 6
"""Beside the two of the cast."""
SELLERS = 56
WHO = {"lin.yue": "director", "zhao.min": "manager", "li.wei": "sales"}
PAGES = {
    "list": "/customers",
    "count": "/customers/count",
    "tier and tag": '/customers?filter={"all":[{"fact":"tier","op":"is","values":["A"]},'
    '{"fact":"tags","op":"is","values":["重点"]}]}',
    "two characters": "/customers?text=恒远",
    "two, common": "/customers?text=科技",
    "hits elsewhere": "/customers?text=上海",
    "two words": "/customers?text=上海 科技",
    "one character": "/customers?text=恒",
    "initials": "/customers?text=hywl",
    "full pinyin": "/customers?text=hengyuanwuliu",
    "common pinyin": "/customers?text=gongsi",
    "English": "/customers?text=orbit",
    "phone digits": "/customers?text=13800123",
    "a contact": "/customers?text=周明",
    "no match": "/customers?text=恒罕",
    "no match, Latin": "/customers?text=qzxvw",
}

_DROPPED = """
    select indexdef from pg_indexes
    where schemaname = current_schema() and tablename in ('customer', 'contact', 'assignment')
    and indexname like 'ix\\_%'
"""
_CUSTOMERS = """
    insert into customer (id, name, company_key, near_keys, custom, phone, email, domain, industry, province, city,
                          address, source, tags, tax_number, kind)
    select uuidv7(), w.name, w.name, '{}',
           jsonb_build_object('staff', n % 5000, 'grade', (array['金', '银', '铜'])[1 + n % 3]),
           '+86138' || lpad((n * 7919 % 100000000)::text, 8, '0'), 'c' || n || '@mail' || n % 5000 || '.example',
           'c' || n || '.example', (cast(:industries as text[]))[1 + n * 31 % 8],
           w.place, w.place, w.place || '路' || n % 900 || '号', (cast(:sources as text[]))[1 + n * 17 % 5],
           case n % 10 when 0 then array['重点'] when 1 then array['续约', '样板'] else '{}'::text[] end,
           '9131' || lpad(n::text, 14, '0'), 'company'
    from generate_series(1, cast(:customers as bigint)) n
    cross join lateral (
        select (cast(:places as text[]))[1 + n % 10] as place
    ) p
    cross join lateral (
        select p.place as place,
        case when n % 10 = 9 then
            (cast(:first_words as text[]))[1 + n * 13 % 8] || ' '
            || (cast(:second_words as text[]))[1 + n * 29 % 7] || ' ' || n
        else p.place
            || (cast(:characters as text[]))[1 + (n * 7 + n / 150) % 130]
            || (cast(:characters as text[]))[1 + (n * 13 + n / 7) % 130]
            || case when n % 3 = 0 then (cast(:characters as text[]))[1 + (n / 11) % 130] else '' end
            || (cast(:trades as text[]))[1 + n * 3 % 10]
            || (cast(:forms as text[]))[1 + n * 11 % 5]
        end as name
    ) w
    order by n
"""
_CONTACTS = """
    insert into contact (id, customer_id, name, phone, email, title)
    select uuidv7(), id,
           (cast(:surnames as text[]))[1 + number % 8] || (cast(:characters as text[]))[1 + number % 130]
           || case when number % 2 = 0 then (cast(:characters as text[]))[1 + number / 3 % 130] else '' end,
           '+86139' || lpad((number * 104729 % 100000000)::text, 8, '0'),
           'p' || number || '@c' || number || '.example', '采购'
    from customer where phone like '+86138%' and not exists (select from contact where customer_id = customer.id)
"""
_ASSIGNMENTS = """
    insert into assignment (customer_id, region_id, owner_id, tier, since, how, followed_at, due_at)
    select id, r.region, r.owner, (array['A', 'B', 'C', 'D', 'E'])[1 + number % 5],
           now() - number % 300 * interval '1 day',
           'imported', case when number % 2 = 0 then now() - number % 60 * interval '1 day' end,
           case when r.owner is not null then now() + number % 90 * interval '1 day' end
    from customer
    cross join lateral (
        select (cast(:regions as uuid[]))[1 + number % :count] as region,
               case when number / :count % 10 < 3 then null
                    else (cast(:owners as uuid[]))[1 + number % :count + :count * (number / :count % 7)] end as owner
    ) r
    where phone like '+86138%' and not exists (select from assignment where customer_id = customer.id)
"""
CHARACTERS = (
    "恒远鼎盛华信安达金鑫瑞丰博雅天成宏图长江银河重工乐和曾同泰康宁福源海川东方南山北辰明光新星世纪龙凤祥云志诚"
    "永兴隆昌茂荣广聚利民生德润正大国中立众联合创智慧晶晖煌炎焱森林木水木清风月梅兰竹菊松柏青蓝紫红玉石宝玛珠"
    "铭鸣铁钢铜铝锦绣绮丽佳美好优良品质量力行健体育文武双全通达顺捷迅飞翔腾跃马虎"
)

WORDS = {
    "places": ["上海", "北京", "深圳", "广州", "重庆", "苏州", "杭州", "成都", "武汉", "宁波"],
    "industries": ["制造", "物流", "医疗", "零售", "软件", "能源", "教育", "食品"],
    "sources": ["展会", "官网", "转介绍", "电话", "导入"],
    "first_words": ["Quant", "Delta", "Harbour", "Silver", "North", "Blue", "Granite", "Summit"],
    "second_words": ["Orbit", "Marine", "Freight", "Foods", "Systems", "Robotics", "Energy"],
    "trades": ["物流", "科技", "贸易", "医疗器械", "食品", "机械制造", "信息技术", "新能源", "建筑工程", "电子"],
    "forms": ["有限公司", "有限公司", "股份有限公司", "集团", "有限责任公司"],
    "surnames": ["周", "王", "李", "赵", "陈", "曾", "欧阳", "孙"],
}


async def fill(db: Database, customers: int) -> float:
    """Seconds it took. What customers are found by is left to the worker, as after an import."""
    began = time.perf_counter()
    regions, owners = await _people(db)
    async with db.session("bench") as session:
        for setting in ("statement_timeout = 0", "work_mem = '256MB'", "maintenance_work_mem = '512MB'"):
            await session.execute(text(f"set local {setting}"))
        indexes = list(await session.scalars(text(_DROPPED)))
        for index in indexes:
            await session.execute(text(f"drop index {index.split(' ')[2 if 'UNIQUE' not in index else 3]}"))
        values: dict[str, object] = {"characters": list(CHARACTERS[:130]), **WORDS}
        await session.execute(text(_CUSTOMERS), values | {"customers": customers})
        await session.execute(text(_CONTACTS), values)
        await session.execute(text(_ASSIGNMENTS), {"regions": regions, "owners": owners, "count": len(regions)})
        for index in indexes:
            await session.execute(text(index))
    async with db.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("set statement_timeout = 0"))
        await alone.execute(text("vacuum analyze customer, contact, assignment"))
        await alone.execute(text("reset statement_timeout"))
    return time.perf_counter() - began


async def _people(db: Database) -> tuple[list[str], list[str]]:
    """Regions, and for each of them seven who sell there, the regions going round and round."""
    async with db.session("bench") as session:
        units = {unit.code: unit for unit in await session.scalars(select(OrgUnit))}
        known = {one.email.split("@")[0]: one.id for one in await session.scalars(select(Person))}
        password = (await session.scalars(select(Person.password_hash).limit(1))).one()
        regions = [units["east"].id, units["south"].id]
        for no in range(REGIONS):
            unit = OrgUnit(id=new_id(), code=f"bench-{no}", kind="region", name_zh=f"战区{no}", name_en=f"Region {no}",
                           parent_id=units["company"].id)  # fmt: skip
            session.add(unit)
            regions.append(unit.id)
        await session.flush()
        sellers = [{"id": new_id(), "email": f"seller{no}@{DOMAIN}", "name": f"销售{no}",
                    "unit_id": regions[no % len(regions)],
                    "password_hash": password, "theme": "auto", "active": True} for no in range(SELLERS)]  # fmt: skip
        await session.execute(insert(Person), sellers)
        await session.execute(insert(PersonRole), [{"person_id": one["id"], "role": "sales"} for one in sellers])
    owners = [str(one["id"]) for one in sellers]
    owners[0], owners[8] = known["li.wei"], known["wang.fang"]
    return regions, owners


async def written(db: Database) -> float:
    """Search rows a second, until none is missing."""
    began = time.perf_counter()
    while True:
        async with db.session("bench") as session:
            await session.execute(text("set local statement_timeout = '60s'"))
            rows, waits = (await session.execute(text(
                "select (select count(*) from customer_search), exists (select from customer_search_wanted)"
            ))).one()  # fmt: skip
        if not waits:
            return float(rows / (time.perf_counter() - began))
        await asyncio.sleep(2)


async def look(base: str, looks: int) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each page, for each reader, one request after the other, in any order."""
    took: dict[tuple[str, str], list[float]] = {}
    for name in WHO:
        async with aclosing(await browser(base, name)) as client:
            order = [page for page in PAGES for _ in range(looks)]
            random.shuffle(order)
            for page in [*PAGES, *order]:  # at first connections open and templates are read
                began = time.perf_counter()
                (await client.get(PAGES[page])).raise_for_status()
                took.setdefault((name, page), []).append((time.perf_counter() - began) * 1_000)
    return {key: times[1:] for key, times in took.items()}


async def bench(customers: int, looks: int) -> None:
    async with scene() as ready:
        print(f"{customers} customers filled in {await fill(ready.db, customers):.0f} s")
        print(f"search rows written by the worker: {await written(ready.db):.0f}/s")
        async with web() as base:
            took = await look(base, looks)
        asked = {name: await asked_for(name, PAGES.values()) for name in WHO}
        for (name, page), times in took.items():
            p50, p95, most = statistics.median(times), statistics.quantiles(times, n=20)[18], asked[name][PAGES[page]]
            print(f"{WHO[name]:9} {page:18} p50 {p50:5.0f}   p95 {p95:5.0f} ms   {most:3} statements")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=40)
    asked = parser.parse_args()
    asyncio.run(bench(asked.customers, asked.looks))


if __name__ == "__main__":
    main()
