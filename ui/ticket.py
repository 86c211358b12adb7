"""One ticket: its page, its parts as they change, and all that is done with it there."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.document import chunks_of
from api.services import Provided, Services
from api.ticket import (
    AssignBody,
    ChangeBody,
    CloseBody,
    MergeBody,
    NoteBody,
    ReplyBody,
    ResolveBody,
    SplitBody,
    WaitBody,
    WhyBody,
)
from commands.ticket_file import FILES_MOST
from commands.ticket_intake import Attachment
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import body, done, local_instant, say, typed
from ui.form import mistakes
from ui.render import fragment, page, redirect
from ui.ticket_record import record

router = APIRouter(prefix="/tickets", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])

PARTS = ("head", "conversation", "side", "merge")
SHOWN = (409, 413, 422)
"""Refusals that the page answers with what was typed still there."""


@router.get("/{ticket_id}")
async def show(request: Request, ticket_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """`part` is one of its parts alone, read anew when the ticket changes."""
    context = await record(request, actor, services, ticket_id)
    part = request.query_params.get("part", "")
    if part in PARTS:
        return await fragment(request, f"ticket/{part}.html", part, **context)
    return await page(request, "ticket/page.html", **context)


@router.post("/{ticket_id}/say")
async def speak(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """An answer or a note, as `mode` says."""
    form = await typed(request)
    note = form.get("mode") == "note"
    try:
        if note:
            noted = body(NoteBody, form, "text")
            answer = await services.tickets.note(actor, key, ticket_id, text=noted.text)
        else:
            asked = body(ReplyBody, form, "text", "then", "seen")
            files = await _files(request, actor, services)
            await _beside(actor, services, key, ticket_id, form)
            answer = await services.tickets.reply(actor, key, ticket_id, **asked.model_dump(), attachments=files)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error)
    return _done(request, ticket_id, answer, N_("The note is kept.") if note else N_("The answer is on its way."))


async def _files(request: Request, actor: Actor, services: Services) -> list[Attachment]:
    """What goes along with an answer, kept under its hash. Raises Refused (413, 422)."""
    sent = [one for one in (await request.form()).getlist("files") if isinstance(one, UploadFile) and one.filename]
    if len(sent) > FILES_MOST:
        raise invalid("too_many_files", "files", most=FILES_MOST)
    kept = [
        await services.documents.add_file(actor, one.filename or "", chunks_of(one), needs=Action.TICKET_WORK)
        for one in sent
    ]
    return [Attachment(hash=one.hash, name=one.name, size=one.size, type=one.media_type) for one in kept]


async def _beside(actor: Actor, services: Services, key: str, ticket_id: str, form: dict[str, str]) -> None:
    """What a macro does with the ticket beside its words: each once, under a key of its own."""
    changed = {name: form[f"set_{name}"] for name in ("priority", "kind", "queue") if form.get(f"set_{name}")}
    if changed:
        asked = ChangeBody.model_validate(changed)
        await services.tickets.change(actor, f"{key}/change", ticket_id, **asked.model_dump())
    if noted := form.get("note"):
        await services.tickets.note(actor, f"{key}/note", ticket_id, text=noted)


@router.post("/{ticket_id}/take")
async def take(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    return _done(request, ticket_id, await services.tickets.take(actor, key, ticket_id), N_("The ticket is yours."))


@router.post("/{ticket_id}/assign")
async def assign(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(AssignBody, form, "to", "why")
        answer = await services.tickets.assign(actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "assign")
    return _done(request, ticket_id, answer, N_("The ticket is given to them."))


@router.post("/{ticket_id}/wait-{whom}")
async def wait(
    request: Request, ticket_id: RecordId, whom: str, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    acts = {"customer": services.tickets.wait_for_customer, "third": services.tickets.wait_for_third}
    try:
        if whom not in acts:
            raise Refused("not_found", 404)
        until = {"until": local_instant(request, "until", form["until"])} if form.get("until") else {}
        asked = body(WaitBody, form, "why", **until)
        answer = await acts[whom](actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "wait" if form.get("until") else "")
    return _done(request, ticket_id, answer, N_("The ticket waits; its clocks stand still."))


@router.post("/{ticket_id}/go-on")
async def go_on(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    answer = await services.tickets.go_on(actor, key, ticket_id)
    return _done(request, ticket_id, answer, N_("The ticket is in hand again."))


@router.post("/{ticket_id}/resolve")
async def resolve(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(ResolveBody, form, "seen", "why")
        answer = await services.tickets.resolve(actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error)
    return _done(request, ticket_id, answer, N_("The ticket is resolved."), undo=f"/tickets/{ticket_id}/reopen")


@router.post("/{ticket_id}/reopen")
async def reopen(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    asked = body(WhyBody, await typed(request), "why")
    answer = await services.tickets.reopen(actor, key, ticket_id, why=asked.why)
    return _done(request, ticket_id, answer, N_("The ticket is open again."))


@router.post("/{ticket_id}/change")
async def change(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(ChangeBody, form, "priority", "kind", "queue", "why")
        answer = await services.tickets.change(actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "change")
    return _done(request, ticket_id, answer, N_("The ticket is changed."))


@router.post("/{ticket_id}/merge")
async def merge(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """On success the page of the ticket that goes on."""
    form = await typed(request)
    try:
        asked = body(MergeBody, form, "into")
        answer = await services.tickets.merge(actor, key, ticket_id, into=asked.into)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "merge")
    into = answer.result.get("into", ticket_id)
    return redirect(request, f"/tickets/{into}", say(request, N_("It goes on in this ticket.")))


@router.post("/{ticket_id}/split")
async def split(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """On success the page of the new ticket, as soon as it is there."""
    form = await typed(request)
    try:
        asked = body(SplitBody, form, "message_id", "subject")
        made = await services.tickets.split(actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "split")
    return redirect(request, f"/tickets/{made}", say(request, N_("It is a ticket of its own now.")))


@router.post("/{ticket_id}/close")
async def close(
    request: Request, ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(CloseBody, form, "spam", "why")
        answer = await services.tickets.close(actor, key, ticket_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, ticket_id, form, error, "close")
    return _done(request, ticket_id, answer, N_("The ticket is closed."), undo=f"/tickets/{ticket_id}/reopen")


async def _again(
    request: Request, actor: Actor, services: Services, ticket_id: str, form: dict[str, str],
    error: Refused | ValidationError, dialog: str = "",
) -> Response:  # fmt: skip
    """The page as it is now, with what was typed and what is wrong with it."""
    if isinstance(error, Refused) and error.status not in SHOWN:
        raise error
    status = error.status if isinstance(error, Refused) else 422
    if status == 409 and request.headers.get("HX-Request") and "text" not in form:
        raise error  # a key pressed in a list: a word is enough
    context: dict[str, Any] = await record(request, actor, services, ticket_id)
    again = {"typed": form, "errors": mistakes(request, error), "open_dialog": dialog if status == 422 else ""}
    mode = "note" if form.get("mode") == "note" else "reply"
    return await page(request, "ticket/page.html", status=status, **context | again | {"mode": mode})


def _done(request: Request, ticket_id: str, answer: Answer, text: str, undo: str = "") -> Response:
    return done(request, f"/tickets/{ticket_id}", answer, say(request, text), undo)
