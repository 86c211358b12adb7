"""Policies are read by version and published as the next one: checked, once, against the one they follow."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, update

from db.base import new_id
from db.engine import Database
from db.policy import Policy, current_policy
from domain.approval import ApprovalPolicy
from domain.policy import KINDS
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")


def lines(limit: int) -> dict[str, Any]:
    """The default approval lines with another limit, in fen."""
    document: dict[str, Any] = deepcopy(ApprovalPolicy.default)
    low, high = document["table"]["rows"][:2]
    low["when"]["amount"]["le"] = high["when"]["amount"]["gt"] = limit
    return document


async def publish(
    browser: AsyncClient, document: Any, follows: int, key: str = "", kind: str = "approval", **more: Any
) -> Response:
    body = {"document": document, "follows": follows, "note": "新限额", **more}
    return await browser.post(f"/api/policies/{kind}", json=body, headers={"Idempotency-Key": key or new_id()})


async def newest(browser: AsyncClient) -> int:
    return int((await browser.get("/api/policies/approval")).json()["version"])


async def test_a_new_version_holds_for_what_begins_then_and_running_cases_keep_theirs(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator, manager = await sign_in("gu.ming"), await sign_in("zhao.min")
    before = await submitted(app.state.services, people, title="旧规则", yuan=20_000)
    version = await newest(administrator)
    first, again = [await publish(administrator, lines(1_000_000), version, "lower-limit") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, {"kind": "approval", "version": version + 1})
    assert again.json() == first.json()
    after = await submitted(app.state.services, people, title="新规则", yuan=20_000)

    async def steps(task_id: str) -> list[str]:
        task = (await manager.get(f"/api/tasks/{task_id}")).json()
        return [step["step"]["key"] for step in task["approval"]["path"]]

    assert (await steps(before), await steps(after)) == (["manager"], ["manager", "cfo"])
    shown = (await manager.get("/api/policies/approval", params={"version": version})).json()
    assert [known["version"] for known in shown["versions"]] == list(range(version + 1, 0, -1))
    assert shown["versions"][0]["published_by"] == people["gu.ming"]


async def test_only_administrators_publish_and_sales_do_not_read(sign_in: SignIn) -> None:
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    assert (await publish(manager, lines(1), await newest(manager))).status_code == 403
    assert (await seller.get("/api/policies")).status_code == 403
    assert {policy["kind"] for policy in (await manager.get("/api/policies")).json()} == set(KINDS)


async def test_a_table_with_a_gap_is_refused_with_every_problem_and_its_place(sign_in: SignIn) -> None:
    administrator = await sign_in("gu.ming")
    document = lines(5_000_000)
    document["table"]["rows"][1]["when"]["amount"]["gt"] = 6_000_000
    refused = await publish(administrator, document, await newest(administrator))
    assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid")
    problem = refused.json()["params"]["problems"][0]
    assert (problem["where"], problem["code"]) == ("table", "table_gap")

    unknown = await publish(administrator, {"engine": 1}, 0, kind="holidays")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "policy_kind_unknown")


async def test_whoever_did_not_see_the_newest_version_does_not_overwrite_it_and_hears_what_it_changed(
    sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator = await sign_in("gu.ming")
    version = await newest(administrator)
    assert (await publish(administrator, lines(2_000_000), version)).status_code == 201
    late = await publish(administrator, lines(3_000_000), version)
    told = late.json()["params"]
    assert (late.status_code, told["version"], told["by_id"]) == (409, version + 1, people["gu.ming"])
    assert {(cell["row"], cell["new"]["le"]) for cell in told["changes"]["cells"]} >= {("up_to_50000", 2_000_000)}
    assert "顾明" in late.json()["detail"]
    assert (await administrator.get("/api/policies/approval", params={"version": 99})).status_code == 404


async def test_a_version_for_a_later_day_does_not_apply_early_and_an_immediate_one_overtakes_it(
    sign_in: SignIn, db: Database
) -> None:
    administrator = await sign_in("gu.ming")
    version = await newest(administrator)
    day = datetime.now(UTC) + timedelta(days=30)
    later = await publish(administrator, lines(7_000_000), version, valid_from=day.isoformat())
    assert (later.status_code, await newest(administrator)) == (201, version)
    async with db.session() as session:
        assert (await current_policy(session, "approval"))[0] == version
        await session.execute(
            update(Policy).where(Policy.kind == "approval", Policy.version == version + 1).values(valid_from=func.now())
        )
    assert await newest(administrator) == version + 1

    never = await publish(administrator, lines(8_000_000), version + 1, valid_from="9999-12-31T23:59:59-12:00")
    assert (never.status_code, never.json()["code"]) == (422, "valid_from_too_far")
    waiting = await publish(administrator, lines(8_000_000), version + 1, valid_from=day.isoformat())
    at_once = await publish(administrator, lines(9_000_000), waiting.json()["version"])
    assert await newest(administrator) == at_once.json()["version"] == version + 3
    past = await publish(administrator, lines(5_000_000), version + 3, valid_from="2020-01-01T00:00:00+08:00")
    assert (past.status_code, await newest(administrator)) == (201, version + 4)


async def test_steps_are_timed_by_a_calendar_that_exists_and_stays_while_they_are(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    administrator = await sign_in("gu.ming")
    document = lines(5_000_000)
    step = document["table"]["rows"][0]["then"]["steps"][0]
    document["table"]["rows"][0]["then"] = {"steps": [step | {"calendar": "night"}]}
    refused = await publish(administrator, document, await newest(administrator))
    (problem,) = refused.json()["params"]["problems"]
    assert (refused.status_code, problem["code"]) == (422, "calendar_unknown")
    assert problem["where"] == "table.rows.0.then.steps.0.calendar"

    calendars = (await administrator.get("/api/policies/calendar")).json()
    office = calendars["document"]["calendars"]["office"]
    year = datetime.now(UTC).year
    assert {day["on"]: day["name"] for day in office["holidays"]}[f"{year}-10-01"].startswith("国庆节")
    both = {"engine": 1, "calendars": {"office": office, "night": office}}
    assert (await publish(administrator, both, calendars["version"], kind="calendar")).status_code == 201
    assert (await publish(administrator, document, await newest(administrator))).status_code == 201
    gone = await publish(administrator, calendars["document"], calendars["version"] + 1, kind="calendar")
    assert [one["code"] for one in gone.json()["params"]["problems"]] == ["calendar_used"]

    await submitted(app.state.services, people, yuan=10_000)
    assert (await publish(administrator, lines(5_000_000), await newest(administrator))).status_code == 201
    gone = await publish(administrator, calendars["document"], calendars["version"] + 1, kind="calendar")
    assert [one["code"] for one in gone.json()["params"]["problems"]] == ["calendar_used"], "an open case counts by it"
