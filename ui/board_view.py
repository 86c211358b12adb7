"""Saved views of the deals: kept under a name for oneself, or for a region; and removed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.board_view import drop_view, keep_view
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import invalid
from locales import N_
from ui.acting import say
from ui.render import redirect
from ui.selection import Selection

router = APIRouter(prefix="/deals/views", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])


@router.post("")
async def keep(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    name: Annotated[str, Form(max_length=60)],
    address: Annotated[str, Form(max_length=1_000)] = "",
    region_id: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    if not name.strip():
        raise invalid("field_needed", "name")
    kept = _selection(address)
    async with services.db.session(actor.id) as session:
        await keep_view(session, actor, name.strip(), urlencode(kept.asked()), region_id or None)
    return redirect(request, kept.but(), say(request, N_("Kept as “%(name)s”."), name=name.strip()))


@router.post("/{view_id}/drop")
async def drop(request: Request, view_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    async with services.db.session(actor.id) as session:
        await drop_view(session, actor, view_id)
    return redirect(request, "/deals", say(request, N_("The view was removed.")))


def _selection(address: str) -> Selection:
    """As an address of this page may say it. Raises Refused (422) for anything else."""
    try:
        return Selection.model_validate(dict(parse_qsl(address)))
    except ValidationError:
        raise invalid("bad_request", "address") from None
