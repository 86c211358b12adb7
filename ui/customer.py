"""One customer: what is known, who follows it, what is under way and next, and what happened."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.billing import may_edit
from db.customer_case import CustomerCase, customer_case
from db.customer_figures import customer_figures, planned_with
from db.customer_merge_case import merges_of
from db.customer_pair import pairs_of
from db.customer_part import documents_of, open_tasks, orders_of, quotes_of
from db.customer_sight import CustomerSight
from db.customer_story import story_of
from db.equipment import equipment_of
from domain.access import Action, Actor
from domain.customer_match import Score
from domain.equipment import under_warranty
from domain.ids import RecordId
from domain.refusal import Refused
from ui.customer_fact import facts_of
from ui.customer_story import FILTERS, Asked, Filter, Telling, file_names, people_of
from ui.environment import pages_of
from ui.names import names
from ui.render import fragment, redirect, respond, wants_fragment
from ui.stage import Pipelines, pipelines
from ui.story import Story

router = APIRouter(
    prefix="/customers",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_READ))],
)

EVENTS = 25
Tab = Literal["", "quotes", "orders", "documents"]
READS = {
    "deal": Action.DEAL_READ,
    "contract": Action.CONTRACT_READ,
    "collection": Action.COLLECTION_READ,
    "ticket": Action.TICKET_READ,
}


class Timeline(BaseModel):
    """Which part of the page is asked for, and what of the timeline."""

    tab: Tab = ""
    told: Filter = ""
    by: RecordId | Literal[""] = ""
    on: date | None = None
    until: date | None = None
    after: str = Field("", max_length=120)

    @field_validator("on", "until", mode="before")
    @classmethod
    def none_where_empty(cls, given: object) -> object:
        return given or None


@router.get("/{customer_id}")
async def show(
    request: Request,
    customer_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    asked: Annotated[Timeline, Query()],
) -> Response:
    """`told`, `by`, `on` and `until` narrow the timeline, `after` goes on with it."""
    try:
        async with services.db.session(actor.id) as session:
            shown = await _shown(request, session, actor, services, customer_id, asked)
    except Refused as refused:
        if refused.status != 404:
            raise
        async with services.db.session(actor.id) as session:
            place = await (await CustomerSight.of(session, actor)).place_of(session, customer_id)
        if place is None:
            raise
        return redirect(request, "/pool/" + "/".join(place))  # as far as the pool shows it, and to be claimed there
    if asked.after and wants_fragment(request):
        return await fragment(request, "customer/_events.html", "events", **shown)
    return await respond(request, "customer/page.html", "record", **shown)


async def _shown(
    request: Request, session: AsyncSession, actor: Actor, services: Services, customer_id: str, asked: Timeline
) -> dict[str, Any]:
    formats, now = pages_of(request).formats(request), datetime.now(UTC)
    today = formats.local(now).date()
    case = await customer_case(session, actor, customer_id)
    facts = await facts_of(session, actor, case.customer, formats, today)
    wanted = Asked(asked.told, asked.by or "", asked.on, asked.until, asked.after)
    there = case.there
    told = wanted.wanted(ZoneInfo(formats.zone)).among(frozenset() if asked.tab else there)
    happened = await story_of(session, actor, customer_id, told, limit=EVENTS + 1)
    numbers = await customer_figures(session, actor, customer_id, now)
    planned = await planned_with(session, customer_id) if "follow_up" in there else []
    merges = await merges_of(session, customer_id) if "merge" in there else []
    merging = actor.scope(Action.CUSTOMER_MERGE) is not None
    met = (
        people_of(happened)
        | {one.by for one in planned}
        | {past.merge.by for past in merges}
        | {follower.owner_id for follower in case.followers}
        | {deal.owner_id for deal in case.deals}
        | {asked.by}
    )
    story = Story(
        formats=formats,
        names=await names(session, formats.language, met),
        pipelines=await pipelines(session, formats.language, former=True)
        if there & {"deal", "event"}
        else Pipelines(formats.language, {}, {}),
        currency=services.settings.currency,
        contacts={contact.id: contact.name for contact in (*case.contacts, *case.doubles)},
    )
    lines = {deal.line_id: (deal.title, f"/deals/{deal.id}") for deal in case.deals}
    telling = Telling(story, facts.readable, lines, await file_names(session, happened[:EVENTS]))
    keeps = actor.scope(Action.EQUIPMENT_READ) is not None
    equipment = await equipment_of(session, customer_id) if keeps and "equipment" in there else () if keeps else None
    return {
        "case": case, "story": story, "facts": facts, "numbers": numbers, "planned": planned,
        "told": asked.told, "asked": wanted, "filters": FILTERS, "events": telling.told(happened[:EVENTS]),
        "older": str(happened[EVENTS - 1].place) if len(happened) > EVENTS else "",
        "people": sorted((person.called(formats.language), id_) for id_, person in story.names.people.items()),
        "address": f"/customers/{customer_id}", "equipment": equipment, "merges": merges,
        "warranty": lambda row: under_warranty(row.warranty_until, today),
        "tasks": await open_tasks(session, actor, customer_id) if "task" in there else [], "tab": asked.tab,
        "part": await _part(session, actor, customer_id, asked.tab, [field.key for field in facts.readable.open]),
        "may_merge": merging,
        "twins": [(twin, Score(twin.pair.points).level) for twin in await pairs_of(session, actor, customer_id)]
        if merging and "pair" in there
        else [],
        **_may(actor, case),
    }  # fmt: skip


async def _part(session: AsyncSession, actor: Actor, customer_id: str, tab: Tab, open_fields: list[str]) -> Any:
    """What stands in the part that is open, where it is not the overview."""
    match tab:
        case "quotes":
            return await quotes_of(session, actor, customer_id)
        case "orders":
            return await orders_of(session, actor, customer_id)
        case "documents":
            return await documents_of(session, actor, customer_id, open_fields)
    return None


def _may(actor: Actor, case: CustomerCase) -> dict[str, Any]:
    """What the reader may read of the customer and do with it."""
    equips = (actor.reaches(Action.EQUIPMENT_WORK, owner=one.owner_id, region=one.region_id) for one in case.followers)
    return {
        # Who follows it elsewhere, the panel of its regions says as far as the policy lets them know.
        "followed": [
            one
            for one in case.followers
            if actor.reaches(Action.CUSTOMER_READ, owner=one.owner_id, region=one.region_id)
        ],
        "reads": {kind: actor.scope(action) is not None for kind, action in READS.items()},
        "may_work": any(may_edit(actor, follower) for follower in case.followers),
        "may_keep_equipment": any(equips),
        "may_create": actor.scope(Action.DEAL_CREATE) is not None,
    }
