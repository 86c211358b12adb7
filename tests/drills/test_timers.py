"""Timers of seconds fall due while their worker hangs and is then killed: each happens once, in its order."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select

from commands.lead_intake import NewLead
from db.collection import Collection
from db.customer import Contact
from db.deal import Deal
from db.lead import Lead
from db.policy import current_policy
from db.process import TimelineEvent
from db.quote import Quote
from db.timeline import ORDER
from domain.collection import DEFAULT as COLLECTION
from domain.lead import DEFAULT as LEAD
from domain.pipeline import DEFAULT as PIPELINE
from domain.quote_template import DEFAULT as QUOTE
from domain.refusal import Refused
from launch.cast import load_cast
from launch.embedded import temporary_home
from launch.ports import free_port
from settings import Settings
from tests.drills.test_kill import kept_logs
from tests.launch.terminal import up
from tests.selling import YUAN, Selling
from ui.app import create_app

pytestmark = pytest.mark.drill

FIRST = timedelta(seconds=30)
STEP = timedelta(seconds=4)
ZONE = ZoneInfo("Asia/Shanghai")
AWAY = timedelta(seconds=55)
"""From when the first process begins until the worker is killed; everything has fallen due by then."""


async def test_what_falls_due_while_the_worker_hangs_happens_once_and_in_its_order() -> None:
    with temporary_home() as home:
        environment = os.environ | {
            "THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(free_port()), "THROUGHLINE_DURABILITY": "full",
        }  # fmt: skip
        async with kept_logs(home), up(environment, "--no-demo") as running:
            await running.runs()
            async with office(home) as selling:
                await warm(selling)
                began = datetime.now(UTC)
                await publish(selling, began + FIRST)
                records = await asyncio.gather(lead(selling), deal(selling), quote(selling), collection(selling))
                assert datetime.now(UTC) < began + FIRST, "the machine is too slow for timers of seconds"
                worker = running.child("worker")
                worker.suspend()
                await asyncio.sleep((began + AWAY - datetime.now(UTC)).total_seconds())
                worker.kill()
                stories = [await story(selling, record, last) for record, last in records]
    assert stories == [
        ["lead.late"],
        ["deal.stalled", "deal.stalled_red", "deal.stalled_told"],
        ["quote.lapses_soon", "quote.lapsed"],
        ["collection.overdue", "collection.level", "collection.level"],
    ]


@asynccontextmanager
async def office(home: Path) -> AsyncIterator[Selling]:
    """The commands of the product that runs there."""
    servers = json.loads((home / "run" / "servers.json").read_text())
    with pytest.MonkeyPatch.context() as environment:
        for name, value in servers.items():
            environment.setenv(name, value)
        app = create_app(Settings(home=home))
        async with app.router.lifespan_context(app):
            async with app.state.services.db.session() as session:
                people = await load_cast(session)
            yield Selling(app.state.services, people)


async def warm(selling: Selling) -> None:
    """A worker that has just started takes seconds for the first process of each kind."""
    for begin in (lead, deal, quote, collection):
        while True:
            try:
                await begin(selling)
                break
            except Refused as refused:
                if refused.status != 503:
                    raise


async def publish(selling: Selling, first: datetime) -> None:
    """Everything falls due at `first` or a few seconds after it, whenever it begins before."""
    left = first - datetime.now(UTC)
    target = {"allowed": left + STEP, "remind": left}
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    overdue = first - midnight
    halves = {
        "name": {"zh": "各半", "en": "Halves"},
        "parts": [{"share_bp": 5_000, "event": "delivery"}, {"share_bp": 5_000, "days": 37}],
    }
    documents: dict[str, dict[str, Any]] = {
        "lead": {**LEAD, "calendar": None, "passes": 1, "targets": dict.fromkeys("abcd", target)},
        "pipeline": {**PIPELINE, "stall": {"amber": left, "red": left + STEP, "manager": left + 2 * STEP}},
        "quote_template": {**QUOTE, "validity": left + STEP, "remind": STEP},
        "collection": {
            **COLLECTION, "plans": {"halves": halves}, "choices": [{"plan": "halves"}],
            "rules": {"levels": [{"after": overdue + n * STEP, "tell": ["owner"]} for n in range(2)]},
        },
    }  # fmt: skip
    admin = await selling.actor("gu.ming")
    for kind, document in documents.items():
        async with selling.services.db.session() as session:
            follows, _ = await current_policy(session, kind)
        written = TypeAdapter(dict[str, Any]).dump_python(document, mode="json")
        await selling.services.policies.publish(admin, uuid4().hex, kind, written, follows=follows)


Begun = tuple[str, str]
"""A record's id, and the event its story ends with."""


async def lead(selling: Selling) -> Begun:
    lead_id = await selling.services.leads.capture(
        NewLead(source="phone", company=f"断电 {uuid4().hex[:6]}", name="周明", region="east")
    )
    await selling.row(Lead, lead_id, stage="assigned")
    return lead_id, "lead.late"


async def deal(selling: Selling) -> Begun:
    return await selling.deal("停滞的商机"), "deal.stalled_told"


async def quote(selling: Selling) -> Begun:
    quotes, seller = selling.services.quotes, await selling.actor("li.wei")
    deal_id = await selling.deal("报价到期", amount=80_000 * YUAN)
    quote_id, _ = await quotes.open(seller, uuid4().hex, deal_id)
    drafted = await selling.row(Quote, quote_id, status="draft")
    await quotes.submit(seller, uuid4().hex, quote_id, version=drafted.version, edits=drafted.edits)
    approved = await selling.row(Quote, quote_id, status="approved")
    async with selling.services.db.session() as session:
        session.add(contact := Contact(customer_id=approved.customer_id, name="陈静", email="chen@landing.example"))
        await session.flush()
        contact_id = contact.id
    await quotes.send(seller, uuid4().hex, quote_id, version=1, contact_id=contact_id, language="zh_CN")
    await selling.row(Quote, quote_id, status="sent")
    return quote_id, "quote.lapsed"


async def collection(selling: Selling) -> Begun:
    deal_id = await selling.deal("逾期回款", amount=48_000 * YUAN, stage="negotiation")
    await selling.submitted(deal_id)
    await selling.decide(deal_id, "zhao.min")
    await selling.row(Deal, deal_id, contract_status="approved")
    await selling.move(deal_id, "negotiation", "won")

    async def opened() -> Collection | None:
        async with selling.services.db.session() as session:
            return await session.scalar(select(Collection).where(Collection.deal_id == deal_id))

    found = await selling.until(opened)
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    finance = await selling.actor("he.jie")
    await selling.services.collections.record_event(finance, uuid4().hex, found.id, event="delivery", on=yesterday)
    return found.id, "collection.level"


async def story(selling: Selling, record_id: str, last: str) -> list[str]:
    """What its clocks led to, once the last of it is there and the worker has had the time to do it again."""
    kind = last.partition(".")[0]
    clocks = {"lead": ("late",), "deal": ("stall",), "quote": ("laps",), "collection": ("overdue", "level")}[kind]

    async def told() -> list[str]:
        async with selling.services.db.session() as session:
            lines = select(TimelineEvent).where(TimelineEvent.record_id == record_id).order_by(*ORDER)
            kinds = [line.kind for line in await session.scalars(lines)]
        return [one for one in kinds if any(one.startswith(f"{kind}.{clock}") for clock in clocks)]

    async def ended() -> list[str] | None:
        kinds = await told()
        return kinds if kinds.count(last) >= (2 if last == "collection.level" else 1) else None

    await selling.until(ended, within=60)
    return await told()
