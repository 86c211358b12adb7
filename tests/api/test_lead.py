"""A lead from another system is assigned, contacted in time and qualified; who may not see it finds nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient

from tests.conftest import SignIn
from tests.somebody import phone_of

pytestmark = pytest.mark.usefixtures("worker")

LEAD = {"company": "蓝港食品", "name": "周明", "phone": "138 0013 8000", "region": "east", "amount": 4_800_000}


async def bring_in(browser: AsyncClient, key: str, **more: Any) -> str:
    made = await browser.post(
        "/api/leads", json=LEAD | {"phone": phone_of(key)} | more, headers={"Idempotency-Key": key}
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def shown(browser: AsyncClient, address: str, fits: Callable[[Any], bool]) -> Any:
    """What the address answers, once it is as expected: processes need a moment."""
    async with asyncio.timeout(30):
        while True:
            answer = await browser.get(address)
            if answer.status_code == 200 and fits(answer.json()):
                return answer.json()
            await asyncio.sleep(0)


async def act(browser: AsyncClient, lead_id: str, act: str, key: str, **body: Any) -> Any:
    return await browser.post(f"/api/leads/{lead_id}/{act}", json=body, headers={"Idempotency-Key": key})


async def test_a_lead_is_assigned_contacted_and_becomes_a_deal(sign_in: SignIn) -> None:
    manager = await sign_in("zhao.min")
    lead_id = await bring_in(manager, "lead-to-deal", company="蓝港\r\n食品", phone="138 0013 8000")
    lead = await shown(manager, f"/api/leads/{lead_id}", lambda lead: lead["due_at"] is not None)
    assert lead["stage"] == "assigned"
    assert (lead["company"], lead["phone"], lead["source"]) == ("蓝港 食品", "+8613800138000", "api")

    owner = await sign_in(person_id=lead["owner_id"])
    contacted = await act(owner, lead_id, "contact", "contact-1", how="call", note="预算已定")
    assert (contacted.status_code, contacted.json()["seen"]) == (200, True)
    lead = (await owner.get(f"/api/leads/{lead_id}")).json()
    assert (lead["stage"], lead["due_at"]) == ("contacted", None)
    assert lead["revision"] >= contacted.json()["revision"]

    deal = {"title": "冷链可视化", "amount": 4_800_000, "close_on": "2026-12-18", "next_step": "方案演示"}
    first, again = [await act(owner, lead_id, "qualify", "qualify-1", **deal) for _ in range(2)]
    assert first.json() == again.json()
    lead = await shown(owner, f"/api/leads/{lead_id}", lambda lead: lead["stage"] == "converted")
    assert lead["deal_id"] == first.json()["result"]["deal_id"]
    late = await act(owner, lead_id, "dismiss", "dismiss-1", reason="not_real")
    assert (late.status_code, late.json()["code"]) in ((409, "lead_ended"), (409, "process_ended"))


async def test_salespeople_see_their_own_managers_their_region_and_strangers_nothing(sign_in: SignIn) -> None:
    seller, colleague, manager, stranger = [
        await sign_in(name) for name in ("li.wei", "wang.fang", "zhao.min", "huang.bo")
    ]
    me = (await seller.get("/api/me")).json()["id"]
    lead_id = await bring_in(seller, "scope-of-lead", company="只给我看", owner_id=me)
    await shown(seller, f"/api/leads/{lead_id}", lambda lead: lead["stage"] == "assigned")

    async def finds(browser: AsyncClient) -> bool:
        found = (await browser.get("/api/leads", params={"text": "只给我看"})).json()["items"]
        page = await browser.get(f"/api/leads/{lead_id}")
        assert page.status_code == (200 if found else 404)
        return [lead["id"] for lead in found] == [lead_id]

    assert [await finds(browser) for browser in (seller, manager, colleague, stranger)] == [True, True, False, False]
    refused = await act(stranger, lead_id, "contact", "not-my-lead", how="call")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_the_list_goes_by_time_left_and_on_from_where_it_ended(sign_in: SignIn) -> None:
    seller = await sign_in("liang.yan")
    me = (await seller.get("/api/me")).json()["id"]
    made = [await bring_in(seller, f"row-number-{n}", region="south", owner_id=me) for n in range(3)]
    due = {}
    for lead_id in made:
        lead = await shown(seller, f"/api/leads/{lead_id}", lambda lead: lead["stage"] == "assigned" and lead["due_at"])
        due[lead_id] = lead["due_at"]
    await act(seller, made[0], "contact", "row-contact", how="wechat")
    rows = (await seller.get("/api/leads", params={"whose": "mine"})).json()["items"]
    # Out of working hours they are due at the same second: then the newest first.
    waiting = sorted(sorted(made[1:], reverse=True), key=due.__getitem__)
    assert [row["id"] for row in rows] == [*waiting, made[0]]
    after = {"whose": "mine", "after": waiting[-1]}
    assert [row["id"] for row in (await seller.get("/api/leads", params=after)).json()["items"]] == [made[0]]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"phone": "12345"}, "phone", "phone_invalid"),
        ({"email": "not an address"}, "email", "email_invalid"),
        ({"region": "mars"}, "region", "region_unknown"),
        ({"amount": -1}, "amount", "greater_than_equal"),
        ({"amount": 12.5}, "amount", "int_type"),
        ({"company": "  "}, "company", "string_too_short"),
        ({"stage": "converted"}, "stage", "extra_forbidden"),
    ],
)
async def test_a_lead_that_cannot_be_used_is_refused_by_field(
    sign_in: SignIn, body: dict[str, Any], field: str, code: str
) -> None:
    manager = await sign_in("zhao.min")
    refused = await manager.post("/api/leads", json=LEAD | body, headers={"Idempotency-Key": "bad-lead-here"})
    assert refused.status_code == 422
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]


async def test_a_lead_is_given_only_to_somebody_who_sells_there(sign_in: SignIn, people: dict[str, str]) -> None:
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")

    async def ask(browser: AsyncClient, owner: str, region: str) -> Any:
        body = LEAD | {"owner_id": people[owner], "region": region}
        return (await browser.post("/api/leads", json=body, headers={"Idempotency-Key": f"give-to-{owner}"})).json()

    assert (await ask(manager, "he.jie", "east"))["code"] == "owner_not_selling"
    assert (await ask(seller, "wang.fang", "east"))["code"] == "forbidden"
    assert (await ask(manager, "wu.hao", "south"))["code"] == "forbidden"
