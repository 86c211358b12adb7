"""Open tickets go on under other service levels or calendars; every due time before and after stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.ticket_clock import AT_ONCE, MOST
from db.policy import find_version, versions
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.refusal import Refused
from locales import translate
from ui.render import page, redirect

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/sla/moves")
async def ask_sla(request: Request, actor: CurrentActor, services: Provided, to: Version = None) -> Response:
    """Without `to`: to the version in force."""
    return await _list(request, actor, services, "sla", to)


@router.get("/calendar/moves")
async def ask_calendar(request: Request, actor: CurrentActor, services: Provided, to: Version = None) -> Response:
    return await _list(request, actor, services, "calendar", to)


@router.post("/sla/moves")
async def move_sla(
    request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    to: Annotated[int, Form(ge=1, le=2**31 - 1)],
    picked: Annotated[list[RecordId], Form(max_length=MOST)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    """What is refused for one ticket holds up no other: the list says why."""
    return await _move(request, key, actor, services, "sla", to, picked)


@router.post("/calendar/moves")
async def move_calendar(
    request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    to: Annotated[int, Form(ge=1, le=2**31 - 1)],
    picked: Annotated[list[RecordId], Form(max_length=MOST)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:  # fmt: skip
    return await _move(request, key, actor, services, "calendar", to, picked)


async def _move(
    request: Request, key: str, actor: Actor, services: Services, kind: str, to: int, picked: list[str]
) -> Response:
    if len(picked) > AT_ONCE:
        told = await services.ticket_clocks.move_many(actor, key, kind, to, picked)
        count = translate(language_of(request)).ngettext(
            "%(num)d ticket goes over to version %(no)d within moments.",
            "%(num)d tickets go over to version %(no)d within moments.",
            told,
        )
        return redirect(request, f"/policies/{kind}/moves?to={to}", count % {"num": told, "no": to})
    titles = {one.ticket.id: one.ticket.number for one in await services.ticket_clocks.preview(actor, kind, to)}
    ends = await services.ticket_clocks.move(actor, key, kind, to, picked)
    refused = [
        (titles.get(ticket_id, ""), worded(request, await named(request, end)))
        for ticket_id, end in ends.items()
        if isinstance(end, Refused)
    ]
    if refused:
        return await _list(request, actor, services, kind, to, refused=refused)
    count = translate(language_of(request)).ngettext(
        "%(num)d ticket goes on under version %(no)d.", "%(num)d tickets go on under version %(no)d.", len(ends)
    )
    said = count % {"num": len(ends), "no": to} if ends else ""
    return redirect(request, f"/policies/{kind}/moves?to={to}", said)


async def _list(
    request: Request, actor: Actor, services: Services, kind: str, to: int | None,
    refused: Sequence[tuple[str, str]] = (),
) -> Response:  # fmt: skip
    async with services.db.session(actor.id) as session:
        version = (await find_version(session, kind, to)).version
        known = await versions(session, kind)
    moves = await services.ticket_clocks.preview(actor, kind, version, MOST + 1)
    return await page(
        request, "policy/ticket_moves.html", status=409 if refused else 200, kind=kind, to=version, versions=known,
        moves=moves[:MOST], more=len(moves) > MOST, refused=refused,
    )  # fmt: skip
