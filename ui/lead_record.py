"""One lead with all that its page and side panel show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request

from api.services import Services
from db.customer import Customer
from db.lead_list import find_lead
from db.process import Process
from db.timeline import line_events
from domain.access import Action, Actor
from domain.contact import readable_phone
from domain.money import plain_amount
from domain.refusal import Refused
from ui.environment import here_with, pages_of
from ui.line import workflow_link
from ui.names import names
from ui.stage import pipelines
from ui.story import MAIN, Story, people_in
from workflows.lead import lead_workflow_id

SHORT = 40
"""Events a page tells; a lead's own line is rarely longer."""


async def record(
    request: Request, actor: Actor, services: Services, lead_id: str, *, beside: bool, missing_ok: bool = False
) -> dict[str, Any]:
    """The context of lead/record.html; `shown` is None for a lead that is not to be seen, where that is `missing_ok`.

    Raises Refused (404) otherwise.
    """
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        try:
            shown = await find_lead(session, actor, lead_id)
        except Refused:
            if missing_ok:
                return {"shown": None}
            raise
        process = await session.get(Process, lead_workflow_id(lead_id))
        waits = process.waiting if process else []
        events = await line_events(session, actor, lead_id, MAIN, limit=SHORT)
        called = await names(session, pages.language(request), people_in(events, waits))
        customer = await session.get(Customer, shown.lead.customer_id) if shown.lead.customer_id else None
        known = await pipelines(session, pages.language(request))
    lead, settings = shown.lead, services.settings
    story = Story(pages.formats(request), called, known, lead.currency)
    works = actor.reaches(Action.LEAD_WORK, owner=lead.owner_id, region=lead.region_id)
    open_lead = lead.stage in ("new", "assigned", "contacted")
    return {
        "shown": shown,
        "beside": beside,
        "next": here_with(request, lead_id) if beside else f"/leads/{lead_id}",
        "customer": customer if actor.scope(Action.CUSTOMER_READ) is not None else None,
        "phone": readable_phone(lead.phone, settings.country) if lead.phone else "",
        "amount_typed": plain_amount(lead.amount, lead.currency) if lead.amount else "",
        "waits": [
            {
                "text": story.waiting(wait),
                "who": story.holders(wait["holders"]),
                "since": _instant(wait["since"]),
                "due": _instant(wait["due"]),
            }
            for wait in waits
        ],
        "events": story.told(events),
        "may_work": works and open_lead,
        "may_qualify": works and open_lead and lead.owner_id is not None,
        "reads_deals": actor.scope(Action.DEAL_READ) is not None,
        "workflow": workflow_link(services.temporal.namespace, process) if process and _ops(actor) else "",
        "open_dialog": "",
        "typed": {},
        "errors": {},
    }


def _ops(actor: Actor) -> bool:
    return actor.scope(Action.OPS) is not None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
