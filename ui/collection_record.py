"""One collection with all that its page and side panel show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from api.services import Services
from db.collection import Instalment
from db.collection_case import find_case
from db.deal import Deal
from db.process import Process
from db.scope import visible
from db.timeline import line_events
from domain.access import Action, Actor
from domain.money import plain_amount
from domain.refusal import Refused
from ui.environment import here_with, pages_of
from ui.line import workflow_link
from ui.names import names
from ui.stage import pipelines
from ui.story import MAIN, Story, people_in
from workflows.collection import collection_workflow_id

EVENTS = 40


async def record(
    request: Request, actor: Actor, services: Services, collection_id: str, *, beside: bool, missing_ok: bool = False
) -> dict[str, Any]:
    """The context of collection/record.html; `plan` is None for one not to be seen, where that is `missing_ok`.

    Raises Refused (404) otherwise.
    """
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        try:
            plan = await find_case(session, actor, collection_id)
        except Refused:
            if missing_ok:
                return {"plan": None}
            raise
        collection = plan.collection
        process = await session.get(Process, collection_workflow_id(collection_id))
        told = replace(MAIN, processes={"collection"})
        events = await line_events(session, actor, collection.line_id, told, limit=EVENTS)
        called = await names(session, pages.language(request), people_in(events))
        known = await pipelines(session, pages.language(request))
        try:
            deal: Deal | None = await visible(session, actor, "deal", collection.deal_id)
        except Refused:
            deal = None
    today = datetime.now(ZoneInfo(services.settings.zone)).date()
    left = collection.amount - collection.paid
    return {
        "plan": plan,
        "beside": beside,
        "next": here_with(request, collection_id) if beside else f"/collections/{collection_id}",
        "deal": deal,
        "today": today,
        "left": left,
        "due": [_due(instalment, collection.opened_at, services.settings.zone) for instalment in plan.instalments],
        "next_amount": plain_amount(_next(plan.instalments, left), collection.currency),
        "events": Story(pages.formats(request), called, known, collection.currency).told(events),
        "may_record": actor.scope(Action.COLLECTION_WORK) is not None and left > 0,
        "reads_customers": actor.scope(Action.CUSTOMER_READ) is not None,
        "workflow": workflow_link(services.temporal.namespace, process)
        if process and actor.scope(Action.OPS) is not None
        else "",
        "typed": {},
        "errors": {},
        "open_dialog": False,
    }


def _next(instalments: Sequence[Instalment], left: int) -> int:
    """What is most likely paid now: the rest of the oldest open instalment."""
    return next((part.amount - part.paid for part in instalments if part.amount > part.paid), left)


def _due(instalment: Instalment, opened_at: datetime, zone: str) -> dict[str, Any]:
    """From when to when an instalment's ring runs: to the end of its day in the company's zone."""
    to = end_of(instalment.due_on, zone) if instalment.due_on else None
    return {"instalment": instalment, "from": opened_at, "to": to}


def end_of(day: date, zone: str) -> datetime:
    """Until when something due on a day is in time."""
    return datetime.combine(day, time.max, ZoneInfo(zone))
