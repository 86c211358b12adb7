"""One collection with all that its page and side panel show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request

from api.services import Services
from db.collection import Instalment, Payment
from db.collection_case import CollectionCase, find_case
from db.customer_field import readable_by
from db.deal import Deal
from db.ledger import LedgerEntry
from db.process import Process
from db.scope import visible
from db.timeline import line_events
from domain.access import Action, Actor
from domain.dunning import REASONS
from domain.money import plain_amount
from domain.payment_plan import EVENTS
from domain.refusal import Refused
from ui.environment import here_with, pages_of
from ui.line import workflow_link
from ui.names import names
from ui.stage import pipelines
from ui.story import MAIN, Story, people_in
from workflows.collection import collection_workflow_id

EVENTS_SHOWN = 60
NEW_ROWS = 3
"""Empty rows of the plan's form, for new instalments."""
CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP", "SGD", "AUD")


@dataclass(frozen=True)
class Posting:
    """One posting of the ledger: its entries sum to zero in each currency."""

    first: LedgerEntry
    entries: Sequence[LedgerEntry]


@dataclass(frozen=True)
class PlanRow:
    """A row of the form that changes the plan, as typed or as it is; `fixed`: all of it is settled."""

    no: int
    id: str
    amount: str
    event: str
    days: str
    due_on: str
    fixed: bool = False


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
        readable = await readable_by(session, actor)
        process = await session.get(Process, collection_workflow_id(collection_id))
        told = replace(MAIN, processes={"collection"})
        events = await line_events(session, actor, collection.line_id, told, limit=EVENTS_SHOWN)
        events = [event for event in events if event.record_id == collection_id]
        waits = process.waiting if process else []
        called = await names(session, pages.language(request), people_in(events, waits) | _people(plan))
        known = await pipelines(session, pages.language(request))
        try:
            deal: Deal | None = await visible(session, actor, "deal", collection.deal_id)
        except Refused:
            deal = None
    story = Story(pages.formats(request), called, known, collection.currency)
    zone = services.settings.zone
    return {
        "plan": plan,
        "readable": readable,
        "beside": beside,
        "next": here_with(request, collection_id) if beside else f"/collections/{collection_id}",
        "deal": deal,
        "today": datetime.now(ZoneInfo(zone)).date(),
        "left": plan.outstanding,
        "free": collection.surplus - plan.reserved,
        "due": [_due(instalment, collection.opened_at, zone) for instalment in plan.instalments],
        "next_amount": plain_amount(_next(plan.instalments, plan.outstanding), collection.currency),
        "plain": lambda minor: plain_amount(minor, collection.currency),
        "names": called,
        "story": story,
        "waits": [story.waited(wait) for wait in waits],
        "events": story.told(events),
        "postings": _postings(plan.entries),
        "rows": lambda typed: plan_rows(plan, typed),
        "plan_events": EVENTS,
        "dispute_reasons": REASONS,
        "currencies": [collection.currency, *(one for one in CURRENCIES if one != collection.currency)],
        **_rights(actor, plan),
        "workflow": workflow_link(actor, services.temporal.namespace, process),
        "typed": {},
        "errors": {},
        "dialog": "",
    }


def _rights(actor: Actor, plan: CollectionCase) -> dict[str, bool]:
    row = plan.collection
    works = actor.reaches(Action.COLLECTION_WORK, owner=row.owner_id, region=row.region_id)
    follows = actor.reaches(Action.COLLECTION_FOLLOW, owner=row.owner_id, region=row.region_id)
    return {
        "may_record": works and plan.outstanding > 0,
        "may_work": works,
        "may_follow": follows and row.closed_at is None,
        "reads_customers": actor.scope(Action.CUSTOMER_READ) is not None,
    }


def _people(plan: CollectionCase) -> set[str]:
    found = {promise.recorded_by for promise in plan.promises}
    found |= {person for dispute in plan.disputes for person in (dispute.opened_by, dispute.resolved_by) if person}
    found |= {request.requested_by for request, _ in plan.requests}
    found |= {entry.booked_by for entry in plan.entries}
    return {person for person in found if len(person) == 36}


def _postings(entries: Sequence[LedgerEntry]) -> list[Posting]:
    """The latest first, the entries of each in their order."""
    found = []
    for _, group in groupby(entries, key=lambda entry: entry.posting_id):
        ordered = sorted(group, key=lambda entry: entry.no)
        found.append(Posting(ordered[0], ordered))
    return found


def plan_rows(plan: CollectionCase, typed: dict[str, str]) -> list[PlanRow]:
    """What the form that changes the plan shows: what was typed, or the plan as it is, and some empty rows."""
    if "amount.0" in typed:
        fields = ("id", "amount", "event", "days", "due_on")
        count = sum(name.startswith("amount.") for name in typed)
        fixed = {one.id for one in plan.instalments if _open(one) == 0}
        rows = [{name: typed.get(f"{name}.{no}", "") for name in fields} for no in range(min(count, 60))]
        return [PlanRow(no=no, fixed=row["id"] in fixed, **row) for no, row in enumerate(rows)]
    currency = plan.collection.currency
    known = [
        PlanRow(
            no=no, id=one.id, amount=plain_amount(one.amount, currency), event=one.event or "day", days=str(one.days),
            due_on=one.due_on.isoformat() if one.due_on and not one.event else "", fixed=_open(one) == 0,
        )
        for no, one in enumerate(plan.instalments)
    ]  # fmt: skip
    return [*known, *(PlanRow(len(known) + no, "", "", "day", "", "") for no in range(NEW_ROWS))]


def _open(instalment: Instalment) -> int:
    return instalment.amount - instalment.paid - instalment.credited - instalment.written_off


def _next(instalments: Sequence[Instalment], left: int) -> int:
    """What is most likely paid now: the rest of the oldest open instalment."""
    return next((open_ for part in instalments if (open_ := _open(part))), left)


def _due(instalment: Instalment, opened_at: datetime, zone: str) -> dict[str, Any]:
    """From when to when an instalment's ring runs: to the end of its day in the company's zone."""
    to = end_of(instalment.due_on, zone) if instalment.due_on else None
    return {"instalment": instalment, "from": opened_at, "to": to, "open": _open(instalment)}


def is_abroad(payment: Payment, currency: str) -> bool:
    return payment.currency != currency


def end_of(day: date, zone: str) -> datetime:
    """Until when something due on a day is in time."""
    return datetime.combine(day, time.max, ZoneInfo(zone))
