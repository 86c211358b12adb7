"""The editor of a policy's draft: its rows and columns, throwing it away, publishing it, going back to a version."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.ticket_clock import COUNTED_BY
from db.policy_use import open_cases
from db.ticket_clock import open_versions
from domain.access import Action
from domain.pipeline import is_pipeline
from domain.policy_draft import add_row, delete_row, duplicate_row, move_row, remove_column, set_hit
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say
from ui.form import mistakes
from ui.policy_editor import changed, editing, new_row_id, refusal_shown, show_editor
from ui.render import redirect

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

Kind = Annotated[str, Path(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
Do = Annotated[str, Form(max_length=120)]


@router.get("/{kind}/edit")
async def edit(request: Request, kind: Kind, actor: CurrentActor, services: Provided) -> Response:
    return await show_editor(request, services, actor, kind)


@router.post("/{kind}/edit")
async def arrange(
    request: Request, kind: Kind, actor: CurrentActor, services: Provided, revision: Revision, do: Do
) -> Response:
    """One change of the table's frame, by a button: `up r_1`, `remove_column risk`, `hit collect`."""
    now = await editing(request, services, actor, kind)
    act, _, what = do.partition(" ")
    if now.revision != revision:
        stale = Refused("draft_changed", by=now.draft.changed_by if now.draft else None)
        return await refusal_shown(request, services, actor, kind, stale)
    return await changed(request, services, actor, kind, _arranged(now.document, act, what), revision)


def _arranged(document: dict[str, Any], act: str, what: str) -> dict[str, Any]:
    match act:
        case "add":
            return add_row(document, new_row_id())
        case "duplicate":
            return duplicate_row(document, what, new_row_id())
        case "delete":
            return delete_row(document, what)
        case "up":
            return move_row(document, what, -1)
        case "down":
            return move_row(document, what, 1)
        case "remove_column":
            return remove_column(document, what)
        case "hit":
            return set_hit(document, what)
        case _:
            raise invalid("invalid", "do", fields="do")


@router.post("/{kind}/edit/begin")
async def begin(
    request: Request,
    kind: Kind,
    actor: CurrentActor,
    services: Provided,
    revision: Revision,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """The draft becomes what an earlier version was: the way back to it."""
    try:
        await services.policy_drafts.begin(actor, kind, version, revision=revision)
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    said = say(request, N_("The draft is version %(no)s now. Publish it to go back to it."), no=str(version))
    return redirect(request, f"/policies/{kind}/edit", said)


@router.post("/{kind}/edit/follow")
async def follow(request: Request, kind: Kind, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    """The draft is to come after the newest version, whatever that one changed."""
    now = await editing(request, services, actor, kind)
    try:
        await services.policy_drafts.save(actor, kind, now.document, revision=revision, based_on=now.newest)
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    return redirect(request, f"/policies/{kind}/edit")


@router.post("/{kind}/edit/discard")
async def discard(
    request: Request, kind: Kind, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    try:
        await services.policy_drafts.discard(actor, kind, revision=revision)
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    return redirect(request, f"/policies/{kind}", say(request, N_("The draft was thrown away.")))


@router.post("/{kind}/edit/publish")
async def publish(
    request: Request,
    kind: Kind,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    revision: Revision,
    note: Annotated[str, Form(max_length=500)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    typed = {"note": note, "valid_from": valid_from}
    try:
        if not note.strip():
            raise invalid("note_needed", "note")
        start = _start_of(valid_from, services.settings.zone)
        version = await services.policies.publish_draft(
            actor, key, kind, revision=revision, note=note.strip(), valid_from=start
        )
    except Refused as refused:
        if refused.field in typed:
            wrong = mistakes(request, refused)
            return await show_editor(request, services, actor, kind, status=422, typed=typed, errors=wrong)
        return await refusal_shown(request, services, actor, kind, refused, typed=typed)
    said = say(request, N_("Version %(no)s is published."), no=str(version))
    if is_pipeline(kind) and start is None:
        async with services.db.session(actor.id) as session:
            if set(await open_cases(session, kind)) - {version}:
                return redirect(request, f"/policies/{kind}/moves?to={version}", said)
    if kind in COUNTED_BY and start is None:
        async with services.db.session(actor.id) as session:
            if set(await open_versions(session, kind)) - {version}:
                return redirect(request, f"/policies/{kind}/moves?to={version}", said)
    return redirect(request, f"/policies/{kind}", said)


def _start_of(day: str, zone: str) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
    except ValueError as error:
        raise invalid("date_unreadable", "valid_from") from error
