"""A contact who is at both customers is listed once after their merge, and whatever refers to either goes on; taken
back, both are as they were."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from commands.ticket_intake import Inbound, TicketIntake
from commands.ticket_thread import is_part_of
from db.base import new_id
from db.customer import Contact
from db.engine import Database
from db.letter import Letter, write_letter
from db.ticket import Ticket
from tests.conftest import SignIn
from tests.selling import Selling

pytestmark = pytest.mark.usefixtures("worker")
HTML = {"accept": "text/html"}


async def post(browser: AsyncClient, path: str, **body: Any) -> Response:
    return await browser.post(path, json=body, headers={"Idempotency-Key": uuid4().hex})


async def rows(db: Database, *customers: str) -> dict[str, tuple[Any, ...]]:
    async with db.session() as session:
        found = await session.scalars(select(Contact).where(Contact.customer_id.in_(customers)))
        return {
            one.id: (one.customer_id, one.name, one.phone, one.email, one.title, one.same_as, one.given)
            for one in found
        }


async def contact_of(db: Database, customer_id: str, **values: str) -> str:
    """Its only contact, with other values."""
    async with db.session() as session:
        contact = (await session.scalars(select(Contact).where(Contact.customer_id == customer_id))).one()
        for name, value in values.items():
            setattr(contact, name, value)
        return contact.id


async def test_who_is_at_both_is_listed_once_and_all_that_refers_to_them_goes_on(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    mark = new_id()[-8:]
    mail, phone = f"qian.{mark}@double.example", "+8613800138" + str(int(mark, 16) % 1000).zfill(3)
    survivor, merged = await selling.customer("双联甲"), await selling.customer("双联乙")
    stays = await contact_of(db, survivor, name="钱进", phone=phone)
    double = await contact_of(db, merged, name="Qian Jin", phone=phone, email=mail, title="采购")
    deal = await selling.deal("双联的商机", customer_id=merged)
    li = await sign_in("li.wei")
    asked = {"contact_id": double, "role": "user", "attitude": "supports", "note": ""}
    person = await post(li, f"/api/deals/{deal}/people", **asked)
    assert person.status_code < 300, person.text
    intake = TicketIntake(selling.services.leads.desk)
    old = await intake.receive(Inbound(channel="mail", subject="停机", text="停了", email=mail), uuid4().hex)
    await selling.row(Ticket, old.ticket_id, contact_id=double)
    before = await rows(db, survivor, merged)

    boss = await sign_in("zhao.min")
    merge_id = (await post(boss, f"/api/customers/{survivor}/merge", merged=[merged])).json()["id"]
    listed = (await boss.get(f"/api/customers/{survivor}")).json()["contacts"]
    assert [(one["id"], one["name"], one["email"]) for one in listed] == [(stays, "钱进", mail)]
    shown = (await boss.get(f"/customers/{survivor}", headers=HTML)).text
    assert shown.count(f"tel:{phone}") == 1
    assert "Qian Jin" in (await li.get(f"/deals/{deal}", headers=HTML)).text, "the deal knows them as it did"
    follow_up = {"how": "call", "outcome": "interested", "note": "问了进度", "contact_id": double}
    assert (await post(li, f"/api/customers/{survivor}/follow-ups", **follow_up)).status_code == 201
    changed = {"name": "钱进", "phone": phone, "email": f"new.{mail}"}
    path = f"/api/customers/{survivor}/contacts/{double}"
    assert (await li.put(path, json=changed, headers={"Idempotency-Key": uuid4().hex})).status_code == 204
    async with db.session() as session:
        letter = await write_letter(
            session,
            {"key": f"double/{mark}", "customer_id": survivor, "contact_id": double, "template": "reminder",
             "language": "zh_CN", "params": {}, "documents": []},
        )  # fmt: skip
        written = await session.get_one(Letter, letter)
        assert (written.contact_id, written.address) == (stays, f"new.{mail}"), "a correction reaches what began before"
        assert await is_part_of(session, old.ticket_id, f"new.{mail}")
    new = await intake.receive(Inbound(channel="mail", subject="又停", text="停了", email=mail), uuid4().hex)
    await selling.row(Ticket, new.ticket_id, contact_id=stays, customer_id=survivor)

    changed["email"] = mail
    await li.put(path, json=changed, headers={"Idempotency-Key": uuid4().hex})
    assert (await post(boss, f"/api/customers/merges/{merge_id}/undo")).json() == {"kept": []}
    assert await rows(db, survivor, merged) == before


async def test_merges_one_upon_the_other_are_taken_back_in_any_order(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    """The second's double stands behind a contact that the first brought."""
    one, first, second = [await selling.customer(f"叠并{no}") for no in range(3)]
    phone = "+8613800138777"
    await contact_of(db, one, name="孙立")
    await contact_of(db, first, name="吴越", phone=phone)
    await contact_of(db, second, name="Wu Yue", phone=phone, email="wu@stacked.example")
    before = await rows(db, one, first, second)
    boss = await sign_in("zhao.min")
    merges = [
        (await post(boss, f"/api/customers/{one}/merge", merged=[other])).json()["id"] for other in (first, second)
    ]
    assert len((await boss.get(f"/api/customers/{one}")).json()["contacts"]) == 2
    for merge_id in merges:
        assert (await post(boss, f"/api/customers/merges/{merge_id}/undo")).json() == {"kept": []}
    assert await rows(db, one, first, second) == before
