"""Other systems and people's mail bring leads in, each message once; what is forged or automatic makes none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from socket import socket
from typing import Any

import aiosmtplib
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from api.services import Services
from commands.lead_hook import signature
from db.engine import Database
from db.lead import Lead
from db.lead_hook import LeadHook
from domain.json_path import paths_of, value_at
from tests.conftest import SignIn
from tests.somebody import phone_of
from worker.mail_listener import listen

WECOM = {
    "event": "lead",
    "user": {"name": "周明", "corp": "企微食品有限公司"},
    "field_data": [{"name": "mobile", "values": [phone_of("wecom")]}, {"name": "人数", "values": ["600"]}],
}
MAPPING = {
    "name": "user.name", "company": "$.user.corp", "phone": "field_data[name=mobile].values[0]",
    "size": 'field_data[name="人数"].values', "product": "=冷链", "x_event": "event",
}  # fmt: skip


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


async def leads(db: Database, company: str) -> list[Lead]:
    async with db.session() as session:
        return list(await session.scalars(select(Lead).where(Lead.company == company)))


async def send(client: AsyncClient, key: str, secret: str, message_id: str, body: Any, **headers: str) -> Response:
    text = json.dumps(body)
    signed = signature(secret, message_id, text) | headers | {"content-type": "application/json"}
    return await client.post(f"/api/hooks/leads/{key}", content=text, headers=signed)


async def test_a_signed_message_is_mapped_and_one_lead_however_often_it_comes(
    client: AsyncClient, sign_in: SignIn, people: dict[str, str], db: Database
) -> None:
    manager = await sign_in("zhao.min")
    asked = {"name": "企业微信", "region_id": people["east"], "campaign": "扫码"}
    made = (await manager.post("/api/lead-hooks", json=asked)).json()
    key, secret = made["key"], made["secret"]
    wrong = await manager.put(f"/api/lead-hooks/{key}", json={"name": "企业微信", "mapping": {"name": "a[b"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "path-name")
    mapped = {"name": "企业微信", "campaign": "扫码", "mapping": MAPPING}
    assert (await manager.put(f"/api/lead-hooks/{key}", json=mapped)).status_code == 204

    first, again = [await send(client, key, secret, "msg-0001", WECOM) for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    [lead] = await leads(db, "企微食品有限公司")
    assert (lead.source, lead.campaign, lead.size, lead.product, lead.custom) == (
        "hook", "扫码", "large", "冷链", {"event": "lead"},
    )  # fmt: skip
    async with db.session() as session:
        hook = await session.get_one(LeadHook, key)
    assert secret not in hook.secret

    forged = await send(client, key, secret, "msg-0002", WECOM, **{"webhook-signature": "v1,AAAA"})
    odd = await send(client, key, secret, "msg-0003", WECOM, **{"webhook-signature": "nonsense"})
    old = await send(client, key, secret, "msg-0004", WECOM, **{"webhook-timestamp": "1700000000"})
    assert {answer.status_code for answer in (forged, odd, old)} == {401}
    nobody = await send(client, key, secret, "msg-0005", {"user": {"name": "周明"}})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "contact_needed")
    renewed = (await manager.post(f"/api/lead-hooks/{key}/secret")).json()["secret"]
    assert (await send(client, key, secret, "msg-0006", WECOM)).status_code == 401
    assert (await send(client, key, renewed, "msg-0006", WECOM)).json()["fresh"] is False
    stranger = await sign_in("li.wei")
    assert (await stranger.get(f"/api/lead-hooks/{key}")).status_code == 403


def test_places_in_a_document_are_found_and_offered() -> None:
    assert ("field_data[0].values[0]", phone_of("wecom")) in paths_of(WECOM)
    assert value_at(WECOM, "user.phone") is None
    assert value_at(WECOM, "user") == json.dumps(WECOM["user"], ensure_ascii=False)
    assert value_at([1], "[0]") == "1"


def mail(to: str = "hello@langang.example", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.pop("sender", "孙强 <sun@rongda.example>")
    message["To"], message["Subject"] = to, headers.pop("subject", "想要报价")
    message["Message-ID"] = headers.pop("message_id", "<one@rongda.example>")
    for name, value in headers.items():
        message[name] = value
    message.set_content(f"你好，想了解冷链。\n电话：{phone_of('mail')}\n\n孙强\n荣达钢铁有限公司\n\n> 以前的信")
    return message


@pytest.fixture
async def port(services: Services, people: dict[str, str], sign_in: SignIn) -> AsyncIterator[int]:
    """The app listens for mail there, and takes what comes to hello@langang.example."""
    manager = await sign_in("zhao.min")
    form = {"address": "Hello@langang.example", "region_id": people["east"], "campaign": "官网邮箱"}
    assert (await manager.post("/leads/hooks/mail", data=form)).status_code == 303
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    listening = asyncio.create_task(listen("127.0.0.1", number, [services.lead_mail]))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", number)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.02)
    yield number
    listening.cancel()


async def test_a_persons_mail_is_a_lead_once_and_automatic_ones_are_none(port: int, db: Database) -> None:
    async def post(message: EmailMessage) -> None:
        await aiosmtplib.send(message, hostname="127.0.0.1", port=port, start_tls=False)

    for _ in range(2):
        await post(mail())
    [lead] = await leads(db, "荣达钢铁有限公司")
    assert (lead.source, lead.name, lead.phone, lead.email, lead.campaign) == (
        "mail", "孙强", phone_of("mail"), "sun@rongda.example", "官网邮箱",
    )  # fmt: skip
    assert lead.message is not None
    assert "想了解冷链" in lead.message
    assert "以前的信" not in lead.message
    assert lead.touches == 1
    automatic: list[dict[str, str]] = [
        {"Auto-Submitted": "auto-replied"}, {"subject": "自动回复：想要报价"}, {"Precedence": "bulk"},
        {"sender": "MAILER-DAEMON@rongda.example"},
    ]  # fmt: skip
    for no, headers in enumerate(automatic):
        await post(mail(message_id=f"<{no}@rongda.example>", **headers))
    async with db.session() as session:
        assert len(list(await session.scalars(select(Lead).where(Lead.source == "mail")))) == 1
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await post(mail(to="nobody@langang.example"))
