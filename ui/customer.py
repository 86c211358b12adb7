"""Customers: the list, and one with contacts, followers, what is under way and what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from api.signpost import follow_signpost
from commands.billing import may_edit
from db.customer_case import customer_case
from db.customer_merge_case import merges_of
from db.equipment import equipment_of
from db.timeline import customer_events
from domain.access import Action
from domain.equipment import under_warranty
from domain.ids import RecordId
from ui.environment import pages_of
from ui.names import names
from ui.render import fragment, respond, wants_fragment
from ui.stage import pipelines
from ui.story import FILTERS, Filter, Story, people_in

router = APIRouter(
    prefix="/customers",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_READ))],
)

PAGE = 50
EVENTS = 40
READS = {
    "deal": Action.DEAL_READ,
    "contract": Action.CONTRACT_READ,
    "collection": Action.COLLECTION_READ,
    "ticket": Action.TICKET_READ,
}


@router.get("/{customer_id}")
async def show(
    request: Request,
    customer_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    told: Filter = "",
    after: RecordId | None = None,
) -> HTMLResponse:
    """`told` narrows the timeline, `after` goes on with it."""
    formats = pages_of(request).formats(request)
    today = formats.local(datetime.now(UTC)).date()
    async with services.db.session(actor.id) as session:
        case = await customer_case(session, actor, customer_id)
        events = await customer_events(session, actor, customer_id, FILTERS[told][1], after=after, limit=EVENTS + 1)
        equipment = await equipment_of(session, customer_id) if actor.scope(Action.EQUIPMENT_READ) else None
        merges = await merges_of(session, customer_id)
        owners = (
            {past.merge.by for past in merges}
            | {follower.owner_id for follower in case.followers}
            | {deal.owner_id for deal in case.deals}
        )
        story = Story(
            formats=formats,
            names=await names(session, formats.language, owners | people_in(events)),
            pipelines=await pipelines(session, formats.language, former=True),
            currency=services.settings.currency,
        )
    lines = {deal.line_id: (deal.title, f"/deals/{deal.id}") for deal in case.deals}
    context: dict[str, Any] = {
        "case": case,
        "story": story,
        "told": told,
        "filters": FILTERS,
        "events": story.told(events[:EVENTS], lines),
        "older": events[EVENTS - 1].id if len(events) > EVENTS else "",
        "address": f"/customers/{customer_id}",
        "reads": {kind: actor.scope(action) is not None for kind, action in READS.items()},
        "may_work": any(may_edit(actor, follower) for follower in case.followers),
        "equipment": equipment,
        "warranty": lambda row: under_warranty(row.warranty_until, today),
        "may_keep_equipment": any(
            actor.reaches(Action.EQUIPMENT_WORK, owner=one.owner_id, region=one.region_id) for one in case.followers
        ),
        "merges": merges,
        "may_undo_merge": actor.scope(Action.CUSTOMER_MERGE) is not None,
        "may_create": actor.scope(Action.DEAL_CREATE) is not None,
    }
    if after and wants_fragment(request):
        return await fragment(request, "story/events.html", "events", **context)
    return await respond(request, "customer/page.html", "record", **context)
