"""The pool in the browser: what is hidden never leaves the server, one click claims, and one's own show their day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, cast
from urllib.parse import unquote
from uuid import uuid4

import pytest
from httpx import AsyncClient
from temporalio.testing import ActivityEnvironment

from activities.customer_tier import CustomerTierActivities
from commands.policy import publish_defaults
from db.customer import Assignment, Customer
from db.customer_portrait import weigh
from db.customer_tier import CustomerTierHint, suggested_for
from db.engine import Database
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere
from ui.pool import groups_counted

PHONE = "+8657188001234"


@pytest.fixture
async def pooled(db: Database, people: dict[str, str]) -> str:
    """A customer of the east's pool, as the forms name it."""
    await publish_defaults(db)
    async with db.session() as session:
        customer = Customer(name=f"甬江模具 {uuid4().hex[:6]}", phone=PHONE, city="宁波")
        session.add(customer)
        await session.flush()
        session.add(
            Assignment(
                customer_id=customer.id,
                region_id=people["east"],
                since=datetime.now(UTC) - timedelta(days=1),
                reason="given_back",
                note="暂无预算",
                last_owner_id=people["wang.fang"],
                left_at=datetime.now(UTC),
            )
        )  # fmt: skip
        return f"{customer.id}~{people['east']}"


async def claim(browser: AsyncClient, place: str) -> int:
    form = {"picked": [place], "idempotency_key": uuid4().hex}
    return (await browser.post("/pool/claim", data=form)).status_code


async def test_what_the_pool_hides_is_not_sent_until_it_is_claimed(sign_in: SignIn, pooled: str) -> None:
    seller, manager, abroad = await sign_in("li.wei"), await sign_in("zhao.min"), await sign_in("wu.hao")
    customer, region = pooled.split("~")
    for address in ("/pool", f"/pool/{customer}/{region}", "/api/pool"):
        shown = await seller.get(address)
        assert "暂无预算" in shown.text
        assert PHONE[4:] not in shown.text
        assert customer not in (await abroad.get(address)).text
        assert PHONE[4:] in (await manager.get(address)).text
    opened = await seller.get(f"/customers/{customer}")
    assert (opened.status_code, opened.headers["location"].startswith(f"/pool/{customer}/")) == (303, True)
    assert await claim(seller, pooled) == 303
    assert (await seller.get(f"/customers/{customer}")).status_code == 200
    assert customer in (await seller.get("/pool/mine")).text
    refused = await sign_in("zhou.kai")
    assert await claim(refused, pooled) == 409


async def test_the_pool_and_ones_own_go_on_after_a_page(sign_in: SignIn, pooled: str, db: Database) -> None:
    seller = await sign_in("li.wei")
    customer, region = pooled.split("~")
    async with db.session() as session:
        older = Customer(name=f"早先入池 {uuid4().hex[:6]}")
        session.add(older)
        await session.flush()
        session.add(Assignment(customer_id=older.id, region_id=region, since=datetime.now(UTC) - timedelta(days=2)))
    page = await seller.get("/pool", params={"after": pooled})
    assert (page.status_code, older.name in page.text, f"{customer}/{region}" in page.text) == (200, True, False)
    for place in (pooled, f"{older.id}~{region}"):
        await claim(seller, place)
    async with db.session() as session:
        for one, days in ((customer, 1), (older.id, 2)):
            (await session.get_one(Assignment, (one, region))).due_at = datetime.now(UTC) + timedelta(days=days)
    page = await seller.get("/pool/mine", params={"after": pooled})
    assert (page.status_code, older.name in page.text, f"/customers/{customer}" in page.text) == (200, True, False)


def back_of(page: str) -> str:
    return unescape(re.findall(r'name="back" value="([^"]+)"', page)[0])


