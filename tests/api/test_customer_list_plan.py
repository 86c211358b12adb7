"""A salesperson's customers by last follow-up are read from an index of their own, however many others have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from commands.policy import publish_defaults
from db.actor import actor_of
from db.customer_order import Sort
from db.customer_page import page
from db.customer_reader import reader_of
from db.customer_sought import Sought
from db.engine import Database

MANY = text("""
    with made as (
        insert into customer (id, name, company_key, custom) select uuidv7(), '跟进' || n, '跟进' || n, '{}'
        from generate_series(1, 8000) n returning id, name
    )
    insert into assignment (customer_id, region_id, owner_id, followed_at)
    select id, :region, case when n % 40 = 0 then cast(:seller as uuid) else cast(:other as uuid) end,
        now() - case when n % 40 = 0 then interval '1 day' else interval '90 days' end - n * interval '1 minute'
    from made cross join lateral (select substr(name, 3)::int as n) numbered
""")


@pytest.fixture(scope="module")
async def many(db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    async with db.session() as session:
        values = {"region": people["east"], "seller": people["li.wei"], "other": people["wang.fang"]}
        await session.execute(text("set local statement_timeout = '60s'"))
        await session.execute(MANY, values)
    async with db.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("vacuum analyze assignment, customer"))


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("sort", ["unfollowed", "followed"])
async def test_no_row_of_anybody_else_or_another_stretch_is_read(
    db: Database, people: dict[str, str], sort: Sort
) -> None:
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    async with db.session() as session:
        actor = await actor_of(session, people["li.wei"])
        reader = await reader_of(session, actor, "Asia/Shanghai", datetime.now(UTC))
        event.listen(db.engine.sync_engine, "before_cursor_execute", remember)
        try:
            assert len((await page(session, Sought(reader.looking, sort=sort))).rows) == 50
        finally:
            event.remove(db.engine.sync_engine, "before_cursor_execute", remember)
        connection = await session.connection()
        for statement, parameters in asked:
            plan = await connection.exec_driver_sql(f"explain (analyze) {statement}", parameters)
            lines = "\n".join(line for (line,) in plan)
            assert "Rows Removed by Filter" not in lines, lines
