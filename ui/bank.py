"""Bank statements: sending one in, how far each is, and its lines."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.document import chunks_of
from api.problem import named, worded
from api.services import Provided
from db import bank_list
from db.bank import Statement
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import Refused, invalid
from locales import N_
from locales.refusals import refusal_text
from ui.acting import say
from ui.bank_line import shown_lines
from ui.collection_area import areas
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect, respond

router = APIRouter(
    prefix="/collections/statements", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_WORK))]
)
PAGE = 50
LINES = 100
STATUSES = ("booked", "doubt", "ignored", "not_ours", "booking", "new")
Status = Literal["", "new", "booking", "booked", "doubt", "ignored", "not_ours"]


@router.get("")
async def show_statements(
    request: Request, actor: CurrentActor, services: Provided, after: RecordId | None = None
) -> HTMLResponse:
    return await _list(request, actor, services, after)


@router.post("")
async def upload(request: Request, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    file, account = form.get("file"), str(form.get("account", ""))[:64]
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("field_needed", "file")
        statement_id = await services.bank.upload(actor, file.filename, chunks_of(file), account)
    except Refused as refused:
        if refused.status not in (409, 413, 422):
            raise
        known = str(refused.params.get("statement", ""))
        wrong = {"file": worded(request, await named(request, refused))} if known else mistakes(request, refused)
        again = {"errors": wrong, "typed": {"account": account}, "open_dialog": True, "known": known}
        return await _list(request, actor, services, None, status=refused.status, **again)
    return redirect(request, f"/collections/statements/{statement_id}", say(request, N_("It is being read.")), "info")


async def _list(
    request: Request, actor: CurrentActor, services: Provided, after: str | None, *, status: int = 200, **more: Any
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await bank_list.list_statements(session, after=after, limit=PAGE + 1)
        called = await names(session, pages_of(request).language(request), {s.statement.uploaded_by for s in found})
        tabs = await areas(request, session, actor, "statements")
    context: dict[str, Any] = {
        "statements": found[:PAGE],
        "more": found[PAGE - 1].statement.id if len(found) > PAGE else "",
        "after": after or "",
        "called": called,
        "tabs": tabs,
        "errors": {},
        "typed": {},
        "known": "",
        "open_dialog": False,
    }
    return await page(request, "bank/list.html", status=status, **context | more)


@router.get("/{statement_id}")
async def show_statement(
    request: Request,
    statement_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    status: Status = "",
    after: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        statement = await bank_list.find_statement(session, statement_id)
        counts = await bank_list.counts_of(session, statement_id)
        lines = await bank_list.list_lines(session, statement_id, status=status, after=after, limit=LINES + 1)
        called = await names(session, pages_of(request).language(request), {statement.uploaded_by})
        shown = await shown_lines(request, session, lines[:LINES])
    total = sum(counts.values())
    settled = total - counts.get("new", 0) - counts.get("booking", 0)
    context: dict[str, Any] = {
        "statement": statement,
        "counts": counts,
        "statuses": [each for each in STATUSES if counts.get(each)],
        "settled": settled,
        "total": total,
        "chosen": status,
        "after": after,
        "more": lines[LINES - 1].no if len(lines) > LINES else 0,
        "lines": shown,
        "called": called,
        "problem": _problem(request, statement),
        "running": statement.status in ("reading", "matching", "booking"),
    }
    return await respond(request, "bank/statement.html", "statement", **context)


def _problem(request: Request, statement: Statement) -> str:
    if not statement.problem:
        return ""
    params = {name: value for name, value in statement.problem["params"].items() if name not in ("field", "status")}
    pages = pages_of(request)
    return refusal_text(
        Refused(statement.problem["code"], 422, **params), pages.language(request), pages.formats(request)
    )