async def test_whoever_claims_or_gives_is_led_back_to_the_place_in_the_list_they_came_from(
    sign_in: SignIn, pooled: str, people: dict[str, str]
) -> None:
    seller, other, manager = await sign_in("li.wei"), await sign_in("zhou.kai"), await sign_in("zhao.min")
    here = f"/pool?text=甬江&tier=C&after={pooled}"
    first = (await seller.get("/pool?text=甬江&tier=C")).text
    assert unquote(back_of(first)) == "/pool?text=甬江&tier=C"
    for browser, status in ((seller, 303), (other, 409)):
        form = {"picked": [pooled], "back": here, "idempotency_key": uuid4().hex}
        claimed = await browser.post("/pool/claim", data=form)
        assert claimed.status_code == status
        assert here in unquote(claimed.headers["location"] if status == 303 else unescape(claimed.text))
    asked = await manager.get("/pool/assign", params={"picked": pooled, "back": here})
    assert unquote(back_of(asked.text)) == here
    form = {"picked": [pooled], "to": people["wang.fang"], "idempotency_key": uuid4().hex}
    for sent, led in ((here, here), ("https://elsewhere.example/pool", "/pool"), ("/pool?tier=Q", "/pool")):
        given = await manager.post("/pool/act/assign", data=form | {"back": sent})
        assert (given.status_code, unquote(given.headers["location"])) == (303, led)


@pytest.mark.parametrize(
    ("begun", "more", "counts"),
    [
        (False, False, [2, 3, 0]),
        (False, True, [2, None, 0]),
        (True, False, [None, 3, 0]),
        (True, True, [None, None, 0]),
    ],
)
def test_only_a_group_that_is_wholly_on_the_page_is_counted(begun: bool, more: bool, counts: list[int | None]) -> None:
    groups = cast(Any, {"soon": [1] * 2, "later": [1] * 3, "never": []})
    assert list(groups_counted(groups, begun=begun, more=more).values()) == counts


async def test_who_had_it_last_cools_off_and_is_told_until_when(sign_in: SignIn, pooled: str) -> None:
    before = await sign_in("wang.fang")
    form = {"picked": [pooled], "idempotency_key": uuid4().hex}
    refused = await before.post("/pool/claim", data=form)
    assert (refused.status_code, "冷却" in refused.text or "until recently" in refused.text) == (409, True)


async def test_customers_are_given_back_with_a_reason_and_ranked(sign_in: SignIn, pooled: str) -> None:
    seller = await sign_in("li.wei")
    await claim(seller, pooled)
    ask = await seller.get("/pool/act", params={"act": "give-back", "picked": pooled})
    assert ask.status_code == 200
    tier = {"picked": [pooled], "tier": "A", "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/act/tier", data=tier)).status_code == 303
    silent = {"picked": [pooled], "note": "", "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/act/give-back", data=silent)).status_code == 422
    said = silent | {"note": "没有需求", "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/act/give-back", data=said)).status_code == 303
    assert "没有需求" in (await seller.get("/pool")).text


async def test_what_is_suggested_is_shown_with_its_reasons_and_set_by_a_person(
    sign_in: SignIn, db: Database, pooled: str, people: dict[str, str]
) -> None:
    seller, manager, abroad = await sign_in("li.wei"), await sign_in("zhao.min"), await sign_in("huang.bo")
    await claim(seller, pooled)
    customer, _ = pooled.split("~")
    await ActivityEnvironment().run(CustomerTierActivities(db, "Asia/Shanghai").weigh_customers)
    for browser, sees in ((seller, True), (manager, True), (abroad, False)):
        assert (customer in (await browser.get("/pool/tiers")).text) is sees
    portrait = await seller.get(f"/customers/{customer}/regions?panel=true")
    assert "/pool/tiers" in portrait.text
    form = {"picked": [pooled], "idempotency_key": uuid4().hex}
    assert (await abroad.post("/pool/tiers", data=form)).status_code == 409
    set_it = await manager.post("/pool/tiers", data=form | {"idempotency_key": uuid4().hex})
    assert set_it.status_code == 303
    assert customer not in (await manager.get("/pool/tiers")).text
    async with db.session() as session:
        assert (await session.get_one(Assignment, pooled.split("~"))).tier == "E"


