"""Files come with a public support form: kept once all is right, refused by name, and opened by who sees the ticket."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from api.services import Services
from commands.lead_form import open_default_forms
from commands.policy import publish_defaults
from db.actor import actor_of
from db.engine import Database
from db.ticket import Ticket, TicketMessage
from domain.lead_form import SUPPORT
from tests.conftest import SignIn

PNG = b"\x89PNG\r\n\x1a\nscreen"
PICTURE = ("files", ("屏幕.png", PNG, "image/png"))
LOG = ("files", ("C:\\logs\\gateway.txt", "离线 03:10".encode(), "text/plain"))


@pytest.fixture(autouse=True)
async def forms(db: Database) -> None:
    await publish_defaults(db)
    await open_default_forms(db)


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


async def write(client: AsyncClient, email: str, files: list[Any], key: str = "", **typed: str) -> Response:
    shown = await client.get("/f/support?lang=en")
    token = re.search(r'name="token" value="([^"]+)"', shown.text)
    assert token
    form = {
        "token": token[1], "idempotency_key": key or uuid4().hex, "company": "蓝港物流", "name": "周明", "email": email,
        "message": "网关又离线了", "consent": "1",
    }  # fmt: skip
    return await client.post("/f/support?lang=en", data=form | typed, files=files)


async def came(db: Database, email: str) -> list[TicketMessage]:
    query = select(TicketMessage).join(Ticket, Ticket.id == TicketMessage.ticket_id).where(Ticket.from_email == email)
    async with db.session() as session:
        return list(await session.scalars(query))


async def test_files_of_the_form_hang_on_its_ticket_once_and_are_only_ever_saved(
    client: AsyncClient, db: Database, sign_in: SignIn
) -> None:
    email, key = f"{uuid4().hex}@files.example", uuid4().hex
    for _ in range(2):  # the second click
        sent = await write(client, email, [PICTURE, LOG], key)
        assert sent.status_code == 303, sent.text
    [message] = await came(db, email)
    assert [(one["name"], one["type"]) for one in message.attachments] == [
        ("屏幕.png", "image/png"), ("gateway.txt", "text/plain"),
    ]  # fmt: skip
    address = f"/documents/{message.attachments[0]['hash']}"
    lead = await sign_in("gao.fei")
    got = await lead.get(address)
    assert (got.content, got.headers["x-content-type-options"]) == (PNG, "nosniff")
    assert got.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in got.headers["content-security-policy"]
    client.cookies.clear()
    assert (await client.get(address)).status_code == 401


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ([("files", ("setup.exe", b"MZ", "image/png"))], 422, "setup.exe is of a type that is not taken."),
        ([PICTURE, ("files", ("a.png", b"MZ", "image/png"))], 422, "a.png is not what its name ends in."),
        ([("files", ("a.txt", b"", "text/plain"))], 422, "a.txt is empty."),
        ([PICTURE] * 6, 422, "At most 5 files at once."),
        ([("files", (f"{n}.txt", b"x" * 13_000_000, "text/plain")) for n in range(3)], 413, "more than 25 MB together"),
    ],
)
async def test_a_file_that_is_refused_is_named_and_nothing_typed_is_lost(
    client: AsyncClient, db: Database, files: list[Any], status: int, said: str
) -> None:
    email = f"{uuid4().hex}@files.example"
    refused = await write(client, email, files)
    assert refused.status_code == status
    assert said in refused.text
    assert "Please choose the files again." in refused.text
    assert "网关又离线了" in refused.text
    assert f'value="{email}"' in refused.text
    assert await came(db, email) == []


async def test_a_form_takes_no_files_where_it_was_built_without(
    client: AsyncClient, db: Database, services: Services, people: dict[str, str]
) -> None:
    async with db.session() as session:
        lead = await actor_of(session, people["shen.yu"])
    key = await services.lead_forms.add(lead, name="Short", region_id=people["east"], makes="ticket")
    design = SUPPORT.model_copy(update={"files": False})
    await services.lead_forms.build(lead, key, name="Short", design=design, version=1)
    await services.lead_forms.change(lead, key, origins=[], active=True)
    assert 'type="file"' not in (await client.get(f"/f/{key}")).text
    assert 'type="file"' in (await client.get("/f/support")).text
    assert 'type="file"' not in (await client.get("/f/east")).text
