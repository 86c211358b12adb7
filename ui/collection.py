"""One collection's page: its plan and its money, what is promised and disputed, and what may be done about it."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.collection_list import collection_of_order
from domain.access import Action
from domain.ids import RecordId
from ui.collection_record import record
from ui.environment import here
from ui.render import respond, wants_fragment

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))])


@router.get("/collections/{collection_id}")
async def show(request: Request, collection_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    beside = wants_fragment(request) and urlsplit(here(request)).path == "/collections"
    context = await record(request, actor, services, collection_id, beside=beside)
    return await respond(request, "collection/page.html", "record", **context)


@router.get("/orders/{order_id}")
async def show_order(order_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """An order's page is that of the money it brings in."""
    async with services.db.session(actor.id) as session:
        collection_id = await collection_of_order(session, order_id)
    return RedirectResponse(f"/collections/{collection_id}", 303)
