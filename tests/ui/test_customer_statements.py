"""What the customers' pages ask of the database: a bounded number of statements, however much there is to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.customer_field import CustomerChange
from db.deal import Deal
from db.engine import Database
from db.follow_up import FollowUp
from db.ownership import AssignmentChange
from tests.conftest import SignIn

PAGE, LIST, COUNT = 32, 28, 14


@contextmanager
def statements(app: FastAPI) -> Iterator[list[str]]:
    """All that the application asks while this lasts."""
    asked: list[str] = []
    engine = app.state.services.db.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def customer_with(db: Database, people: dict[str, str], each: int) -> str:
    """So many contacts, deals, follow-ups, changes of hands and edits."""
    here: dict[str, Any] = {"region_id": people["east"]}
    now = datetime.now(UTC)
    async with db.session() as session:
        customer = Customer(id=new_id(), name=f"{each}样俱全")
        session.add(customer)
        await session.flush()
        theirs: dict[str, Any] = {"customer_id": customer.id}
        owner = people["li.wei"]
        session.add(Assignment(**theirs, **here, owner_id=owner))
        for no in range(each):
            deal = new_id()
            session.add_all([
                Contact(**theirs, name=f"周{no}"),
                Deal(
                    **theirs, **here, id=deal, line_id=deal, title=f"商机{no}", owner_id=owner, amount=100,
                    currency="CNY", stage="needs", pipeline_key="sales", number=f"D-{each}-{no}", opened_at=now,
                    stage_since=now, active_at=now, version=1, revision=1,
                ),
                FollowUp(**theirs, **here, by=owner, how="call", outcome="reached", next_at=now),
                AssignmentChange(**theirs, **here, to_id=owner, tier="C", how="claimed"),
                CustomerChange(**theirs, by=owner, before={"city": "上海"}, after={"city": "杭州"}),
            ])  # fmt: skip
    return customer.id


async def test_a_page_asks_as_much_of_the_database_for_many_rows_as_for_one(
    app: FastAPI, db: Database, people: dict[str, str], sign_in: SignIn
) -> None:
    await publish_defaults(db)
    few, many = await customer_with(db, people, 1), await customer_with(db, people, 30)
    browser = await sign_in("li.wei")
    asked = {}
    for path in (f"/customers/{few}", f"/customers/{many}", "/customers", "/customers?text=样俱全", "/customers/count"):
        with statements(app) as told:
            answer = await browser.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, path
        asked[path] = len(told)
    assert asked[f"/customers/{many}"] == asked[f"/customers/{few}"] <= PAGE
    assert max(asked["/customers"], asked["/customers?text=样俱全"]) <= LIST
    assert asked["/customers/count"] <= COUNT
