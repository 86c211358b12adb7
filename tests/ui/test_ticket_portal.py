"""A customer follows their ticket by a link: sees what was said to them, answers, opens it again, says how it went."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from api.services import Services
from commands.ticket_intake import Inbound
from db.actor import actor_of
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import TicketLink, TicketRating
from domain.access import Actor

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture
async def gao(services: Services, people: dict[str, str]) -> Actor:
    async with services.db.session() as session:
        return await actor_of(session, people["gao.fei"])


async def came_in(services: Services, email: str = "zhou@portal.example") -> str:
    asked = Inbound(channel="form", text="网关离线了", name="周明", email=email, region="east")
    ticket_id = (await services.tickets.receive(asked, uuid4().hex)).ticket_id
    async with services.db.session() as session:
        session.add(TicketLink(ticket_id=ticket_id, token_hash=services.ticket_links.hash_of(ticket_id)))
    await stands(services, ticket_id, "triage", "queued", "assigned")
    return ticket_id


async def stands(services: Services, ticket_id: str, *stages: str) -> Ticket:
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                ticket = await session.get_one(Ticket, ticket_id)
            if ticket.stage in stages:
                return ticket
            await asyncio.sleep(0.02)


async def say(client: AsyncClient, link: str, text: str, files: Any = None) -> Response:
    form = {"text": text, "idempotency_key": uuid4().hex}
    return await client.post(link, data=form, files=files)


async def rows(services: Services, ticket_id: str) -> list[TicketMessage]:
    query = select(TicketMessage).where(TicketMessage.ticket_id == ticket_id).order_by(TicketMessage.at)
    async with services.db.session() as session:
        return list(await session.scalars(query))


async def test_a_customer_sees_what_was_said_to_them_and_never_our_notes(
    services: Services, client: AsyncClient, gao: Actor
) -> None:
    ticket_id = await came_in(services)
    link = services.ticket_links.path(ticket_id)
    await services.tickets.reply(gao, uuid4().hex, ticket_id, text="请重启网关")
    await services.tickets.note(gao, uuid4().hex, ticket_id, text="客户很急，别让他知道")
    await stands(services, ticket_id, "waiting_customer")
    seen = await client.get(f"{link}?lang=zh_CN")
    assert (seen.status_code, seen.headers["referrer-policy"]) == (200, "no-referrer")
    assert "网关离线了" in seen.text
    assert "请重启网关" in seen.text
    assert "别让他知道" not in seen.text
    assert "set-cookie" not in seen.headers

    key = uuid4().hex
    file = {"files": ("照片.png", b"\x89PNG\r\n\x1a\nx", "image/png")}
    for _ in range(2):  # the second click
        sent = await client.post(link, data={"text": "还是不行", "idempotency_key": key}, files=file)
        assert sent.status_code == 303
    await stands(services, ticket_id, "assigned")
    said = await rows(services, ticket_id)
    assert [one.body for one in said if one.direction == "in"] == ["网关离线了", "还是不行"]
    [kept] = said[-1].attachments
    got = await client.get(f"{link}/files/{kept['hash']}")
    assert (got.content, got.headers["x-content-type-options"]) == (b"\x89PNG\r\n\x1a\nx", "nosniff")
    assert got.headers["content-disposition"].startswith("attachment")
    assert (await client.get(f"{link}/files/{'0' * 64}")).status_code == 404

    wrong = await say(client, link, "x", {"files": ("a.exe", b"MZ", "application/x-msdownload")})
    assert wrong.status_code == 422
    assert (await say(client, link, " ")).status_code == 422
    nobody = await client.get("/t/" + "A" * 43)
    assert nobody.status_code == 404
    forged = await client.post(link, data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403


async def test_how_it_went_is_said_once_it_is_resolved_and_more_than_thanks_opens_it_again(
    services: Services, client: AsyncClient, gao: Actor
) -> None:
    ticket_id = await came_in(services)
    link = services.ticket_links.path(ticket_id)
    early = await client.post(f"{link}/rating", data={"score": "5"})
    assert early.status_code == 409
    await services.tickets.reply(gao, uuid4().hex, ticket_id, text="好了", then="resolve")
    await stands(services, ticket_id, "resolved")
    assert (await client.post(f"{link}/rating", data={"score": "6"})).status_code == 422
    for score in ("4", "2"):
        rated = await client.post(f"{link}/rating", data={"score": score, "words": "慢了点"})
        assert rated.status_code == 303
    async with services.db.session() as session:
        rating = await session.get_one(TicketRating, ticket_id)
    assert (rating.score, rating.words, rating.assignee_id) == (2, "慢了点", gao.id)

    assert (await say(client, link, "又离线了")).status_code == 303
    await stands(services, ticket_id, "assigned")

    await services.tickets.close(gao, uuid4().hex, ticket_id)
    await stands(services, ticket_id, "closed")
    async with services.db.session() as session:
        await session.execute(update(Ticket).where(Ticket.id == ticket_id).values(closed_at="2020-01-01T00:00:00Z"))
    over = await say(client, link, "还在吗")
    assert over.status_code == 409
    assert 'name="text"' not in over.text


async def test_what_was_merged_with_somebody_elses_ticket_shows_nothing_of_theirs(
    services: Services, client: AsyncClient, gao: Actor
) -> None:
    mine, theirs = await came_in(services, "mine@portal.example"), await came_in(services, "theirs@portal.example")
    await services.tickets.merge(gao, uuid4().hex, mine, into=theirs)
    await stands(services, mine, "merged")
    await services.tickets.reply(gao, uuid4().hex, theirs, text="给另一位客户的话")
    await stands(services, theirs, "waiting_customer")
    seen = await client.get(services.ticket_links.path(mine))
    assert seen.status_code == 200
    assert "给另一位客户的话" not in seen.text


async def test_a_link_that_was_taken_back_shows_nothing(services: Services, client: AsyncClient) -> None:
    ticket_id = await came_in(services)
    async with services.db.session() as session:
        await session.execute(
            update(TicketLink).where(TicketLink.ticket_id == ticket_id).values(revoked_at="2026-01-01T00:00:00Z")
        )
    assert (await client.get(services.ticket_links.path(ticket_id))).status_code == 404


async def test_one_address_may_not_try_links_for_ever(services: Services, client: AsyncClient) -> None:
    for _ in range(80):
        tried = await client.get("/t/" + uuid4().hex + "A" * 11)
        if tried.status_code == 429:
            break
    assert tried.status_code == 429
