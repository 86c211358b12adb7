"""With many deals the board's questions are answered from indexes, whoever asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import board
from db.actor import actor_of
from db.base import new_id
from db.board import Wanted
from db.customer import Customer
from db.engine import Database
from domain.access import Actor

STAGES = ["contact", "needs", "proposal", "negotiation"]
MANY = text(
    """
    insert into deal (id, number, title, customer_id, line_id, region_id, owner_id, stage, amount, currency, close_on,
                      opened_at, stage_since, active_at, closed_at, version, revision)
    select gen_random_uuid(), 'M-' || n, 'deal ' || n, :customer, gen_random_uuid(),
           case n % 2 when 0 then cast(:east as uuid) else cast(:south as uuid) end,
           case n % 37 when 0 then cast(:seller as uuid) else gen_random_uuid() end,
           case when n % 40 < 2 then (cast(:stages as text[]))[1 + n / 40 % 4]
                when n % 10 < 5 then 'won' else 'lost' end,
           n, 'CNY', current_date + n % 200, now(), now() - n * interval '1 hour', now(),
           case when n % 40 < 2 then null else now() end, 1, 1
    from generate_series(1, 30000) n
    """
)
Question = Callable[[AsyncSession, Actor], Awaitable[Any]]

QUESTIONS: dict[str, Question] = {
    "sums": lambda session, actor: board.column_sums(session, actor, Wanted()),
    "cards": lambda session, actor: board.cards(session, actor, Wanted(), dict.fromkeys(STAGES, 30)),
    "won": lambda session, actor: board.ended_since(
        session, actor, Wanted(), ["won", "lost"], datetime.now(UTC) - timedelta(days=30)
    ),
    "lost": lambda session, actor: board.deal_list(
        session, actor, Wanted(stages=["lost"]), sort="stage", descending=True, closed=True
    ),
    "months": lambda session, actor: board.by_month(session, actor, Wanted()),
}


@pytest.fixture(scope="module", autouse=True)
async def many(db: Database, people: dict[str, str]) -> None:
    async with db.session() as session:
        customer = Customer(id=new_id(), name="大客户")
        session.add(customer)
        await session.flush()
        values = {"customer": customer.id, "seller": people["li.wei"], "stages": STAGES}
        await session.execute(text("set local statement_timeout = '60s'"))  # so many at once take their time
        await session.execute(MANY, values | {name: people[name] for name in ("east", "south")})
    async with db.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("analyze deal"))


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", ["li.wei", "zhao.min", "lin.yue"])
async def test_no_question_reads_all_deals(db: Database, people: dict[str, str], name: str, question: str) -> None:
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    async with db.session() as session:
        actor = await actor_of(session, people[name])
        event.listen(db.engine.sync_engine, "before_cursor_execute", remember)
        try:
            assert await QUESTIONS[question](session, actor)
        finally:
            event.remove(db.engine.sync_engine, "before_cursor_execute", remember)
        statement, parameters = asked[0]
        connection = (await (await session.connection()).get_raw_connection()).driver_connection
        assert connection is not None
        plan = await (await connection.execute(f"explain {statement}", parameters)).fetchall()
    lines = "\n".join(line for (line,) in plan)
    assert "Seq Scan on deal" not in lines, lines
    assert "ix_deal_" in lines, lines
