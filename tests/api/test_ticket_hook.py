"""Chat tools, devices and partners bring tickets in, signed: once each, and more of the same goes on in the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from api.services import Services
from commands.equipment import EquipmentBody
from commands.lead_form import open_default_forms
from commands.lead_hook import signature
from commands.maintenance import Maintenance
from commands.policy import publish_defaults
from db.actor import actor_of
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.engine import Database
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import TicketInbound
from tests.conftest import SignIn
from tests.somebody import phone_of


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture
async def endpoint(sign_in: SignIn, people: dict[str, str]) -> dict[str, str]:
    lead = await sign_in("shen.yu")
    made = await lead.post("/api/ticket-hooks", json={"name": "企业微信", "region_id": people["east"]})
    assert made.status_code == 201, made.text
    found: dict[str, str] = made.json()
    return found


async def send(client: AsyncClient, hook: dict[str, str], body: Any, message_id: str = "", **headers: str) -> Response:
    text = json.dumps(body)
    signed = signature(hook["secret"], message_id or uuid4().hex, text) | {"content-type": "application/json"}
    return await client.post(f"/api/hooks/tickets/{hook['key']}", content=text, headers=signed | headers)


async def ticket_of(db: Database, answer: Response) -> Ticket:
    assert answer.status_code == 200, answer.text
    async with db.session() as session:
        return await session.get_one(Ticket, answer.json()["ticket_id"])


async def customer(db: Database, people: dict[str, str], **contact: str) -> str:
    customer_id = new_id()
    async with db.session() as session:
        session.add(Customer(id=customer_id, name=f"客户{customer_id[-6:]}"))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=people["east"], owner_id=None))
        if contact:
            session.add(Contact(customer_id=customer_id, name="周明", **contact))
    return customer_id


async def test_a_chat_is_one_ticket_and_each_of_its_messages_comes_once(
    client: AsyncClient, endpoint: dict[str, str], db: Database, sign_in: SignIn, people: dict[str, str]
) -> None:
    mapping = {"message": "text.content", "thread": "conversation", "name": "from.name", "phone": "from.mobile"}
    manager = await sign_in("shen.yu")
    url = f"/api/ticket-hooks/{endpoint['key']}"
    assert (await manager.put(url, json={"name": "企业微信", "mapping": mapping})).status_code == 204
    bad = await manager.put(url, json={"name": "企业微信", "mapping": {"budget": "x"}})
    assert (bad.status_code, bad.json()["code"]) == (422, "field_unknown")
    customer_id = await customer(db, people, phone=phone_of("chat"))

    def said(text: str) -> Any:
        return {"text": {"content": text}, "conversation": "c-1", "from": {"name": "周明", "mobile": phone_of("chat")}}

    first, again = [await send(client, endpoint, said("设备报警了"), "chat-0001") for _ in range(2)]
    assert first.json() == again.json()
    ticket = await ticket_of(db, first)
    assert (ticket.channel, ticket.customer_id, ticket.from_phone) == ("hook", customer_id, phone_of("chat"))
    more = await send(client, endpoint, said("还在报警"))
    assert more.json() == {"ticket_id": ticket.id, "message_id": more.json()["message_id"], "new": False}
    other = await send(client, endpoint, said("另一件事") | {"conversation": "c-2"})
    assert other.json()["new"]

    forged = await send(client, endpoint, said("x"), **{"webhook-signature": "v1,AAAA"})
    old = await send(client, endpoint, said("x"), **{"webhook-timestamp": "1700000000"})
    assert {forged.status_code, old.status_code} == {401}
    nobody = await send(client, endpoint, {"text": {"content": "谁？"}})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "contact_needed")
    leads = await client.post(f"/api/hooks/leads/{endpoint['key']}", content="{}")
    assert leads.status_code == 404
    for stranger in ("gao.fei", "li.wei"):
        assert (await (await sign_in(stranger)).get(url)).status_code == 403


async def test_a_fault_code_is_a_ticket_of_the_machines_customer_and_the_same_again_is_more_of_it(
    client: AsyncClient, endpoint: dict[str, str], db: Database, people: dict[str, str], services: Services
) -> None:
    customer_id = await customer(db, people)
    async with db.session() as session:
        zhao = await actor_of(session, people["zhao.min"])
    body = EquipmentBody(serial_number="SN-77", model="C-200", product="冷库")
    machine = await services.equipment.add(zhao, "machine-77", customer_id, body)

    fault = {"serial_number": "sn-77", "fault_code": "E-42"}
    ticket = await ticket_of(db, await send(client, endpoint, fault))
    assert (ticket.channel, ticket.kind, ticket.fault_code) == ("device", "fault", "E-42")
    assert (ticket.equipment_id, ticket.customer_id, ticket.product) == (machine, customer_id, "冷库")
    again = await send(client, endpoint, fault | {"message": "仍在报警"})
    assert (again.json()["ticket_id"], again.json()["new"]) == (ticket.id, False)
    assert (await send(client, endpoint, fault | {"fault_code": "E-43"})).json()["new"]
    async with db.session() as session:
        await session.execute(update(Ticket).where(Ticket.id == ticket.id).values(stage="closed"))
    assert (await send(client, endpoint, fault)).json()["new"]

    unknown = await ticket_of(db, await send(client, endpoint, {"serial_number": "SN-??", "fault_code": "E-1"}))
    assert (unknown.equipment_id, unknown.customer_id) == (None, None)
    async with db.session() as session:
        noted = await session.scalar(select(TicketInbound.notes).where(TicketInbound.ticket_id == unknown.id))
    assert noted == ["serial_unknown"]


async def test_a_maintenance_that_fell_due_is_one_ticket_however_often_the_relay_tries(
    db: Database, people: dict[str, str], services: Services
) -> None:
    customer_id = await customer(db, people)
    async with db.session() as session:
        zhao = await actor_of(session, people["zhao.min"])
    due = datetime.now(UTC) + timedelta(days=1)
    body = EquipmentBody(serial_number="SN-78", model="C-200", next_at=due)
    machine = await services.equipment.add(zhao, "machine-78", customer_id, body)
    entry = {"equipment": machine, "due": due.isoformat()}
    for _ in range(2):
        await Maintenance(services.tickets).open_ticket(f"maintenance/{machine}/1", entry)
    async with db.session() as session:
        [ticket] = list(await session.scalars(select(Ticket).where(Ticket.equipment_id == machine)))
        said = await session.scalar(select(TicketMessage.body).where(TicketMessage.ticket_id == ticket.id))
    assert (ticket.kind, ticket.channel, ticket.customer_id) == ("maintenance", "timer", customer_id)
    assert "SN-78" in ticket.subject
    assert said


async def test_the_support_form_makes_a_ticket_and_believes_no_serial_number(
    client: AsyncClient, db: Database, people: dict[str, str], services: Services
) -> None:
    await publish_defaults(db)
    await open_default_forms(db)
    customer_id = await customer(db, people, email="zhou@form.example")
    async with db.session() as session:
        zhao = await actor_of(session, people["zhao.min"])
    body = EquipmentBody(serial_number="SN-79", model="C-200")
    await services.equipment.add(zhao, "machine-79", await customer(db, people), body)
    shown = (await client.get("/api/forms/support")).json()
    assert [field["key"] for field in shown["fields"]][-1] == "x_serial_number"
    assert shown["regions"] == []
    sent = {
        "name": "周明", "company": "蓝港", "email": "zhou@form.example", "message": "无法启动", "consent": True,
        "custom": {"x_subject": "冷库停机", "x_serial_number": "SN-79"},
    }  # fmt: skip
    for _ in range(2):
        headers = {"Idempotency-Key": "support-form-1"}
        answer = await client.post("/api/forms/support", json=sent, headers=headers)
        assert answer.status_code == 201, answer.text
    async with db.session() as session:
        [ticket] = list(await session.scalars(select(Ticket).where(Ticket.from_email == "zhou@form.example")))
        said = await session.scalar(select(TicketMessage.body).where(TicketMessage.ticket_id == ticket.id))
        noted = await session.scalar(select(TicketInbound).where(TicketInbound.ticket_id == ticket.id))
    assert (ticket.subject, ticket.channel, ticket.customer_id) == ("冷库停机", "form", customer_id)
    assert ticket.equipment_id is None
    assert "SN-79" in (said or "")
    assert noted is not None
    assert noted.detail["consent"]["version"] == 1
    assert noted.answered
