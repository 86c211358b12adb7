"""Approvals by the API: seen by who has to do with them, taken, and decided once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import event

import api.task
from api.services import Services
from db.base import new_id
from db.person import add_person
from domain.access import Role
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")
DONE = (200, 202)


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture
async def second_manager(services: Services, people: dict[str, str]) -> str:
    """Somebody else who manages the east; their id."""
    person_id = new_id()
    async with services.db.session() as session:
        await add_person(
            session, person_id, [Role.REGIONAL_MANAGER],
            email=f"{person_id}@throughline.example", name="孙岚", name_en="Sun Lan", unit_id=people["east"],
        )  # fmt: skip
    return person_id


async def decide(browser: AsyncClient, task_id: str, outcome: str, key: str = "", **more: Any) -> Response:
    body = {"outcome": outcome, "version": 1} | more
    return await post(browser, task_id, "decision", key or new_id(), body)


async def act(browser: AsyncClient, task_id: str, act: str) -> Response:
    return await post(browser, task_id, act, new_id(), None)


async def post(browser: AsyncClient, task_id: str, act: str, key: str, body: Any) -> Response:
    """On a slow machine a command is accepted before it can be read: then this waits until it can."""

    async def revision() -> int:
        task = await browser.get(f"/api/tasks/{task_id}")
        return int(task.json()["revision"]) if task.status_code == 200 else 0

    before = await revision()
    answer = await browser.post(f"/api/tasks/{task_id}/{act}", json=body, headers={"Idempotency-Key": key})
    if answer.status_code == 202:
        async with asyncio.timeout(30):
            while await revision() == before:
                pass
    return answer


async def listed(browser: AsyncClient, **search: Any) -> list[str]:
    found = await browser.get("/api/tasks", params=search)
    assert found.status_code == 200, found.text
    return [task["id"] for task in found.json()["items"]]


async def listed_until(browser: AsyncClient, title: str, **search: Any) -> dict[str, Any]:
    """The task of that title, once it is in the list: the next step of an approval opens a moment later."""
    async with asyncio.timeout(30):
        while True:
            items = (await browser.get("/api/tasks", params=search)).json()["items"]
            for task in items:
                if task["title"] == title:
                    return dict(task)


async def test_180000_yuan_pass_the_manager_and_then_the_cfo(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people, title="两级审批", yuan=180_000)
    seller, manager, cfo = [await sign_in(name) for name in ("li.wei", "zhao.min", "xu.jing")]
    task = (await manager.get(f"/api/tasks/{task_id}")).json()
    assert (task["company"], task["amount"], task["sender"]["name"]) == ("恒远物流", 18_000_000, "李伟")
    approval = task["approval"]
    assert approval["decision"]["fired"] == ["above_50000"]
    assert approval["decision"]["misfits"] == {"up_to_50000": "amount"}
    assert [(step["step"]["key"], step["status"]) for step in approval["path"]] == [
        ("manager", "open"),
        ("cfo", "pending"),
    ]
    assert task_id in await listed(manager)
    assert task_id in await listed(seller, view="waiting")
    assert task_id not in await listed(cfo)

    assert (await decide(manager, task_id, "approve", version=task["version"])).status_code in DONE
    assert task_id not in await listed(manager)
    assert task_id in await listed(manager, view="decided")
    second = await listed_until(cfo, "两级审批")
    assert (await decide(cfo, second["id"], "approve")).status_code in DONE


async def test_two_managers_deciding_at_once_get_one_decision_and_the_name_of_who_was_faster(
    services: Services, sign_in: SignIn, people: dict[str, str], second_manager: str
) -> None:
    task_id = await submitted(services, people)
    managers = [await sign_in("zhao.min"), await sign_in(person_id=second_manager)]
    for browser in managers:
        browser.headers["Accept-Language"] = "en"
    answers = await asyncio.gather(*(decide(browser, task_id, "approve") for browser in managers))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code in DONE
    assert (lost.status_code, lost.json()["code"]) == (409, "already_decided")
    faster = "Zhao Min" if won is answers[0] else "Sun Lan"
    assert lost.json()["detail"] == f"{faster} has already decided this."
    assert lost.json()["params"]["by"] == faster


async def test_a_repeat_of_a_decision_gets_the_first_answer_and_the_key_serves_nothing_else(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    manager = await sign_in("zhao.min")
    first, again = [await decide(manager, task_id, "return", "return-once", comment="付款条件") for _ in range(2)]
    assert first.status_code in DONE
    assert first.json()["id"] == again.json()["id"] == task_id
    other = await decide(manager, task_id, "approve", "return-once")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_return_needs_a_reason_and_a_stale_page_is_noticed(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    manager = await sign_in("zhao.min")
    silent = await decide(manager, task_id, "return", comment=" ")
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (422, "comment")
    stale = await decide(manager, task_id, "approve", version=7)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


async def test_who_takes_a_task_on_keeps_it_until_it_is_given_back(
    services: Services, sign_in: SignIn, people: dict[str, str], second_manager: str
) -> None:
    task_id = await submitted(services, people)
    zhao, sun = await sign_in("zhao.min"), await sign_in(person_id=second_manager)
    assert (await act(zhao, task_id, "claim")).status_code in DONE
    taken = await decide(sun, task_id, "approve")
    assert (taken.status_code, taken.json()["code"], taken.json()["params"]["by"]) == (409, "claimed", "赵敏")
    assert task_id not in await listed(sun)
    assert task_id in await listed(sun, view="waiting")
    assert (await act(sun, task_id, "release")).status_code == 409
    assert (await act(zhao, task_id, "release")).status_code in DONE
    assert (await decide(sun, task_id, "approve")).status_code in DONE


async def test_another_regions_manager_and_a_colleague_find_nothing(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    for name in ("huang.bo", "wang.fang"):
        stranger = await sign_in(name)
        assert (await stranger.get(f"/api/tasks/{task_id}")).status_code == 404
        assert (await decide(stranger, task_id, "approve")).status_code == 404
        assert task_id not in await listed(stranger)


async def test_nobody_decides_on_their_own_request(
    services: Services, sign_in: SignIn, people: dict[str, str], second_manager: str
) -> None:
    task_id = await submitted(services, people, owner="zhao.min", title="经理自己的合同")
    manager, colleague = await sign_in("zhao.min"), await sign_in(person_id=second_manager)
    assert task_id not in await listed(manager)
    assert task_id in await listed(manager, view="waiting")
    assert (await decide(manager, task_id, "approve")).status_code == 403
    assert (await decide(colleague, task_id, "approve")).status_code in DONE


async def test_filters_narrow_the_list_and_pages_follow_one_another(
    services: Services, sign_in: SignIn, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [await submitted(services, people, title="翻页", yuan=yuan, region="south", owner="wu.hao")
             for yuan in (51_000, 90_000, 40_000)]  # fmt: skip
    manager = await sign_in("huang.bo")
    assert await listed(manager, amount=5_100_000) == tasks[:2]
    assert await listed(manager, unit_id=people["south-sales"]) == tasks
    assert await listed(manager, unit_id=people["east"]) == []
    assert await listed(manager, customer="恒远") == tasks
    assert await listed(manager, customer="100%") == []
    assert await listed(manager, approvals=False) == []

    monkeypatch.setattr(api.task, "PAGE", 2)
    first = (await manager.get("/api/tasks")).json()
    assert [task["id"] for task in first["items"]] == tasks[:2]
    rest = (await manager.get("/api/tasks", params={"after": first["next"]})).json()
    assert ([task["id"] for task in rest["items"]], rest["next"]) == (tasks[2:], None)


async def test_a_list_is_one_query_however_many_tasks_it_shows(services: Services, sign_in: SignIn) -> None:
    manager = await sign_in("huang.bo")
    asked: list[str] = []
    engine = services.db.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM task" in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert len(await listed(manager)) == 3
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1


async def test_other_tasks_are_not_decided_but_done_with_their_case(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    await decide(manager, task_id, "return", comment="价格")
    again = await listed_until(seller, "三年平台许可", kind="submit_contract")
    refused = await decide(seller, again["id"], "approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_decidable")
