"""Uploading a file of leads: its first rows with a field for each column, how far it is, and what could not be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.document import chunks_of
from api.language import language_of
from api.problem import worded
from api.services import Provided, Services
from db.lead_upload import (
    LeadUpload,
    count_rows,
    failed_rows,
    find_upload,
    first_rows,
    list_uploads,
)
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.lead_columns import FIELDS
from domain.refusal import Refused, invalid, not_found
from locales import N_, translate
from ui.acting import typed
from ui.csv_file import Value, csv_file
from ui.form import mistakes
from ui.new_lead import choices_for
from ui.render import page, redirect, respond

router = APIRouter(prefix="/leads/upload", include_in_schema=False, dependencies=[Depends(require(Action.LEAD_CREATE))])
PREVIEWED, SHOWN, REPORTED = 5, 20, 50_000
NAMES = {
    "company": N_("Company"), "name": N_("Contact"), "phone": N_("Phone"), "email": N_("E-mail"),
    "message": N_("What they want"), "budget": N_("Budget"), "region": N_("Region"), "product": N_("Product"),
    "industry": N_("Industry"), "size": N_("People in the company"), "intent": N_("Intention"),
    "language": N_("Language"), "campaign": N_("Campaign"), "source": N_("Source"),
}  # fmt: skip


@router.get("")
async def show_list(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _list(request, actor, services)


@router.post("")
async def add(request: Request, actor: CurrentActor, services: Provided) -> Response:
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("field_needed", "file")
        upload_id = await services.lead_uploads.add(actor, file.filename, chunks_of(file))
    except Refused as error:
        if error.status not in (413, 422):
            raise
        return await _list(request, actor, services, error=error)
    return redirect(request, f"/leads/upload/{upload_id}")


@router.get("/{upload_id}")
async def show(request: Request, upload_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _page(request, actor, services, upload_id)


@router.post("/{upload_id}")
async def take(request: Request, upload_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    count = sum(name.startswith("column-") for name in form)
    mapping = [form.get(f"column-{no}", "") for no in range(count)]
    try:
        await services.lead_uploads.take(
            actor, upload_id, mapping=mapping, region=form.get("region", ""), campaign=form.get("campaign") or None
        )
    except Refused as error:
        if error.status != 422:
            raise
        return await _page(request, actor, services, upload_id, sent=form, mapping=mapping, error=error)
    return redirect(request, f"/leads/upload/{upload_id}")


@router.get("/{upload_id}/failed.csv")
async def failed(request: Request, upload_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """The rows that could not be used as they stood in the file, each with the reason: to be mended and sent again."""
    upload = await _find(services, actor, upload_id)
    say = translate(language_of(request)).gettext
    async with services.db.session(actor.id) as session:
        rows = await failed_rows(session, upload_id, REPORTED)
    lines: Iterable[Sequence[Value]] = ([row.no + 1, _reason(request, row), *row.cells] for row in rows)
    return csv_file("failed-leads", [say(N_("Row")), say(N_("Why not")), *upload.headings], lines)


async def _find(services: Services, actor: Actor, upload_id: str) -> LeadUpload:
    async with services.db.session(actor.id) as session:
        found = await find_upload(session, actor.id, upload_id=upload_id)
    if found is None:
        raise not_found("lead_upload")
    return found


def _reason(request: Request, row: Any) -> str:
    refused = Refused(row.code or "invalid", 422, field=row.field, **row.params)
    name = translate(language_of(request)).gettext(NAMES.get(row.field or "", ""))
    return f"{name}: {worded(request, refused)}" if row.field in NAMES else worded(request, refused)


async def _list(request: Request, actor: Actor, services: Services, *, error: Refused | None = None) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        uploads = await list_uploads(session, actor.id)
    return await page(
        request, "lead/uploads.html", status=error.status if error else 200, uploads=uploads,
        errors=mistakes(request, error) if error else {},
    )  # fmt: skip


async def _page(
    request: Request, actor: Actor, services: Services, upload_id: str, *, sent: dict[str, str] | None = None,
    mapping: list[str] | None = None, error: Refused | None = None,
) -> HTMLResponse:  # fmt: skip
    upload = await _find(services, actor, upload_id)
    async with services.db.session(actor.id) as session:
        first = await first_rows(session, upload_id, PREVIEWED)
        counts = await count_rows(session, upload_id)
        bad = await failed_rows(session, upload_id, SHOWN)
        choices = await choices_for(session, actor, language_of(request))
    say = translate(language_of(request)).gettext
    options = [("", say(N_("leave out")))] + [(field, say(NAMES[field])) for field in FIELDS]
    return await respond(
        request, "lead/upload.html", "progress", status=error.status if error else 200, upload=upload, first=first,
        counts=counts, bad=[(row, _reason(request, row)) for row in bad], regions=choices.regions,
        options=[*options, ("custom", say(N_("a field of its own")))], mapping=mapping or upload.mapping,
        typed=sent or {"region": upload.region or "", "campaign": upload.campaign or ""},
        errors=mistakes(request, error) if error else {},
    )  # fmt: skip
