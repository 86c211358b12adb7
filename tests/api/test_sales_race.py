"""Two people do the same thing in the same moment, each in a browser of their own: it happens once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from api.services import Services
from commands.lead_intake import NewLead
from db.collection import Collection, Payment
from db.customer import Customer
from db.deal import Deal
from db.engine import Database
from db.order import Order
from tests.collecting import open_collection
from tests.conftest import SignIn
from tests.selling import Selling

pytestmark = pytest.mark.usefixtures("worker")


async def post(browser: AsyncClient, path: str, key: str | None = None, **body: object) -> Response:
    """Sent again with the same key, as a careful client does, until a slow machine has answered."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    async with asyncio.timeout(60):
        while (answer := await browser.post(path, json=body, headers=headers)).status_code == 503:
            pass
    return answer


async def test_a_lead_qualified_by_two_at_once_becomes_one_deal(app: FastAPI, db: Database, sign_in: SignIn) -> None:
    services: Services = app.state.services
    company = f"同时有限公司 {uuid4().hex[:6]}"
    lead = await services.leads.capture(NewLead(source="form", company=company, name="周明", region="east"))
    both = [await sign_in("zhao.min") for _ in range(2)]
    async with asyncio.timeout(30):
        while (await both[0].get(f"/api/leads/{lead}")).json().get("stage") != "assigned":
            await asyncio.sleep(0)
    asked = [post(browser, f"/api/leads/{lead}/qualify", title="冷链可视化", amount=100) for browser in both]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [202, 409])
    deal = next(answer.json()["result"]["deal_id"] for answer in answers if answer.status_code < 300)
    async with asyncio.timeout(30):
        while (await both[0].get(f"/api/deals/{deal}")).status_code != 200:
            await asyncio.sleep(0)
    async with db.session() as session:
        line = await session.scalar(select(Deal.line_id).where(Deal.id == deal))
        assert await session.scalar(select(func.count()).where(Deal.line_id == line)) == 1
        assert await session.scalar(select(func.count()).where(Customer.name == company)) == 1


async def test_the_whole_amount_recorded_by_two_at_once_counts_once(
    app: FastAPI, db: Database, sign_in: SignIn, people: dict[str, str]
) -> None:
    collection = await open_collection(app.state.services, people)
    both = [await sign_in(name) for name in ("he.jie", "ma.chao")]
    paid: dict[str, Any] = {"amount": 4_800_000, "received_on": datetime.now(UTC).date().isoformat()}
    answers = await asyncio.gather(*(post(each, f"/api/collections/{collection}/payments", **paid) for each in both))
    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert sorted(answer.status_code for answer in answers)[1] in (409, 422)
    async with db.session() as session:
        mine = select(func.count(), func.sum(Payment.amount)).where(Payment.collection_id == collection)
        assert (await session.execute(mine)).one() == (1, 4_800_000)


async def test_one_key_with_another_amount_is_refused_and_pays_nothing(
    app: FastAPI, db: Database, sign_in: SignIn, people: dict[str, str]
) -> None:
    collection = await open_collection(app.state.services, people)
    finance, key = await sign_in("he.jie"), uuid4().hex
    today = datetime.now(UTC).date().isoformat()
    first, other = [
        await post(finance, f"/api/collections/{collection}/payments", key, amount=amount, received_on=today)
        for amount in (1_000, 2_000)
    ]
    assert (first.status_code, other.status_code) == (201, 422)
    async with db.session() as session:
        assert await session.scalar(select(func.sum(Payment.amount)).where(Payment.collection_id == collection)) == 1000


async def test_a_deal_won_by_two_at_once_makes_one_order(selling: Selling, db: Database, sign_in: SignIn) -> None:
    deal = await selling.deal("同时赢单", stage="negotiation", amount=40_000 * 100)
    await selling.submitted(deal)
    await selling.decide(deal, "zhao.min")
    await selling.row(Deal, deal, contract_status="approved")
    both = [await sign_in(name) for name in ("li.wei", "zhao.min")]
    won = {"from_stage": "negotiation", "to_stage": "won", "reason": "fit"}
    answers = await asyncio.gather(*(post(each, f"/api/deals/{deal}/move", **won) for each in both))
    assert sorted(answer.status_code for answer in answers)[0] < 300
    assert sorted(answer.status_code for answer in answers)[1] == 409
    async with asyncio.timeout(60):
        while (collection := (await both[0].get(f"/api/deals/{deal}")).json()["collection_id"]) is None:
            await asyncio.sleep(0)
    await selling.row(Collection, collection)
    async with db.session() as session:
        assert await session.scalar(select(func.count()).where(Order.deal_id == deal)) == 1
        assert await session.scalar(select(func.count()).where(Collection.deal_id == deal)) == 1
