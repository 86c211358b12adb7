"""Exports of customers on a page: begun from the list, how far each is, and its file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.customer_export import fetch_export
from api.services import Provided
from commands.customer_export import Format
from db.customer_export import exports_of
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import say
from ui.customer_list import selection_of
from ui.environment import pages_of
from ui.render import redirect, respond

router = APIRouter(
    prefix="/customers/exports", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_EXPORT))]
)


@router.get("")
async def list_page(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await exports_of(session, actor)
    return await respond(
        request, "customer/exports.html", "rows", exports=found, running=any(one.status == "running" for one in found)
    )


@router.post("")
async def begin(
    request: Request,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    address: Annotated[str, Form(max_length=8_000)] = "",
    file_format: Annotated[Format, Form(alias="format")] = "csv",
    picked: Annotated[list[RecordId] | None, Form()] = None,
) -> Response:
    asked = selection_of(address)
    await services.customer_exports.begin(
        actor, key, file_format=file_format, language=pages_of(request).language(request), text=asked.text,
        filter_text=asked.filter, picked=picked or (),
    )  # fmt: skip
    return redirect(
        request, "/customers/exports", say(request, N_("The file is being written. You are told once it is there."))
    )


@router.get("/{export_id}")
async def show(request: Request, export_id: RecordId) -> Response:
    """Where a notice leads."""
    return redirect(request, "/customers/exports")


@router.get("/{export_id}/file")
async def fetch(export_id: RecordId, actor: CurrentActor, services: Provided) -> FileResponse:
    return await fetch_export(export_id, actor, services)
