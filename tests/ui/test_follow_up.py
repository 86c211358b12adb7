"""A follow-up takes two keys from any list, keeps the customer its owner's, and says what comes next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from commands.follow_up import FollowUpBody
from db.customer import Assignment
from db.follow_up import FollowUp
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import PHONE, Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def _body(**more: object) -> FollowUpBody:
    return FollowUpBody.model_validate(more)


async def followed_at(selling: Selling, customer_id: str) -> datetime | None:
    async with selling.services.db.session() as session:
        return await session.scalar(select(Assignment.followed_at).where(Assignment.customer_id == customer_id))


async def test_two_keys_on_a_row_log_a_call_that_reached_them(visit: Visit, selling: Selling) -> None:
    customer_id = await selling.customer("两键跟进")
    await selling.services.follow_ups.add(
        await selling.actor("li.wei"), uuid4().hex, customer_id, _body(next_at=datetime.now(UTC) + timedelta(hours=1))
    )
    page = (await visit("/follow-ups", as_person="li.wei")).page
    await page.get_by_role("link", name="两键跟进", exact=True).focus()
    await page.keyboard.press("f")
    await expect(page.get_by_role("dialog")).to_contain_text("Follow up: 两键跟进")
    await expect(page.get_by_label("What was said")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The follow-up is logged.")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator("#rows-live")).to_contain_text("Nothing planned")
    async with selling.services.db.session() as session:
        rows = (await session.scalars(select(FollowUp).where(FollowUp.customer_id == customer_id))).all()
    assert sorted((row.how, row.outcome, row.next_done_at is None) for row in rows) == [
        ("call", "reached", False), ("call", "reached", True),
    ]  # fmt: skip


async def test_only_what_the_owner_does_keeps_the_customer_theirs(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("谁跟进算数")
    path = f"/api/customers/{customer_id}/follow-ups"
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    assert (await manager.post(path, json={"how": "visit"}, headers=key())).status_code == 201
    assert await followed_at(selling, customer_id) is None
    once = key()
    made = [await seller.post(path, json={"note": "聊了需求"}, headers=once) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert await followed_at(selling, customer_id) is not None
    listed = (await seller.get(path)).json()
    assert [(one["how"], one["note"]) for one in listed["items"]] == [("call", "聊了需求"), ("visit", "")]
    answers = {}
    for name in ("wang.fang", "gao.fei", "he.jie"):
        browser = await sign_in(name)
        answers[name] = [
            (await browser.post(path, json={}, headers=key())).status_code, (await browser.get(path)).status_code,
        ]  # fmt: skip
    assert answers == {"wang.fang": [404, 404], "gao.fei": [403, 200], "he.jie": [201, 200]}


@pytest.mark.parametrize(("body", "field"), [
    ({"how": "pigeon"}, "how"),
    ({"next_on": "2020-01-01"}, "next_on"),
    ({"next_at": "2999-01-01T00:00:00Z"}, "next_at"),
    ({"contact_id": "019e0000-0000-7000-8000-000000000001"}, "contact_id"),
    ({"latitude": 31.2}, "place"),
    ({"latitude": 131.2, "longitude": 0}, "latitude"),
    ({"documents": ["a" * 64]}, "file"),
])  # fmt: skip
async def test_what_cannot_be_is_refused_by_its_field(
    sign_in: SignIn, selling: Selling, body: dict[str, object], field: str
) -> None:
    customer_id = await selling.customer("填错的跟进")
    answer = await (await sign_in("li.wei")).post(f"/api/customers/{customer_id}/follow-ups", json=body, headers=key())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_photo_and_the_place_are_kept_and_seen_by_whoever_sees_the_customer(
    visit: Visit, sign_in: SignIn, selling: Selling
) -> None:
    customer_id = await selling.customer("上门拍照")
    page = (await visit(f"/customers/{customer_id}", as_person="li.wei", look=PHONE)).page
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"latitude": 31.2304, "longitude": 121.4737})
    await page.get_by_role("link", name="Follow up", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("Visit").click()
    await dialog.get_by_text("Photo, file, place").click()
    await dialog.get_by_label("Files").set_input_files({"name": "门头.png", "mimeType": "image/png", "buffer": PNG})
    await dialog.get_by_role("button", name="Use where I am").click()
    await expect(dialog.get_by_label("Place")).to_have_value("31.230400, 121.473700")
    await dialog.get_by_role("button", name="Log follow-up").click()
    await expect(page.get_by_text("The follow-up is logged.")).to_be_visible()
    seller = await sign_in("li.wei")
    made = (await seller.get(f"/api/customers/{customer_id}/follow-ups")).json()["items"][0]
    assert (made["how"], made["latitude"], made["longitude"]) == ("visit", 31.2304, 121.4737)
    file = f"/documents/{made['documents'][0]}"
    opened = {name: (await (await sign_in(name)).get(file)).status_code for name in ("li.wei", "zhao.min", "wang.fang")}
    assert opened == {"li.wei": 200, "zhao.min": 200, "wang.fang": 404}
    assert "sandbox" in (await seller.get(file)).headers["content-security-policy"]


async def test_nobody_opens_a_file_by_naming_its_hash(sign_in: SignIn, selling: Selling) -> None:
    theirs = await selling.customer("别人的文件", owner="wang.fang", region="south")
    mine = await selling.customer("我的客户")
    other, seller = await sign_in("wang.fang"), await sign_in("li.wei")
    form = {"how": "call", "outcome": "reached", "idempotency_key": uuid4().hex, "_csrf": other.headers["X-CSRF-Token"]}
    sent = await other.post(
        f"/customers/{theirs}/follow-ups", data=form, files={"file": ("合同.png", PNG + b"1", "image/png")}
    )
    assert sent.status_code == 303, sent.text
    digest = (await other.get(f"/api/customers/{theirs}/follow-ups")).json()["items"][0]["documents"][0]
    taken = await seller.post(f"/api/customers/{mine}/follow-ups", json={"documents": [digest]}, headers=key())
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (422, "file")


async def test_what_is_planned_is_ones_own_and_comes_off_the_list(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("约好下次")
    seller, manager = await sign_in("li.wei"), await sign_in("zhao.min")
    planned = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    await seller.post(f"/api/customers/{customer_id}/follow-ups", json={"next_at": planned}, headers=key())
    mine = [one for one in (await seller.get("/api/follow-ups/next")).json() if one["customer_id"] == customer_id]
    assert len(mine) == 1
    assert customer_id not in str((await manager.get("/api/follow-ups/next")).json())
    assert (await manager.post(f"/api/follow-ups/{mine[0]['id']}/done", headers=key())).status_code == 404
    assert (await seller.post(f"/api/follow-ups/{mine[0]['id']}/done", headers=key())).status_code == 204
    assert customer_id not in str((await seller.get("/api/follow-ups/next")).json())


async def test_the_pages_read_well_everywhere(visit: Visit, selling: Selling) -> None:
    customer_id = await selling.customer("蓝港食品")
    for days in (1, 9):
        other = await selling.customer(f"约好{days}")
        at = datetime.now(UTC) + timedelta(days=days)
        await selling.services.follow_ups.add(
            await selling.actor("li.wei"), uuid4().hex, other, _body(next_at=at, note="发报价")
        )
    await check_everywhere(visit, "/follow-ups", "follow-ups", as_person="li.wei")
    await check_everywhere(visit, f"/customers/{customer_id}/follow-ups/new", "follow-up", as_person="li.wei")
