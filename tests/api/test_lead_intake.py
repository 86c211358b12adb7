"""Who turns to us again is recognised, however they come and however often the same is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.services import Services
from commands.lead_intake import NewLead
from db.base import new_id
from db.customer import Contact, Customer
from db.engine import Database
from db.lead import Lead
from db.lead_origin import LeadTouch
from db.record import Outbox
from domain.access import Actor, Role
from tests.conftest import SignIn
from tests.somebody import phone_of


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


def enquiry(who: str, **more: Any) -> NewLead:
    given = {
        "source": "form",
        "company": f"{who}食品有限公司",
        "name": "周明",
        "phone": phone_of(who),
        "region": "east",
    }
    return NewLead(**(given | more))


async def take_in(services: Services, lead: NewLead, key: str = "") -> tuple[str, bool]:
    return await services.leads.take_in(lead, Actor(id="public"), key or uuid4().hex)


async def touches(db: Database, lead_id: str) -> list[LeadTouch]:
    async with db.session() as session:
        return list(await session.scalars(select(LeadTouch).where(LeadTouch.lead_id == lead_id).order_by(LeadTouch.no)))


async def test_the_same_person_again_is_a_touch_that_its_process_hears_of(services: Services, db: Database) -> None:
    first, fresh = await take_in(services, enquiry("触点", campaign="双十一", utm={"utm_source": "baidu"}))
    assert fresh
    key = uuid4().hex
    again = enquiry(
        "触点", source="mail", campaign="展会", message="还是想了解", email="zhou@touch.example", amount=100
    )
    assert await take_in(services, again, key) == (first, False)
    assert await take_in(services, again, key) == (first, False)

    made, later = await touches(db, first)
    assert (made.source, made.campaign, made.utm, made.why) == ("form", "双十一", {"utm_source": "baidu"}, [])
    assert (later.source, later.campaign, later.message, later.why) == (
        "mail", "展会", "还是想了解", ["phone", "name", "company"],
    )  # fmt: skip
    async with db.session() as session:
        lead = await session.get_one(Lead, first)
        news = await session.scalar(select(Outbox.payload).where(Outbox.key == f"lead/{first}/touch/{later.id}"))
    assert (lead.touches, lead.came_back, lead.campaign, lead.email, lead.amount) == (
        2, 0, "双十一", "zhou@touch.example", 100,
    )  # fmt: skip
    assert news is not None
    assert (news["signal"], news["message"]) == ("touched", {"id": later.id, "source": "mail"})


async def test_two_enquiries_at_the_same_moment_are_one_lead(services: Services) -> None:
    import asyncio

    taken = await asyncio.gather(*(take_in(services, enquiry("同时")) for _ in range(4)))
    assert len({lead_id for lead_id, _ in taken}) == 1
    assert sorted(fresh for _, fresh in taken) == [False, False, False, True]


async def test_a_closed_lead_that_comes_back_is_recognised(services: Services, db: Database) -> None:
    first, _ = await take_in(services, enquiry("归来"))
    async with db.session() as session:
        await session.execute(update(Lead).where(Lead.id == first).values(stage="closed"))
    assert await take_in(services, enquiry("归来")) == (first, False)
    async with db.session() as session:
        assert (await session.get_one(Lead, first)).came_back == 1


async def test_a_customers_person_makes_a_lead_of_that_customer(services: Services, db: Database) -> None:
    customer_id = new_id()
    async with db.session() as session:
        session.add(Customer(id=customer_id, name="老客户食品"))
        await session.flush()
        session.add(Contact(customer_id=customer_id, name="周明", phone=phone_of("老客户")))
    lead_id, fresh = await take_in(services, enquiry("老客户"))
    async with db.session() as session:
        start = await session.scalar(select(Outbox.payload).where(Outbox.key == f"lead/{lead_id}"))
    assert fresh
    assert start is not None
    assert start["input"]["customer_id"] == customer_id


async def test_a_company_that_sounds_alike_is_for_a_person_to_look_at(services: Services, db: Database) -> None:
    async with db.session() as session:
        session.add(Customer(name="上海蓝田贸易有限公司"))
    lead_id, _ = await take_in(services, enquiry("x", company="兰田贸易", phone=phone_of("sounds alike"), name="孙强"))
    lead_id, _ = await take_in(services, enquiry("x", company="蓝田贸易行", phone=phone_of("longer"), name="孙强"))
    async with db.session() as session:
        start = await session.scalar(select(Outbox.payload).where(Outbox.key == f"lead/{lead_id}"))
    assert start is not None
    assert {tuple(match["why"]) for match in start["input"]["matches"]} == {("near_company",)}


async def test_many_at_once_are_each_taken_for_themselves_however_often_they_are_sent(sign_in: SignIn) -> None:
    browser = await sign_in("zhao.min")
    good = {"company": "批量一", "name": "周明", "phone": phone_of("批量一"), "region": "east", "size": "large"}
    body = {
        "leads": [good, good | {"phone": "1"}, good | {"company": "批量二", "phone": phone_of("批量二"), "region": "x"}]
    }
    ends = []
    for _ in range(2):
        answer = await browser.post("/api/leads/bulk", json=body, headers={"Idempotency-Key": "many-at-once"})
        assert answer.status_code == 200
        ends.append(answer.json())
    assert ends[0] == ends[1]
    assert [(end["fresh"], end["code"]) for end in ends[0]] == [
        (True, None), (None, "phone_invalid"), (None, "region_unknown"),
    ]  # fmt: skip


async def test_a_collision_says_whose_it_is_and_no_more(sign_in: SignIn, services: Services) -> None:
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    me = (await seller.get("/api/me")).json()["id"]
    await services.leads.create(
        Actor(id=me, roles=frozenset({Role.SALES})), "collision-1", enquiry("撞单", owner_id=me)
    )
    asked = {"company": "撞单食品", "phone": phone_of("撞单")}
    seen = (await manager.post("/api/leads/check", json=asked)).json()
    assert [(one["seen"], one["certain"], one["why"]) for one in seen["collisions"]] == [
        (True, True, ["phone", "company"])
    ]
    stranger = (await (await sign_in("liang.yan")).post("/api/leads/check", json=asked)).json()
    assert [(one["seen"], one["title"], one["id"]) for one in stranger["collisions"]] == [(False, "", "")]
    assert stranger["same"]
