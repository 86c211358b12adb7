"""Customers are written once per business key, in their language, with the files the letter speaks of."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import pytest
from aiosmtplib import SMTPRecipientRefused, SMTPRecipientsRefused
from fastapi import FastAPI
from sqlalchemy import select

from activities.letter import LetterActivities, LetterRequest
from api.services import Services
from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Contact, Customer
from db.document import remember_document
from db.letter import Letter, send_again
from worker.mail import Mailer
from worker.relay import Relay
from worker.webhook import WebhookSender


class Post(Mailer):
    """Keeps what it is given, or refuses it as a mail server does."""

    refuses: Exception | None = None

    async def deliver(self, key: str, message: EmailMessage) -> None:
        if self.refuses:
            raise self.refuses
        await super().deliver(key, message)


class Desk:
    def __init__(self, services: Services) -> None:
        self.services = services
        self.post = Post(services.settings)
        webhooks = WebhookSender(services.db, services.settings)
        self.relay = Relay(services.db, services.leads.desk.processes, self.post, webhooks)

    async def customer(self, email: str | None = "grace@ocean.example") -> str:
        async with self.services.db.session() as session:
            customer = Customer(name="宁波远洋")
            session.add(customer)
            await session.flush()
            session.add(Contact(customer_id=customer.id, name="Grace Wang", email=email))
        return customer.id

    async def write(self, customer_id: str, key: str = "", **more: Any) -> str:
        fields: dict[str, Any] = {"template": "overdue_2", "language": "en"} | more
        request = LetterRequest(key=key or new_id(), customer_id=customer_id, **fields)
        return await LetterActivities(self.services.db, "Asia/Shanghai").send_letter(request)

    async def letter(self, letter_id: str) -> Letter:
        async with self.services.db.session() as session:
            return (await session.scalars(select(Letter).where(Letter.id == letter_id))).one()

    def read(self, outbox_key: str) -> EmailMessage:
        path = self.services.settings.home / "mail" / f"{sha256(outbox_key.encode()).hexdigest()[:32]}.eml"
        parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@pytest.fixture
async def desk(app: FastAPI) -> Desk:
    services: Services = app.state.services
    await publish_defaults(services.db)
    return Desk(services)


async def test_a_letter_asked_for_twice_goes_out_once_with_its_attachment(desk: Desk) -> None:
    content = "对账单".encode()
    digest = sha256(content).hexdigest()
    path = desk.services.documents.store.path(digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    async with desk.services.db.session() as session:
        await remember_document(
            session, hash=digest, name="对账单.pdf", media_type="application/pdf", size=len(content), added_by="test"
        )
    customer = await desk.customer()
    params = {"title": "Cold chain <fleet>", "outstanding": 12_840_050, "currency": "CNY", "days": 12, "number": "P-7"}
    first = await desk.write(customer, "collection/7/overdue/2", params=params, attachments=[digest])
    assert await desk.write(customer, "collection/7/overdue/2", params={}) == first
    await desk.relay.carry_waiting()
    sent = await desk.letter(first)
    assert (sent.status, sent.address) == ("sent", "grace@ocean.example")
    assert sent.subject == "Second notice, overdue: Cold chain <fleet>"
    message = desk.read(f"letter/{first}")
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert "¥128,400.50 for Cold chain <fleet> (P-7) is overdue by 12 days" in text.get_content()
    assert html is not None
    assert "Cold chain &lt;fleet&gt;" in html.get_content()
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("对账单.pdf", content)


async def test_a_customer_without_an_address_is_not_written_to_before_there_is_one(desk: Desk) -> None:
    customer = await desk.customer(email=None)
    letter_id = await desk.write(customer)
    await desk.relay.carry_waiting()
    letter = await desk.letter(letter_id)
    assert (letter.status, letter.error) == ("failed", "no_address")
    async with desk.services.db.session() as session:
        session.add(Contact(customer_id=customer, name="Finance", email="ap@ocean.example"))
    async with desk.services.db.session() as session:
        await send_again(session, letter_id)
    await desk.relay.carry_waiting()
    letter = await desk.letter(letter_id)
    assert (letter.status, letter.address) == ("sent", "ap@ocean.example")


async def test_an_address_refused_for_good_is_given_up_and_one_refused_for_now_waits(desk: Desk) -> None:
    customer = await desk.customer()
    refused = SMTPRecipientsRefused([SMTPRecipientRefused(550, "no such user", "grace@ocean.example")])
    desk.post.refuses = refused
    gone = await desk.write(customer)
    await desk.relay.carry_waiting()
    assert ((await desk.letter(gone)).status, (await desk.letter(gone)).error) == ("failed", "no such user")
    desk.post.refuses = SMTPRecipientsRefused([SMTPRecipientRefused(451, "try later", "grace@ocean.example")])
    later = await desk.write(customer)
    await desk.relay.carry_waiting()
    assert (await desk.letter(later)).status == "queued"


async def test_an_unknown_template_fails_in_words_not_for_ever(desk: Desk) -> None:
    letter_id = await desk.write(await desk.customer(), template="birthday")
    await desk.relay.carry_waiting()
    assert ((await desk.letter(letter_id)).status, (await desk.letter(letter_id)).error) == ("failed", "no_template")
