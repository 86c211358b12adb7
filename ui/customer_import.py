"""Importing customers: the files sent in, a field for each column, how far it is, and taking it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.document import chunks_of
from api.language import language_of
from api.problem import worded
from api.services import Provided, Services
from commands.customer_import import ImportCommands
from db.customer_field import field_policy
from db.customer_import import (
    CustomerImport,
    CustomerImportRow,
    counts_told,
    find_import,
    list_imports,
    rows_told,
    unsearchable,
)
from db.customer_import_known import owners_in, pools_of, regions_of
from db.person import OrgUnit
from domain.access import Action, Actor
from domain.customer_field import fields
from domain.customer_import import MAY_UNDO, RUNNING, Choices
from domain.customer_import_columns import Known, column_of
from domain.field_value import limits_of
from domain.ids import RecordId, is_id
from domain.refusal import Refused, invalid, not_found
from locales import N_, translate
from locales.customer_import_labels import NEVER, STAGES, STEPS, WHY
from locales.refusals import refusal_text
from ui.acting import say, typed
from ui.csv_file import Value, csv_stream
from ui.customer_import_place import MODES, place_of
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect, respond

router = APIRouter(
    prefix="/customers/import", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_IMPORT))]
)
SEARCHED = frozenset({"done", "cancelled"})
PAGE, PREVIEWED, SHOWN = 30, 5, 20
IN_POOL = "pool:"
REPORTED = ("rejected", "double", "exists", "missing", "elsewhere", "kept")
"""Verdicts that a person may want to do something about."""


@dataclass(frozen=True)
class Progress:
    """`share` of the work of this step in per cent; `rate` in rows a second; `left` in seconds, None: not known yet."""

    step: str
    done: int
    total: int
    share: int
    rate: int
    left: int | None


def progress(row: CustomerImport, now: datetime) -> Progress:
    reading = row.step == "reading"
    done = row.read if reading else row.undone + row.kept if row.step == "undoing" else row.merged
    total = max(row.rows if row.step != "undoing" else row.created + row.updated, done, 1)
    spent = (now - row.step_at).total_seconds() if row.step_at else 0.0
    rate = (done - row.step_from) / spent if spent > 0.5 and row.step in ("reading", "merging") else 0.0
    left = round((total - done) / rate) if rate > 0 else None
    ending = row.undone + row.kept if row.stage == "undoing" else row.matched_at  # its steps are over
    return Progress(row.step or ("ending" if ending else ""), done, total, round(100 * done / total), round(rate), left)


@router.get("")
async def show_list(
    request: Request, actor: CurrentActor, services: Provided, before: RecordId | None = None
) -> HTMLResponse:
    return await _list(request, actor, services, before)


@router.post("")
async def add(request: Request, actor: CurrentActor, services: Provided) -> Response:
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("field_needed", "file")
        sent = await services.customer_imports.add(actor, file.filename, chunks_of(file))
    except Refused as error:
        if error.status not in (413, 422):
            raise
        return await _list(request, actor, services, None, error=error)
    url = f"/customers/import/{sent.id}"
    if not sent.known:
        return redirect(request, url)
    return redirect(request, url, say(request, N_("You sent these rows before: here they are, not begun yet.")), "info")


@router.get("/{import_id}")
async def show(request: Request, import_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _page(request, actor, services, import_id)


@router.post("/{import_id}")
async def start(
    request: Request, import_id: RecordId, actor: CurrentActor, services: Provided, key: IdempotencyKey
) -> Response:
    form = await typed(request)
    mapping = [form.get(f"column-{no}", "") for no in range(sum(name.startswith("column-") for name in form))]
    try:
        await services.customer_imports.start(actor, key, import_id, _choices(form, mapping))
    except Refused as error:
        if error.status != 422:
            raise
        return await _page(request, actor, services, import_id, sent=form, mapping=mapping, error=error)
    return redirect(request, f"/customers/import/{import_id}", say(request, N_("The import has begun.")), "info")


def _choices(form: dict[str, str], mapping: list[str]) -> Choices:
    """`whose` is `pool`, `pool:` with the key of one, `rule`, or a person's id."""
    whose = form.get("whose", "pool")
    mode = form.get("mode", "both")
    if mode not in ("create", "update", "both"):
        raise invalid("field_unknown", "mode", name=mode[:40])
    owner = whose if is_id(whose) else None
    pool = whose.removeprefix(IN_POOL) if whose.startswith(IN_POOL) else None
    return Choices(
        mapping=mapping, mode=mode, region_id=form.get("region_id", ""),
        target="owner" if owner else "rule" if whose == "rule" else "pool", owner_id=owner, pool=pool,
        bulk=form.get("bulk") == "1",
    )  # fmt: skip


@router.post("/{import_id}/{act}")
async def act(
    request: Request, import_id: RecordId, act: str, actor: CurrentActor, services: Provided, key: IdempotencyKey
) -> Response:
    known = {
        "pause": ImportCommands.pause, "resume": ImportCommands.resume, "cancel": ImportCommands.cancel,
        "undo": ImportCommands.undo,
    }  # fmt: skip
    if act not in known:
        raise not_found("customer_import")
    await known[act](services.customer_imports, actor, key, import_id)
    done = {
        "pause": N_("Paused."), "resume": N_("It goes on."), "cancel": N_("Cancelled."),
        "undo": N_("It is being taken back."),
    }  # fmt: skip
    return redirect(request, f"/customers/import/{import_id}", say(request, done[act]), "info")