@pytest.mark.usefixtures("worker")
async def test_a_deal_that_is_opened_lifts_the_suggested_tier_at_once(
    sign_in: SignIn, db: Database, selling: Selling
) -> None:
    await publish_defaults(db)
    customer_id = await selling.customer("一开商机就重要")
    place = f"{customer_id}~{selling.people['east']}"
    seller = await sign_in("li.wei")
    async with db.session() as session:
        await weigh(session, [customer_id], datetime.now(UTC))
        assert await suggested_for(session, [customer_id]) == {customer_id: "E"}
    await selling.deal("一百万的商机", customer_id=customer_id, amount=1_000_000_00)

    async def lifted() -> bool | None:
        async with db.session() as session:
            return await suggested_for(session, [customer_id]) == {customer_id: "C"} or None

    assert await selling.until(lifted)
    assert place not in (await seller.get("/pool/tiers")).text


async def test_the_list_weighs_what_it_shows(sign_in: SignIn, db: Database, selling: Selling) -> None:
    """What was learned since last night, of contacts or follow-ups, counts in the list."""
    await publish_defaults(db)
    customer_id = await selling.customer("昨夜还不知道")
    seller = await sign_in("li.wei")
    async with db.session() as session:
        session.add(CustomerTierHint(customer_id=customer_id, score=100, tier="A", reasons=[]))
    assert customer_id not in (await seller.get("/pool/tiers?tier=A")).text
    assert customer_id in (await seller.get("/pool/tiers?tier=E")).text
    picked = {"picked": [f"{customer_id}~{selling.people['east']}"], "idempotency_key": uuid4().hex}
    assert (await seller.post("/pool/tiers", data=picked)).status_code == 303
    async with db.session() as session:
        assert (await session.get_one(Assignment, (customer_id, selling.people["east"]))).tier == "E"


async def test_only_a_manager_gives_customers_to_somebody(
    sign_in: SignIn, pooled: str, people: dict[str, str]
) -> None:  # fmt: skip
    form = {"picked": [pooled], "to": people["li.wei"], "reason": "", "idempotency_key": uuid4().hex}
    assert (await (await sign_in("li.wei")).post("/pool/act/assign", data=form)).status_code == 403
    manager = await sign_in("zhao.min")
    assert (await manager.get("/pool/assign", params={"picked": pooled})).status_code == 200
    assert (await manager.post("/pool/act/assign", data=form)).status_code == 303
    assert (await manager.get(f"/books/{people['li.wei']}")).headers["location"].startswith("/pool/mine?owner=")
    assert pooled.split("~")[0] in (await manager.get(f"/pool/mine?owner={people['li.wei']}")).text
    assert (await (await sign_in("zhou.kai")).get(f"/pool/mine?owner={people['li.wei']}")).status_code == 404


async def test_who_sees_several_regions_looks_at_all_of_them_or_one(
    sign_in: SignIn, pooled: str, people: dict[str, str]
) -> None:  # fmt: skip
    boss = await sign_in("lin.yue")
    for address in ("/pool", "/pool/tiers"):
        for region in ("", people["east"], people["south"], str(uuid4())):
            assert (await boss.get(address, params={"region": region} if region else {})).status_code == 200
    customer = pooled.split("~")[0]
    assert customer in (await boss.get("/pool")).text
    assert customer not in (await boss.get("/pool", params={"region": people["south"]})).text


async def test_the_pool_reads_well_everywhere(visit: Visit, pooled: str) -> None:
    await check_everywhere(visit, "/pool", as_person="li.wei")
    await check_everywhere(visit, "/pool/mine", as_person="li.wei")
    await check_everywhere(visit, "/pool/tiers", as_person="zhao.min")
