"""Allocation as a manager sees it: the form, what would happen, what did; and what the people who got customers see."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select

from commands.policy import publish_defaults
from db.allocation_run import give_next
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from db.ownership import move
from db.process import Notification
from tests.allocating import plan_now
from tests.conftest import SignIn
from tests.ui.browser import PHONE, Visit, check_everywhere, check_page


async def fill(db: Database, region: str, count: int) -> list[str]:
    await publish_defaults(db)
    ids = [new_id() for _ in range(count)]
    async with db.session() as session:
        session.add_all([Customer(id=one, name=f"苏州样品{no}厂", industry="制造") for no, one in enumerate(ids)])
        await session.flush()
        rows = [{"customer_id": one, "region_id": region, "owner_id": None} for one in ids]
        await session.execute(insert(Assignment), rows)
    return ids


async def test_a_manager_looks_runs_and_undoes(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    ids = await fill(db, people["east"], 12)
    manager = await sign_in("zhao.min")
    form = await manager.get("/allocations/new")
    assert ("华东" in form.text or "East" in form.text, "12" in form.text) == (True, True)
    wrong = await manager.post(
        "/allocations/new", data={"region": people["east"], "mode": "each", "idempotency_key": uuid4().hex}
    )
    assert wrong.status_code == 422
    asked = {"region": people["east"], "mode": "each", "each": "2", "tiers": ["C"], "idempotency_key": uuid4().hex}
    shown = await manager.post("/allocations/new", data=asked)
    address = shown.headers["location"]
    planning = await manager.get(address)
    assert ("苏州样品" in planning.text, "<progress" in planning.text) == (False, True)
    await plan_now(db, address.rsplit("/", 1)[1])
    page = await manager.get(address)
    assert "苏州样品" in page.text
    async with db.session() as session:
        await move(session, [(ids[0], people["east"])], to=people["li.wei"], how="claimed", at=datetime.now(UTC))
    planned = re.findall(r"/customers/([0-9a-f-]{36})", page.text)
    ran = await manager.post(f"{address}/run", data={"idempotency_key": uuid4().hex})
    if ids[0] in planned:
        assert ran.status_code == 409
        again = await manager.get(f"/allocations/new?like={address.rsplit('/', 1)[1]}")
        assert 'value="2"' in again.text
        address = (await manager.post("/allocations/new", data=asked | {"idempotency_key": uuid4().hex})).headers[
            "location"
        ]
        await plan_now(db, address.rsplit("/", 1)[1])
        ran = await manager.post(f"{address}/run", data={"idempotency_key": uuid4().hex})
    assert ran.status_code == 303
    allocation_id = address.rsplit("/", 1)[1]
    async with db.session() as session:
        await give_next(session, allocation_id, 100, datetime.now(UTC))
    listed = await manager.get("/api/allocations")
    assert (listed.json()["items"][0]["status"], listed.json()["items"][0]["given"]) == ("done", 8)
    seller = await sign_in("li.wei")
    mine = await seller.get(f"/allocations/{allocation_id}", follow_redirects=True)
    assert (mine.status_code, mine.text.count("苏州样品")) == (200, 2)
    undone = await manager.post(f"{address}/undo", data={"idempotency_key": uuid4().hex})
    assert undone.status_code == 303


@pytest.mark.usefixtures("worker")
async def test_it_is_planned_begun_and_undone_in_the_browser(
    visit: Visit, db: Database, people: dict[str, str]
) -> None:  # fmt: skip
    await fill(db, people["east"], 12)
    visited = await visit("/allocations/new", as_person="zhao.min", look=PHONE)
    page = visited.page
    await page.get_by_label("So many to each").check()
    await page.locator("input[name=each]").fill("2")
    await page.get_by_role("button", name="Show who would get what").click()
    give = page.get_by_role("button", name="Give these")
    await expect(give).to_be_visible()
    await check_page(visited, "allocation-planned-phone")
    await give.click()
    undo = page.get_by_role("button", name="Undo all of it")
    await expect(undo.first).to_be_visible()
    await undo.first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Undo all of it").click()
    await expect(page.locator(".badge", has_text=re.compile("^Undone$"))).to_be_visible()
    await check_page(visited, "allocation-undone-phone")
    link = "/allocations" + page.url.split("/allocations")[1].split("?")[0]
    for _ in range(100):
        async with db.session() as session:
            told = (await session.scalars(select(Notification).where(Notification.link == link))).all()
        back = {row.person_id: row.params["num"] for row in told if row.kind == "customers.taken_back"}
        if back:
            break
        await asyncio.sleep(0.05)
    assert back == {row.person_id: row.params["num"] for row in told if row.kind == "customers.allocated"}
    assert set(back.values()) == {2}
    seller = await visit(link, as_person="li.wei", language="zh_CN", look=PHONE)
    await expect(seller.page.get_by_text("这些客户现在都不在您名下")).to_be_visible()
    await check_everywhere(visit, page.url.removeprefix(page.url.split("/allocations")[0]), as_person="zhao.min")
    await check_everywhere(visit, "/allocations/new", as_person="zhao.min")


async def test_others_see_nothing_of_it(sign_in: SignIn, db: Database, people: dict[str, str]) -> None:
    await fill(db, people["south"], 4)
    manager = await sign_in("huang.bo")
    made = await manager.post(
        "/api/allocations", json={"region": people["south"]}, headers={"Idempotency-Key": uuid4().hex}
    )
    assert (made.status_code, made.json()["status"]) == (202, "planning")
    address = f"/allocations/{made.json()['id']}"
    await plan_now(db, made.json()["id"])
    assert (await manager.get(f"/api{address}")).json()["planned"] == 4
    elsewhere, seller, clerk = await sign_in("zhao.min"), await sign_in("deng.li"), await sign_in("he.jie")
    assert (await elsewhere.get(address)).status_code == 404
    assert (await elsewhere.get(f"/api{address}/rows")).status_code == 404
    assert (await seller.get(f"/api{address}")).status_code == 403
    assert (await clerk.get(f"{address}/mine")).status_code == 404
    assert (await seller.get("/allocations/new")).status_code == 403
    assert (await seller.get("/allocations")).status_code == 403


async def test_a_weekly_one_is_asked_for_and_paused_in_the_policy(sign_in: SignIn, db: Database) -> None:
    await publish_defaults(db)
    admin = await sign_in("gu.ming")
    form = await admin.get("/policies/allocation/edit/weekly")
    assert form.status_code == 200
    revision = re.search(r'name="revision" value="(\d+)"', form.text)
    assert revision is not None
    asked = {
        "region": "east", "at": "09:00", "days": ["mon"], "each": "5", "paused": "1", "revision": revision[1],
        "idempotency_key": uuid4().hex,
    }  # fmt: skip
    unfits: list[dict[str, Any]] = [{"each": "9" * 5_000}, {"zone": "Europe"}, {"at": "25:00"}, {"days": []}]
    for unfit in unfits:
        wrong = await admin.post("/policies/allocation/edit/weekly", data=asked | unfit)
        assert wrong.status_code == 422
    kept = await admin.post("/policies/allocation/edit/weekly", data=asked)
    assert kept.status_code == 303
    again = await admin.get("/policies/allocation/edit/weekly?region=east")
    assert re.search(r'name="paused"[^>]*checked', again.text)
    assert 'value="5"' in again.text


async def test_a_manager_reads_when_their_region_is_allocated_by_itself(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:  # fmt: skip
    await fill(db, people["east"], 1)
    weekly = [{"region": "east", "days": ["mon", "thu"], "at": "09:30", "paused": True}]
    admin = await sign_in("gu.ming")
    current = (await admin.get("/api/policies/allocation")).json()
    body = {"document": {**current["document"], "weekly": weekly}, "follows": current["version"], "note": "每周"}
    published = await admin.post("/api/policies/allocation", json=body, headers={"Idempotency-Key": uuid4().hex})
    assert published.status_code == 201
    manager, other = await sign_in("zhao.min"), await sign_in("huang.bo")
    shown = (await manager.get("/allocations")).text
    assert ("09:30" in shown, "暂停" in shown or "Paused" in shown) == (True, True)
    assert "09:30" not in (await other.get("/allocations")).text
