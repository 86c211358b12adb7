"""The form for what is known of a customer: each field asked for in the way of its type, as its kind lays them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.document import chunks_of
from api.problem import named
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.customer_edit import CustomerEditBody, Editable, Given, editable
from commands.customer_match import Match
from db.person import Person, units
from domain.access import Action, Actor
from domain.customer_field import Field, Laid, layout, masked, plain
from domain.ids import RecordId
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say
from ui.customer_collision import collisions
from ui.customer_fact import names_for
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import page, redirect

router = APIRouter(
    prefix="/customers",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_WORK))],
)
OWN, FILE = "field-", "file-"
COLLIDES = frozenset({"customer_known", "customer_alike"})
FILES = 10


@router.get("/{customer_id}/edit")
async def ask(
    request: Request, customer_id: RecordId, actor: CurrentActor, services: Provided, kind: str = ""
) -> HTMLResponse:
    return await _form(request, actor, services, customer_id, kind)


@router.post("/{customer_id}/edit")
async def keep(
    request: Request, customer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await request.form()
    given = typed_fields(form)
    kind, reason = str(form.get("kind", "")) or None, str(form.get("reason", "")).strip() or None
    alike: list[Match] = []
    try:
        async with services.db.session(actor.id) as session:
            now = await editable(session, actor, customer_id)
        await _take_files(form, given, actor, services, now)
        based_on = str(form.get("based_on", "")) or None
        asked = CustomerEditBody.model_validate(
            {"values": given, "kind": kind, "based_on": based_on, "reason": reason}
        )  # fmt: skip
        try:
            await services.customer_edits.edit(actor, key, customer_id, asked)
        except Refused as refused:
            if refused.code in COLLIDES:
                alike = await services.customer_edits.alike(actor, customer_id, asked)
            raise
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused):
            if error.status not in (409, 413, 422):
                raise
            error = await named(request, error)
        status, code = (error.status, error.code) if isinstance(error, Refused) else (422, "")
        return await _form(
            request, actor, services, customer_id, kind or "", given, mistakes(request, error), status=status,
            stale=code == "customer_changed", collisions=await collisions(request, actor, services, alike),
            reason=reason or "",
        )  # fmt: skip
    return redirect(request, f"/customers/{customer_id}", say(request, N_("Saved.")))


def _without_name(section: Laid) -> bool:
    """Whoever corrects a customer looks for its name at the top, also where the layout leaves it to the rest."""
    return all(field.key != "name" for field in section.fields)


def typed_fields(form: FormData) -> dict[str, Given]:
    """What the form holds for each field, by key; several values as a list."""
    keys = dict.fromkeys(name.removeprefix(OWN) for name in form if name.startswith(OWN))
    return {key: _typed(form.getlist(OWN + key)) for key in keys}


def _typed(sent: Sequence[str | UploadFile]) -> Given:
    texts = [one for one in sent if isinstance(one, str)]
    return texts[0] if len(texts) == 1 else [one for one in texts if one]


async def _take_files(form: FormData, given: dict[str, Given], actor: Actor, services: Services, now: Editable) -> None:
    """Keeps the files sent along and adds their hashes to what is asked for their field."""
    for field in now.readable.open:
        sent = [one for one in form.getlist(FILE + field.key) if isinstance(one, UploadFile) and one.filename]
        if field.type != "files" or not sent:
            continue
        if len(sent) > FILES:
            raise invalid("field_too_many", field.key, most=FILES)
        held = given.get(field.key) or []
        hashes = [held] if isinstance(held, str) else list(held) if isinstance(held, list) else []
        for file in sent:
            chunks = chunks_of(file)
            try:
                kept = await services.documents.add_file(actor, file.filename or "", chunks, needs=Action.CUSTOMER_WORK)
            except Refused as refused:
                raise Refused(refused.code, refused.status, field=field.key, **refused.params) from None
            hashes.append(kept.hash)
        given[field.key] = hashes


async def _form(
    request: Request, actor: Actor, services: Services, customer_id: str, kind: str,
    typed: Mapping[str, Given] | None = None, errors: dict[str, str] | None = None, *, status: int = 200,
    stale: bool = False, **more: Any,
) -> HTMLResponse:  # fmt: skip
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        now = await editable(session, actor, customer_id)
        asked = [field for field in now.readable.writable if not field.made]
        seen = [field for field in asked if field.key not in now.readable.masked]
        shown = await choices(session, asked, pages.language(request))
        names = await names_for(session, actor, seen, now.values, pages.language(request))
    kind = kind if kind in {one.key for one in now.policy.kinds} else now.customer.kind
    given = {field.key: plain(field, now.values.get(field.key), services.settings.zone) for field in seen}
    unseen = {field.key: masked(field, now.values.get(field.key)) for field in asked if field not in seen}
    for field in seen:
        if field.type == "customer" and field.key in now.values:
            given[field.key] = names.get(now.values[field.key], given[field.key])
    errors = dict(errors or {})
    for key, value in (typed or {}).items():
        text = "\n".join(value) if isinstance(value, list) else str(value or "")
        if stale and key in given and given[key] != text:
            errors.setdefault(key, say(request, N_("Now it says: %(value)s"), value=given[key] or "–"))
        given[key] = text
    return await page(
        request, "customer/edit.html", status=status, customer=now.customer, kind=kind, kinds=now.policy.kinds,
        sections=sorted(layout(now.policy, kind, asked), key=_without_name), given=given, errors=errors,
        based_on=now.based_on, names=names, unseen=unseen, **shown, **{"collisions": [], "reason": ""} | more,
    )  # fmt: skip


async def choices(session: AsyncSession, asked: Sequence[Field], language: str) -> dict[str, Any]:
    """The colleagues and departments that the form offers, where it asks for any."""
    types = {field.type for field in asked}
    people, departments = list[tuple[str, str]](), list[tuple[str, str]]()
    if types & {"person", "people"}:
        found = await session.scalars(select(Person).where(Person.active).order_by(Person.name, Person.id))
        people = [(one.id, one.called(language)) for one in found]
    if "department" in types:
        departments = [(one.id, one.called(language)) for one in await units(session)]
    return {"people": people, "departments": departments}
