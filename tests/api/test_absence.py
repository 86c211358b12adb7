"""Absences by the API: planned by oneself or a superior, changed, ended; what cannot be is said in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from api.services import Services
from commands.doctor import compare
from db.absence import Absence
from db.actor import actor_of
from db.base import new_id
from domain.access import Actor, person_key
from tests.absent import be_away, be_back
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture(autouse=True)
async def everybody_is_back(services: Services) -> AsyncIterator[None]:
    """Afterwards: the stories share a database."""
    yield
    async with services.db.session() as session:
        left = list(await session.scalars(select(Absence.id).where(Absence.closed_at.is_(None))))
    for absence_id in left:
        await be_back(services, absence_id)


def body(substitute: str, *, start: float = 24, days: float = 3, **fields: Any) -> dict[str, Any]:
    begins = datetime.now(UTC) + timedelta(hours=start)
    ends = begins + timedelta(days=days)
    return {"starts_at": begins.isoformat(), "ends_at": ends.isoformat(), "substitute": person_key(substitute)} | fields


async def send(browser: AsyncClient, wish: dict[str, Any], key: str = "") -> Response:
    return await browser.post("/api/absences", json=wish, headers={"Idempotency-Key": key or new_id()})


async def planned(browser: AsyncClient, wish: dict[str, Any]) -> str:
    answer = await send(browser, wish)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json()["id"])


def refused(answer: Response) -> tuple[int, str, str]:
    """Status, code, and the field at fault."""
    problem = answer.json()
    assert problem["detail"]
    return answer.status_code, problem["code"], (problem.get("errors") or [{"field": ""}])[0]["field"]


async def test_somebody_is_away_and_back_early(people: dict[str, str], sign_in: SignIn) -> None:
    li_wei = await sign_in("li.wei")
    absence_id = await planned(li_wei, body(people["wang.fang"], start=-1, reason="年假", kinds=["first_contact"]))
    seen = (await li_wei.get(f"/api/absences/{absence_id}")).json()
    assert (seen["person_id"], seen["kinds"], seen["reason"]) == (people["li.wei"], ["first_contact"], "年假")
    for who in ("wang.fang", "zhao.min", "gu.ming"):  # the substitute, a superior, an administrator
        browser = await sign_in(who)
        mine = (await browser.get("/api/absences")).json()
        assert [one["id"] for one in mine] == [absence_id]
    stranger = await sign_in("he.jie")
    assert (await stranger.get(f"/api/absences/{absence_id}")).status_code == 404

    ended = await li_wei.delete(f"/api/absences/{absence_id}", headers={"Idempotency-Key": new_id()})
    assert ended.status_code in (200, 202)
    [over] = (await li_wei.get("/api/absences", params={"past": True, "person_id": people["li.wei"]})).json()[:1]
    assert over["id"] == absence_id
    again = await li_wei.delete(f"/api/absences/{absence_id}", headers={"Idempotency-Key": new_id()})
    assert refused(again)[:2] == (409, "absence_ended")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"days": -1}, 422, "ends_before_start", "ends_at"),
        ({"start": -100, "days": 1}, 422, "absence_past", "ends_at"),
        ({"days": 367}, 422, "absence_too_long", "ends_at"),
        ({"start": 24 * 800}, 422, "absence_too_far", "starts_at"),
        ({"substitute": "person:nobody"}, 422, "substitute_nobody", "substitute"),
        ({"substitute": "role:cfo:nowhere"}, 422, "substitute_nobody", "substitute"),
        ({"kinds": ["gardening"]}, 422, "invalid", "kinds.0"),
        ({"starts_at": "2026-12-01T09:00:00"}, 422, "invalid", "starts_at"),
        ({"person_id": "01a202e6-80df-729c-8312-4c4d46015588"}, 404, "not_found", ""),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    change: dict[str, Any], status: int, code: str, field: str, people: dict[str, str], sign_in: SignIn
) -> None:
    wish = body(people["wang.fang"], start=change.pop("start", 24), days=change.pop("days", 3)) | change
    assert refused(await send(await sign_in("li.wei"), wish)) == (status, code, field)


async def test_one_is_not_ones_own_substitute(people: dict[str, str], sign_in: SignIn) -> None:
    assert refused(await send(await sign_in("li.wei"), body(people["li.wei"])))[1] == "substitute_oneself"
    alone = await send(await sign_in("xu.jing"), body("") | {"substitute": "role:cfo:*"})
    assert refused(alone)[1] == "substitute_nobody"  # nobody else is CFO


async def test_somebody_who_left_stands_in_for_nobody_and_is_not_away(
    services: Services, people: dict[str, str], sign_in: SignIn
) -> None:
    await services.people.set_active(await actor(services, people["gu.ming"]), people["xie.ting"], False)
    assert refused(await send(await sign_in("li.wei"), body(people["xie.ting"])))[1] == "substitute_nobody"
    wish = body(people["li.wei"], person_id=people["xie.ting"])
    assert refused(await send(await sign_in("gu.ming"), wish))[1] == "person_left"


async def test_a_superior_plans_for_those_below_and_nobody_else_does(people: dict[str, str], sign_in: SignIn) -> None:
    wish = body(people["wang.fang"], person_id=people["li.wei"])
    for stranger in ("huang.bo", "wang.fang", "he.jie"):
        assert refused(await send(await sign_in(stranger), wish)) == (403, "not_superior", "")
    manager = await sign_in("zhao.min")
    absence_id = await planned(manager, wish)
    assert (await manager.get(f"/api/absences/{absence_id}")).json()["created_by"] == people["zhao.min"]
    key = {"Idempotency-Key": new_id()}
    substitute = await sign_in("wang.fang")  # sees it, and does not end it
    assert refused(await substitute.delete(f"/api/absences/{absence_id}", headers=key))[1] == "not_superior"


async def test_the_same_key_plans_once(people: dict[str, str], sign_in: SignIn) -> None:
    li_wei, key, wish = await sign_in("li.wei"), new_id(), body(people["wang.fang"])
    first, again = await send(li_wei, wish, key), await send(li_wei, wish, key)
    assert (first.status_code, first.json()["id"]) == (again.status_code, again.json()["id"])
    assert refused(await send(li_wei, body(people["zhou.kai"]), key))[1] == "key_reused"


async def test_of_absences_at_the_same_time_planned_at_once_one_is_kept(
    people: dict[str, str], sign_in: SignIn
) -> None:
    li_wei = await sign_in("li.wei")
    answers = await asyncio.gather(*(send(li_wei, body(people["wang.fang"])) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {refused(answer)[1] for answer in answers if answer.status_code == 409} == {"absence_overlaps"}


async def test_a_circle_is_allowed_and_warned_of(people: dict[str, str], sign_in: SignIn) -> None:
    first = await send(await sign_in("li.wei"), body(people["wang.fang"], start=24))
    assert "nobody_from" not in first.json()["result"]
    second = await send(await sign_in("wang.fang"), body(people["li.wei"], start=48))
    assert second.status_code == 201, second.text
    begins = datetime.fromisoformat(second.json()["result"]["nobody_from"])
    assert timedelta(hours=47) < begins - datetime.now(UTC) < timedelta(hours=49)


async def test_what_is_planned_is_changed_in_parts(people: dict[str, str], sign_in: SignIn) -> None:
    li_wei = await sign_in("li.wei")
    absence_id = await planned(li_wei, body(people["wang.fang"], kinds=["approve"]))
    before = (await li_wei.get(f"/api/absences/{absence_id}")).json()

    async def change(**wish: Any) -> Response:
        return await li_wei.patch(f"/api/absences/{absence_id}", json=wish, headers={"Idempotency-Key": new_id()})

    other = person_key(people["zhou.kai"])
    assert (await change(substitute=other)).status_code == 200
    seen = (await li_wei.get(f"/api/absences/{absence_id}")).json()
    assert (seen["substitute"], seen["kinds"], seen["ends_at"]) == (other, ["approve"], before["ends_at"])
    assert refused(await change(ends_at=before["starts_at"]))[1] == "ends_before_start"
    now = datetime.now(UTC).isoformat()
    assert (await change(starts_at=now)).status_code == 200
    async with asyncio.timeout(30):
        while (await li_wei.get(f"/api/absences/{absence_id}")).json()["stage"] != "away":
            pass
    assert refused(await change(starts_at=before["starts_at"]))[1] == "absence_begun"


async def test_what_a_substitute_sees_and_decides_is_the_absent_ones(
    services: Services, people: dict[str, str], sign_in: SignIn
) -> None:
    task_id = await submitted(services, people)
    huang_bo, zhao_min = await sign_in("huang.bo"), await sign_in("zhao.min")
    assert (await huang_bo.get(f"/api/tasks/{task_id}")).status_code == 404
    absence_id = await be_away(services, people["zhao.min"], people["huang.bo"])
    assert task_id in await turn(huang_bo)
    assert task_id not in await turn(zhao_min)
    await be_back(services, absence_id)
    assert task_id not in await turn(huang_bo)
    assert task_id in await turn(zhao_min)


async def test_the_doctor_finds_absences_in_good_health(services: Services, people: dict[str, str]) -> None:
    absence_id = await be_away(services, people["li.wei"], people["wang.fang"])
    queue = services.settings.task_queue
    found = [d.workflow_id async for d in compare(services.db, services.temporal, queue)]
    assert f"absence/{absence_id}" not in found


async def turn(browser: AsyncClient) -> list[str]:
    return [task["id"] for task in (await browser.get("/api/tasks")).json()["items"]]


async def actor(services: Services, person_id: str) -> Actor:
    async with services.db.session() as session:
        return await actor_of(session, person_id)
