"""Keeping a customer longer, in the browser: asked on a phone in Chinese, answered at a desk in English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import expect

from db.customer import Assignment, Customer
from db.engine import Database
from db.ownership import move
from db.reckon import reckon
from tests.conftest import SignIn
from tests.ui.browser import PHONE, Visit, check_everywhere, check_page

pytestmark = pytest.mark.usefixtures("worker")
LATER = timedelta(days=40)


@pytest.fixture
async def owned(db: Database, people: dict[str, str]) -> tuple[str, str]:
    """A customer of Li Wei's in the east, as the forms name it, and its name."""
    name = f"泖港冷链 {uuid4().hex[:6]}"
    async with db.session() as session:
        customer = Customer(name=name)
        session.add(customer)
        await session.flush()
        place = (customer.id, people["east"])
        session.add(Assignment(customer_id=place[0], region_id=place[1]))
        await session.flush()
        await move(session, [place], to=people["li.wei"], how="assigned", at=datetime.now(UTC))
        await reckon(session, [place])
    return "~".join(place), name


async def test_an_owner_asks_on_a_phone_and_the_manager_lets_them_keep_it(
    visit: Visit, db: Database, owned: tuple[str, str]
) -> None:
    place, name = owned
    asking = await visit(f"/pool/extend?place={place}", as_person="li.wei", language="zh_CN", look=PHONE)
    await check_page(asking, "extension-asked-phone")
    page = asking.page
    until = datetime.now(UTC).date() + LATER
    await page.locator("input[name=until]").fill(until.isoformat())
    await page.locator("textarea[name=why]").fill("正在投标，下月开标")
    await page.locator("main form button[type=submit]").click()
    await page.wait_for_url("**/pool/mine**")
    manager = await visit("/tasks", as_person="zhao.min")
    await manager.page.get_by_role("link", name=name).first.click()
    panel = manager.page.locator("#panel")
    await expect(panel.get_by_text("正在投标，下月开标")).to_be_visible()
    await check_page(manager, "extension-decided-desk")
    await panel.get_by_role("button", name="Let them keep it").click()
    await expect(panel.get_by_role("button", name="Let them keep it")).to_have_count(0)
    async with db.session() as session:
        row = await session.get_one(Assignment, place.split("~"))
    assert row.extended_until is not None
    assert row.due_at == row.extended_until
    await page.reload()
    await expect(page.get_by_text("已延期").first).to_be_visible()
    assert asking.problems == manager.problems == []


async def test_what_lacks_a_day_or_a_reason_is_said_beside_it(sign_in: SignIn, owned: tuple[str, str]) -> None:
    place, _ = owned
    seller, colleague = await sign_in("li.wei"), await sign_in("wang.fang")
    form = {
        "place": place,
        "until": (datetime.now(UTC).date() + LATER).isoformat(),
        "why": "",
        "idempotency_key": uuid4().hex,
    }
    assert (await seller.post("/pool/extend", data=form)).status_code == 422
    soon = form | {"until": datetime.now(UTC).date().isoformat(), "why": "soon", "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/extend", data=soon)).status_code == 422
    assert (await colleague.get(f"/pool/extend?place={place}")).status_code == 404
    good = form | {"why": "tender", "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/extend", data=good)).status_code == 303
    assert "延期申请中" in (await seller.get("/pool/mine")).text
    assert 'name="why"' not in (await seller.get(f"/pool/extend?place={place}")).text
    again = await seller.post("/pool/extend", data=good | {"idempotency_key": uuid4().hex})
    assert again.status_code == 422


async def test_the_form_reads_well_everywhere(visit: Visit, owned: tuple[str, str]) -> None:
    await check_everywhere(visit, f"/pool/extend?place={owned[0]}", "pool-extend", as_person="li.wei")
