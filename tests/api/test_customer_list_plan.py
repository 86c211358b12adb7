"""What is read of many customers: by last follow-up only one's own or one's region's, by a number only who has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.policy import publish_defaults
from db.actor import actor_of
from db.customer import Customer
from db.customer_match import find_alike
from db.customer_order import Sort
from db.customer_page import page
from db.customer_reader import reader_of
from db.customer_sought import Sought
from db.engine import Database
from domain.customer_match import Party

MANY = text("""
    with made as (
        insert into customer (id, name, company_key, custom) select uuidv7(), '跟进' || n, '跟进' || n, '{}'
        from generate_series(1, 8000) n returning id, name
    )
    insert into assignment (customer_id, region_id, owner_id, followed_at)
    select id, cast(case when n % 40 = 1 then :elsewhere else :region end as uuid),
        cast(case when n % 40 = 0 then :seller else :other end as uuid),
        now() - n * interval '1 minute' - (array['1 day', '1 hour', '90 days'])[least(n % 40 + 1, 3)]::interval
    from made cross join lateral (select substr(name, 3)::int as n) numbered
""")


@pytest.fixture(scope="module")
async def many(db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    async with db.session() as session:
        values = {"region": people["east"], "elsewhere": people["south"]}
        values |= {"seller": people["li.wei"], "other": people["wang.fang"]}
        await session.execute(text("set local statement_timeout = '60s'"))
        await session.execute(MANY, values)
    async with db.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("vacuum analyze assignment, customer"))


@asynccontextmanager
async def remembering(db: Database) -> AsyncIterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile."""
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", remember)
    try:
        yield asked
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", remember)


async def plans(session: AsyncSession, asked: list[tuple[str, Any]]) -> list[str]:
    connection = await session.connection()
    found = [await connection.exec_driver_sql(f"explain (analyze) {statement}", values) for statement, values in asked]
    return ["\n".join(line for (line,) in plan) for plan in found]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("name", "sort"), [("li.wei", "unfollowed"), ("li.wei", "followed"), ("zhao.min", "followed")])
async def test_no_row_of_anybody_else_or_another_stretch_is_read(
    db: Database, people: dict[str, str], name: str, sort: Sort
) -> None:
    async with db.session() as session:
        actor = await actor_of(session, people[name])
        reader = await reader_of(session, actor, "Asia/Shanghai", datetime.now(UTC))
        async with remembering(db) as asked:
            assert len((await page(session, Sought(reader.looking, sort=sort))).rows) == 50
        for plan in await plans(session, asked):
            assert "Rows Removed by Filter" not in plan, plan


@pytest.mark.usefixtures("many")
async def test_who_has_a_number_is_found_by_what_it_hashes_to(db: Database) -> None:
    async with db.session() as session:
        named = update(Customer).where(Customer.name == "跟进77").values(phone="+8613800138077")
        await session.execute(named)
        async with remembering(db) as asked:
            found = await find_alike(session, Party("别的公司", phones=frozenset({"+8613800138077", "+8613800138078"})))
        assert [(await session.get_one(Customer, one)).name for one, _ in found] == ["跟进77"]
        [plan, *_] = await plans(session, asked)
        assert "Seq Scan on customer" not in plan, plan
        assert "ix_customer_phone" in plan, plan
