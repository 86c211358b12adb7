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
from db.person import OrgUnit, Person, PersonRole
from tests.conftest import SignIn

PAGE, LIST, COUNT, PANEL, REGIONS = 32, 28, 14, 21, 26


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


async def test_the_regions_of_a_customer_cost_the_same_however_many_there_are(
    app: FastAPI, db: Database, people: dict[str, str], sign_in: SignIn
) -> None:
    await publish_defaults(db)
    customer_id = await customer_with(db, people, 2)
    director = await sign_in("lin.yue")
    asked: dict[str, list[int]] = {"/regions?panel=true": [], "/regions": []}
    for _ in range(2):
        for path, counts in asked.items():
            with statements(app) as told:
                answer = await director.get(f"/customers/{customer_id}{path}", headers={"accept": "text/html"})
            assert answer.status_code == 200
            counts.append(len(told))
        sellers = await more_regions(db, customer_id, 12)
    for counts in asked.values():
        assert counts[0] == counts[1] <= REGIONS
    assert max(asked["/regions?panel=true"]) <= PANEL
    page = (await director.get(f"/customers/{customer_id}/regions", headers={"accept": "text/html"})).text
    assert all(f'value="{one}"' in page for one in sellers), "whoever sells in a region that does not follow it yet"


async def more_regions(db: Database, customer_id: str, number: int) -> list[str]:
    """Half of them follow the customer; in the others somebody sells."""
    sellers = []
    async with db.session() as session:
        for no in range(number):
            code, person = f"R{new_id()}", new_id()
            region = OrgUnit(id=new_id(), kind="region", code=code, name_zh=f"新区{no}", name_en=f"New {no}")
            session.add(region)
            await session.flush()
            if no % 2:
                session.add(Assignment(customer_id=customer_id, region_id=region.id))
                continue
            session.add(Person(id=person, unit_id=region.id, email=f"{person}@example.com", name=f"新同事{no}"))
            await session.flush()
            session.add(PersonRole(person_id=person, role="sales"))
            sellers.append(person)
    return sellers
