"""Visitors send enquiries from the company's own sites; machines, floods and other sites do not get through."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select

from commands.policy import publish_defaults
from db.actor import actor_of
from db.engine import Database
from db.lead import Lead
from db.lead_form import regions
from db.record import Outbox
from domain.refusal import Refused
from tests.somebody import phone_of

SHOP = "https://shop.example.com"
ENQUIRY = {"name": "周明", "company": "蓝港食品", "phone": "138 0013 8000", "message": "想要报价", "consent": True}


@pytest.fixture(autouse=True)
async def policies(db: Database) -> None:
    await publish_defaults(db)


async def send(browser: AsyncClient, form: str = "east", *, origin: str = "", key: str = "", **more: Any) -> Response:
    headers = ({"Origin": origin} if origin else {}) | ({"Idempotency-Key": key} if key else {})
    somebody = {"phone": phone_of(more["company"])} if "company" in more else {}
    return await browser.post(f"/api/forms/{form}", json=ENQUIRY | somebody | more, headers=headers)


async def leads(db: Database, company: str) -> list[Lead]:
    async with db.session() as session:
        return list(await session.scalars(select(Lead).where(Lead.company == company)))


async def test_an_enquiry_becomes_a_lead_with_what_starts_its_process(client: AsyncClient, db: Database) -> None:
    utm = {"utm_source": "baidu", "utm_campaign": "双十一", "session": "left out"}
    sent = await send(client, company=" 海岸  物流 ", phone="138 0013 8000", utm=utm)
    assert (sent.status_code, sent.json()) == (201, {"received": True})
    [lead] = await leads(db, "海岸 物流")
    assert (lead.source, lead.phone, lead.stage) == ("form", "+8613800138000", "new")
    assert lead.utm == {"utm_source": "baidu", "utm_campaign": "双十一"}
    async with db.session() as session:
        assert await session.scalar(select(func.count()).where(Outbox.key == f"lead/{lead.id}")) == 1


async def test_the_same_enquiry_sent_twice_is_one_lead(client: AsyncClient, db: Database) -> None:
    for _ in range(2):
        assert (await send(client, company="只发一次", key="form-key-once")).status_code == 201
    assert len(await leads(db, "只发一次")) == 1


async def test_visitors_of_the_form_for_all_choose_their_region(client: AsyncClient, db: Database) -> None:
    refused = await send(client, "all")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "region")
    assert (await send(client, "all", company="自己选区", region="south")).status_code == 201
    [lead] = await leads(db, "自己选区")
    async with db.session() as session:
        assert (await regions(session))[1].id == lead.region_id


async def test_a_machine_is_thanked_and_forgotten(client: AsyncClient, db: Database) -> None:
    sent = await send(client, company="机器人", website="https://spam.example.com")
    assert (sent.status_code, sent.json()) == (201, {"received": True})
    assert await leads(db, "机器人") == []


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"phone": "", "email": ""}, "phone", "contact_needed"),
        ({"phone": "12345"}, "phone", "phone_invalid"),
        ({"email": "nobody"}, "email", "email_invalid"),
        ({"name": "  "}, "name", "field_needed"),
        ({"message": "长" * 2_001}, "message", "field_too_long"),
        ({"consent": False}, "consent", "consent_needed"),
        ({"amount": 1}, "amount", "extra_forbidden"),
    ],
)
async def test_an_enquiry_nobody_could_answer_is_refused_by_field(
    client: AsyncClient, sent: dict[str, Any], field: str, code: str
) -> None:
    refused = await send(client, **sent)
    assert refused.status_code == 422
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]


async def test_only_the_sites_a_manager_named_may_send_it(
    client: AsyncClient, app: FastAPI, db: Database, people: dict[str, str]
) -> None:
    forms = app.state.services.lead_forms
    async with db.session() as session:
        manager = await actor_of(session, people["zhao.min"])
    foreign = await send(client, origin=SHOP)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in foreign.headers

    await forms.change(manager, "east", origins=[f"{SHOP}/"], active=True)
    asked = await client.options("/api/forms/east", headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == SHOP
    sent, refused = await send(client, origin=SHOP), await send(client, origin=SHOP, phone="1")
    assert (sent.status_code, refused.status_code) == (201, 422)
    assert {sent.headers["access-control-allow-origin"], refused.headers["access-control-allow-origin"]} == {SHOP}

    await forms.change(manager, "east", origins=[], active=False)
    closed = await send(client, origin=SHOP)
    assert (closed.status_code, closed.json()["code"]) == (404, "not_found")
    with pytest.raises(Refused, match="forbidden"):
        await forms.change(manager, "south", origins=[], active=False)


async def test_one_address_cannot_flood_a_form(app: FastAPI) -> None:
    flood = ASGITransport(app, client=("203.0.113.7", 1234))
    async with AsyncClient(transport=flood, base_url="http://127.0.0.1:8000") as visitor:
        statuses = [(await send(visitor, "south", website="x")).status_code for _ in range(22)]
        assert statuses[:20] == [201] * 20
        assert statuses[-1] == 429
        last = await send(visitor, "south")
        assert int(last.headers["Retry-After"]) >= 1


async def test_a_script_reads_the_form_and_sends_its_token_back(client: AsyncClient, app: FastAPI) -> None:
    form = (await client.get("/api/forms/south?lang=en")).json()
    assert [field["key"] for field in form["fields"]] == ["company", "name", "phone", "email", "message"]
    agreed = {"token": form["token"], "consented": form["consent_version"]}
    assert (await send(client, "south", company="带令牌", **agreed)).status_code == 201
    for wrong, code in (({"token": "made up"}, "form_stale"), ({"consented": 9}, "consent_changed")):
        refused = await send(client, "south", company="带令牌", **agreed | wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    app.state.services.lead_forms.least = 5
    quick = await send(client, "south", company="带令牌", **agreed)
    app.state.services.lead_forms.least = 0
    assert (quick.status_code, quick.json()["code"]) == (422, "form_quick")
