"""A manager sees what waits in the team, by person and by age, and hands it on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import update

from api.services import Services
from db.base import new_id
from db.process import Task
from domain.access import Role, person_key, role_key
from tests.approving import submitted
from tests.conftest import SignIn

NOW = datetime.now(UTC)
LATE, SOON, FAR = NOW - timedelta(days=2), NOW + timedelta(days=9), NOW + timedelta(days=30)


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture
async def desks(services: Services, people: dict[str, str]) -> dict[str, str]:
    """Tasks' rows as processes write them; their ids by title."""
    manager, cfo = role_key(Role.REGIONAL_MANAGER, people["east"]), role_key(Role.CFO)
    rows = [
        row("王芳逾期", [person_key(people["wang.fang"])], people["east"], LATE),
        row("王芳以后", [person_key(people["wang.fang"])], people["east"], SOON),
        row("经理角色", [manager], people["east"], FAR),
        row("升级的", [manager, person_key(people["lin.yue"])], people["east"], LATE),
        row("财务总监的", [cfo], people["east"], None),
        row("周凯已接", [manager], people["east"], SOON, claimed_by=people["zhou.kai"]),
        row("华南的", [person_key(people["wu.hao"])], people["south"], LATE),
        row("何洁收款", [person_key(people["he.jie"])], people["south"], SOON, kind="record_payment"),
        row("办完的", [person_key(people["wang.fang"])], people["east"], LATE, status="done"),
    ]
    async with services.db.session() as session:
        await session.execute(update(Task).values(status="cancelled"))
        session.add_all(rows)
    return {task.title: task.id for task in rows}


def row(title: str, holders: list[str], region: str, due: datetime | None, **more: Any) -> Task:
    fields = {"kind": "approve", "status": "open", "claimed_by": None} | more
    return Task(
        id=new_id(), workflow_id=f"approval/{title}", process_kind="approval", record_id=new_id(), line_id=new_id(),
        params={"subject": "contract"}, title=title, holders=holders, region_id=region, version=1,
        opened_at=NOW - timedelta(days=5), due_at=due, revision=1, **fields,
    )  # fmt: skip


async def loads(browser: AsyncClient, **search: Any) -> dict[str, tuple[int, int, int]]:
    found = await browser.get("/api/team", params=search)
    assert found.status_code == 200, found.text
    return {one["holder"]: (one["overdue"], one["today"], one["later"]) for one in found.json()}


async def titles(browser: AsyncClient, **search: Any) -> list[str]:
    found = await browser.get("/api/team/tasks", params=search)
    assert found.status_code == 200, found.text
    return [task["title"] for task in found.json()["items"]]


@pytest.mark.usefixtures("desks")
async def test_a_manager_sees_who_in_the_region_is_waited_for_and_since_when(
    sign_in: SignIn, people: dict[str, str]
) -> None:
    manager = await sign_in("zhao.min")
    assert await loads(manager) == {
        person_key(people["wang.fang"]): (1, 0, 1),
        person_key(people["lin.yue"]): (1, 0, 0),
        role_key(Role.REGIONAL_MANAGER, people["east"]): (1, 0, 1),
        person_key(people["zhou.kai"]): (0, 0, 1),  # who has taken a task is waited for, not the role any more
        role_key(Role.CFO): (0, 0, 1),
    }
    assert await titles(manager, age="overdue") == ["王芳逾期", "升级的"]
    assert await titles(manager, holder=person_key(people["zhou.kai"])) == ["周凯已接"]
    assert await titles(manager, holder=role_key(Role.REGIONAL_MANAGER, people["east"])) == ["升级的", "经理角色"]


@pytest.mark.usefixtures("desks")
async def test_a_director_sees_all_regions_a_cfo_the_people_below_and_a_seller_nothing(sign_in: SignIn) -> None:
    director = await sign_in("lin.yue")
    assert len(await titles(director)) == 8
    assert await titles(await sign_in("xu.jing")) == ["何洁收款"]
    assert await titles(await sign_in("huang.bo")) == ["华南的", "何洁收款"]
    assert (await (await sign_in("li.wei")).get("/api/team")).status_code == 403
    assert await titles(director, kind="record_payment") == ["何洁收款"]


@pytest.mark.usefixtures("desks")
async def test_the_list_goes_on_where_the_page_before_ended(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.team.PAGE", 3)
    director, seen, after = await sign_in("lin.yue"), list[str](), dict[str, str]()
    while True:
        found = (await director.get("/api/team/tasks", params=after)).json()
        seen += [task["title"] for task in found["items"]]
        if found["next"] is None:
            break
        after = {"after": found["next"]}
    assert (len(seen), len(set(seen))) == (8, 8)


@pytest.mark.usefixtures("worker")
async def test_only_the_regions_own_manager_hands_its_tasks_on_and_each_is_answered_for_itself(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    ids = [await submitted(services, people, title=f"转交 {no}", owner="li.wei") for no in (1, 2)]
    body = {"tasks": ids, "to": people["chen.tao"], "why": "赵敏出差"}

    async def hand_on(name: str, **change: Any) -> Any:
        browser = await sign_in(name)
        return await browser.post("/api/team/hand-on", json=body | change, headers={"Idempotency-Key": new_id()})

    assert (await hand_on("li.wei")).status_code == 403
    assert (await hand_on("xu.jing")).status_code == 403  # sees a team, but hands nothing on
    assert [end["refused"] for end in (await hand_on("huang.bo")).json()] == ["not_found", "not_found"]
    assert (await hand_on("zhao.min", why=" ")).status_code == 422
    assert [end["refused"] for end in (await hand_on("zhao.min", to=people["li.wei"])).json()] == ["own_request"] * 2
    assert [end["refused"] for end in (await hand_on("zhao.min", tasks=[*ids, new_id()])).json()] == [
        None, None, "not_found",
    ]  # fmt: skip
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                held = [(await session.get_one(Task, one)).holders for one in ids]
            if held == [[person_key(people["chen.tao"])]] * 2:
                break
