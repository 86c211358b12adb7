"""The report on customers adds up what happened, within the reader's regions."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from db.follow_up import FollowUp
from db.ownership import move
from tests.conftest import SignIn

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


async def test_it_counts_what_came_went_and_was_done(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    await publish_defaults(db)
    east, li, wang = people["east"], people["li.wei"], people["wang.fang"]
    made = [new_id() for _ in range(6)]
    async with db.session() as session:
        session.add_all([Customer(id=one, name=f"报表{no}") for no, one in enumerate(made)])
        await session.flush()
        began = NOW - 20 * DAY
        session.add_all([Assignment(customer_id=one, region_id=east, tier="B", since=began) for one in made])
        await session.flush()
        places = [(one, east) for one in made]
        run = new_id()
        await move(session, places[:3], to=li, how="allocated", at=NOW - 10 * DAY, run_id=new_id())
        await move(session, places[3:4], to=li, how="claimed", at=NOW - 10 * DAY)
        await move(session, places[4:], to=wang, how="allocated", at=NOW - 10 * DAY, run_id=run)
        await move(session, places[:2], to=None, how="recycled", reason="no_follow_up", at=NOW - 6 * DAY)
        await move(session, places[4:], to=None, how="undone", reason="undone", at=NOW - 5 * DAY, run_id=run)
        session.add_all(
            [FollowUp(customer_id=made[2], region_id=east, by=li, how="call", outcome="reached", at=NOW - 3 * DAY)] * 1
            + [FollowUp(customer_id=one, region_id=east, by=li, how="call", outcome="interested", at=NOW - DAY)
               for one in made[2:4]]
        )  # fmt: skip
    manager, south, seller = await sign_in("zhao.min"), await sign_in("huang.bo"), await sign_in("li.wei")
    assert (await seller.get("/reports/customers")).status_code == 403
    page = await manager.get("/reports/customers")
    assert page.status_code == 200

    async def table(part: str, query: str = "") -> list[list[str]]:
        text = (await manager.get(f"/reports/customers/{part}.csv{query}")).content.decode("utf-8-sig")
        return list(csv.reader(StringIO(text)))[1:]

    assert [row[2:] for row in await table("follow_ups")] == [["2", "2"], ["1", "1"]]
    assert [row[1:] for row in await table("back")] == [["2", "4.0"]]
    assert await table("stay") == [["B", "2", "4.0", "4", "10.0"]]
    assert [row[1:3] for row in await table("people")] == [["4", "2"]]
    assert [row[1:] for row in await table("conversion")] == [["4", "0", "0.0"], ["3", "0", "0.0"], ["1", "0", "0.0"]]
    assert not await table("people", f"?person={wang}"), "what came to Wang was taken back"
    elsewhere = await south.get("/reports/customers/people.csv")
    assert len(elsewhere.content.decode("utf-8-sig").splitlines()) == 1
