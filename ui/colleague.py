"""Choosing colleagues in a form: they are found while one types, and stay chosen while one types on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.colleague import find_colleagues
from domain.access import Action
from domain.ids import RecordId
from ui.render import fragment

router = APIRouter(prefix="/people", include_in_schema=False, dependencies=[Depends(require(Action.PEOPLE_READ))])

People = Annotated[list[RecordId], Query(max_length=20)]


@router.get("/picks")
async def offer(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    q: Annotated[str, Query(max_length=100)] = "",
    people: People = [],  # noqa: B006 - FastAPI copies it
    to: People = [],  # noqa: B006
    without: People = [],  # noqa: B006
    many: bool = False,
) -> HTMLResponse:
    """For the macro `ui.colleagues`: `people` or `to` are chosen already, `without` cannot be."""
    chosen = people if many else to
    async with services.db.session(actor.id) as session:
        found = await find_colleagues(session, q, chosen=chosen, without=without)
    return await fragment(request, "person/picks.html", "picks", found=found, chosen=chosen, many=many)