@router.get("/{import_id}/rows.csv")
async def download(request: Request, import_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """The rows that did not become what they should, each with the reason, as they stood in the file: to be mended and
    sent again."""
    async with services.db.session(actor.id) as session:
        row = await find_import(session, actor, import_id)
        why = await _why(session, request, services, actor, row)
    text = translate(language_of(request)).gettext

    async def pages() -> AsyncIterator[list[Sequence[Value]]]:
        async for told in services.customer_imports.rows_as_sent(row, REPORTED):
            yield [[row.heading_row + one.no, why(one), *cells] for one, cells in told]

    return csv_stream("import-rows", [text(N_("Row")), text(N_("Why")), *row.headings], pages())


async def _why(
    session: AsyncSession, request: Request, services: Services, actor: Actor, row: CustomerImport
) -> Callable[[CustomerImportRow], str]:
    """Says why a row did not become what it should, with the field at fault."""
    language = language_of(request)
    text = translate(language).gettext
    known = await services.customer_imports.fields(session, actor)
    called = {one.key: one.en if language == "en" else one.zh for one in known}
    held = {column_of(one): one for one in fields(await field_policy(session))}

    def why(one: CustomerImportRow) -> str:
        if one.verdict == "double":
            return text(WHY["double"]) % {"row": row.heading_row + (one.other_no or 0)}
        if one.verdict != "rejected":
            return text(WHY[one.code if one.code in WHY else one.verdict])
        field = called.get(one.field or "", "")
        if one.code in WHY:
            return text(WHY[one.code]) % {"field": field}
        code, at_fault = one.code or "invalid", held.get(one.field or "")
        limits = {"most": 4_000, "region": ""} | (limits_of(at_fault, code) if at_fault else {})
        said = worded(request, Refused(code, 422, field=one.field, **limits))
        return text(N_("%(field)s: %(said)s")) % {"field": field, "said": said} if field else said

    return why


async def _list(
    request: Request, actor: Actor, services: Services, before: str | None, *, error: Refused | None = None
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await list_imports(session, actor, before=before, limit=PAGE + 1)
        called = await names(session, pages_of(request).language(request), {one.by_id for one in found})
    return await page(
        request, "customer_import/list.html", status=error.status if error else 200, imports=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else "", called=called, stages=_words(request, STAGES),
        errors=mistakes(request, error) if error else {},
    )  # fmt: skip


def _never(fields: Sequence[tuple[Known, str]], language: str) -> list[str]:
    """What is said of the fields that no column may be."""
    said = []
    for reason, sentence in NEVER.items():
        called = [one.en if language == "en" else one.zh for one, why in fields if why == reason]
        if called:
            listed = (", " if language == "en" else "、").join(called)
            said.append(translate(language).gettext(sentence) % {"fields": listed})
    return said


def _words(request: Request, labels: dict[str, str]) -> dict[str, str]:
    text = translate(language_of(request)).gettext
    return {key: text(label) for key, label in labels.items()}


async def _page(
    request: Request, actor: Actor, services: Services, import_id: str, *, sent: dict[str, str] | None = None,
    mapping: list[str] | None = None, error: Refused | None = None,
) -> HTMLResponse:  # fmt: skip
    language = language_of(request)
    async with services.db.session(actor.id) as session:
        row = await find_import(session, actor, import_id)
        counts = await counts_told(session, import_id) if row.stage not in ("uploaded", *RUNNING) else {}
        told = await rows_told(session, import_id, REPORTED, limit=SHOWN) if counts else []
        why = await _why(session, request, services, actor, row)
        unseen = await unsearchable(session, row) if row.created and row.stage in SEARCHED else 0
        fields = await services.customer_imports.fields(session, actor)
        unfilled = await services.customer_imports.never(session, actor)
        places = await regions_of(session, actor)
        whose = await _whose(session, places, language)
        called = await names(session, language, {one for one in (row.by_id, row.owner_id) if one})
        place = await place_of(session, row, called, pages_of(request).formats(request))
    text = translate(language).gettext
    own = [(one.key, one.zh if language != "en" else one.en) for one in fields]
    problem = None
    if row.problem:
        params = {name: value for name, value in row.problem["params"].items() if name not in ("field", "status")}
        problem = refusal_text(
            Refused(row.problem["code"], 422, **params), language, pages_of(request).formats(request)
        )
    return await respond(
        request, "customer_import/page.html", "progress", status=error.status if error else 200, row=row,
        progress=progress(row, datetime.now(UTC)), running=row.stage in RUNNING, may_undo=row.stage in MAY_UNDO,
        counts=counts, told=[(one, why(one)) for one in told], unseen=unseen, problem=problem, previewed=PREVIEWED,
        never=_never(unfilled, language), options=[("", text(N_("leave out"))), *own], mapping=mapping or row.mapping,
        regions=[(unit.id, unit.called(language)) for unit in places], whose=whose, place=place,
        typed=sent or {"region_id": row.region_id or "", "mode": row.mode, "whose": "pool"},
        stages=_words(request, STAGES), steps=_words(request, STEPS), modes=_words(request, MODES),
        errors=mistakes(request, error) if error else {},
    )  # fmt: skip


async def _whose(session: AsyncSession, places: Sequence[OrgUnit], language: str) -> list[Any]:
    """The pool, or one of several; whom the rules say; or one of the people there."""
    text = translate(language).gettext
    pools = {pool.key: pool.name for place in places for pool in await pools_of(session, place)}
    several = [
        (IN_POOL + key, text(N_("The pool %(pool)s")) % {"pool": name.called(language)}) for key, name in pools.items()
    ]
    people = {person.id: person.called(language) for place in places for person in await owners_in(session, place.id)}
    return [
        ("pool", text(N_("Nobody yet: the region's pool"))), *(several if len(several) > 1 else ()),
        ("rule", text(N_("As the rules for new customers say"))), *people.items(),
    ]  # fmt: skip
