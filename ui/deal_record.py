"""One deal with all that its page shows: the line, why it waits, the contract, the money, and what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from db.customer import contact_names
from db.customer_field import readable_by
from db.deal import Deal
from db.deal_part import Parts, parts_of, related_deals
from db.line import Line, asked_for, line_of
from db.pipeline import Pinned
from db.scope import visible
from db.timeline import line_events
from domain.access import Action, Actor
from domain.deal import HOWS, RESULTS
from domain.money import plain_amount
from domain.pipeline import pipeline_kind
from domain.refusal import Refused
from ui.approval_panel import ApprovalPanel
from ui.environment import pages_of
from ui.invoice import invoices_on_deal
from ui.line import LineView, workflow_link
from ui.names import names
from ui.policy_words import PolicyWords
from ui.quote import quotes_on_deal
from ui.stage import pipelines
from ui.story import FILTERS, Filter, Story, people_in

PAGE = 40
"""Events told at once."""


async def record(
    request: Request, actor: Actor, services: Services, deal_id: str, *, told: Filter = "", after: str | None = None
) -> dict[str, Any]:
    """The context of deal/record.html. `deal` is None for one this person just asked for, whose row is not there yet.

    Raises Refused (404) for one that is not to be seen. `told` and `after` say which events.
    """
    async with services.db.session(actor.id) as session:
        try:
            deal: Deal = await visible(session, actor, "deal", deal_id)
        except Refused:
            if await asked_for(session, actor.id, deal_id):
                return {"deal": None}
            raise
        line = await line_of(session, deal)
        parts = await parts_of(session, deal_id)
        readable = await readable_by(session, actor)
        related = await related_deals(session, actor, deal)
        events = await line_events(session, actor, deal.line_id, FILTERS[told][1], after=after, limit=PAGE + 1)
        story = await _story(session, request, line, parts, people_in(events, _waits(line)))
        stage = story.pipelines.stage(deal.stage)
        quoted = await quotes_on_deal(session, actor, deal, open_deal=stage.kind == "open")
        invoiced = await invoices_on_deal(session, actor, deal)
    may, namespace = _rights(actor, deal, stage.kind), services.temporal.namespace
    return {
        **quoted,
        **invoiced,
        "deal": deal,
        "line": line,
        "view": LineView(line, story, actor),
        "story": story,
        "stage": stage,
        **may,
        "steers": may["may_touch"],
        "parts": parts,
        "readable": readable,
        "related": related,
        "end_reason": _end_reason(story, line, stage.kind),
        "hows": HOWS,
        "results": RESULTS,
        "today": story.formats.local(datetime.now(UTC)).date(),
        "moves": story.pipelines.moves(deal, _pipeline(line)) if may["may_work"] else [],
        "reads_money": actor.scope(Action.COLLECTION_READ) is not None,
        "approval": _approval(line, story),
        "workflows": {p.workflow_id: link for p in line.processes if (link := workflow_link(actor, namespace, p))},
        "amount_typed": plain_amount(deal.amount, deal.currency),
        "told": told,
        "filters": FILTERS,
        "events": story.told(events[:PAGE]),
        "older": events[PAGE - 1].id if len(events) > PAGE else "",
        "open_dialog": "",
        "typed": {},
        "errors": {},
    }


def _rights(actor: Actor, deal: Deal, kind: str) -> dict[str, bool]:
    touches = actor.reaches(Action.DEAL_WORK, owner=deal.owner_id, region=deal.region_id)
    return {
        "may_work": touches and kind == "open",
        "may_touch": touches,
        "may_hand_over": touches and kind != "lost" and deal.closed_at is None,
        "may_reopen": touches and kind == "lost" and deal.closed_at is not None and deal.lost_in is not None,
        "may_copy": actor.reaches(Action.DEAL_CREATE, owner=deal.owner_id, region=deal.region_id),
    }


def _end_reason(story: Story, line: Line, kind: str) -> str:
    """In the words of the pipeline it ran under; a reason that is no longer listed is called by its key."""
    known = dict(story.pipelines.reasons(line.deal, _pipeline(line), kind))
    reason = line.deal.end_reason or ""
    return known.get(reason, reason)


async def _story(session: AsyncSession, request: Request, line: Line, parts: Parts, people: set[str]) -> Story:
    formats = pages_of(request).formats(request)
    named = {
        line.deal.owner_id,
        *(file.added_by for file in parts.files),
        *(task.claimed_by for task in line.tasks),
        *people,
    }
    if line.contract is not None:
        named |= set(line.contract.people)
    version = _pipeline(line)
    called = await names(session, formats.language, named)
    return Story(
        formats=formats,
        names=called,
        pipelines=await pipelines(
            session,
            formats.language,
            [Pinned(line.deal.pipeline_key, version)] if version else [],
            key=line.deal.pipeline_key,
            former=True,
        ),
        currency=line.deal.currency,
        contacts=await contact_names(session, line.customer.id),
        steps=_steps(line, PolicyWords(formats.language, formats, called)),
    )


def _steps(line: Line, words: PolicyWords) -> dict[str, str]:
    """What the steps of its approvals are called."""
    paths = line.contract.paths.values() if line.contract else ()
    return {step.key: words.step(step.step) for path in paths for step in path}


def _pipeline(line: Line) -> int | None:
    """The version of the pipeline that the deal runs under."""
    kind = pipeline_kind(line.deal.pipeline_key)
    return next((process.policies.get(kind) for process in line.processes if process.kind == "deal"), None)


def _waits(line: Line) -> list[dict[str, Any]]:
    """Everything with holders to be called by name."""
    waits = [wait for process in line.processes for wait in process.waiting]
    return [*waits, *({"holders": task.holders} for task in line.tasks)]


def _approval(line: Line, story: Story) -> ApprovalPanel | None:
    """The newest run through an approval line."""
    if line.contract is None or not line.contract.approvals:
        return None
    words = PolicyWords(story.language, story.formats, story.names)
    return ApprovalPanel(line.contract, line.contract.approvals[-1], words)
