"""Bank lines that a person decides on, one after the other: what each may pay, with reasons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.problem import named, worded
from api.services import Provided
from db.bank import StatementLine
from db.bank_line import judged_anew
from db.bank_list import find_line, find_targets, list_doubts, search_targets
from domain.access import Action
from domain.bank_match import Share
from domain.bank_reference import number_key
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say, typed
from ui.bank_line import shown_lines
from ui.collection_area import areas
from ui.form import mistakes
from ui.render import page, redirect, respond
from ui.shell import own_path

router = APIRouter(
    prefix="/collections/doubts", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_WORK))]
)
ROWS = 4
"""Collections that the form for dividing a line has room for."""


@router.get("")
async def show_doubts(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    line: RecordId | None = None,
    text: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        context = await _context(request, session, actor, line, text.strip())
    return await respond(request, "bank/doubts.html", "doubts", **context)


async def _context(
    request: Request, session: AsyncSession, actor: CurrentActor, line_id: str | None, text: str = ""
) -> dict[str, Any]:
    queue = list(await list_doubts(session))
    current: StatementLine | None = None
    if line_id:
        current = next((one for one in queue if one.id == line_id), None) or await find_line(session, line_id)
    elif queue:
        current = queue[0]
    shown = None
    if current:
        fresh = {current.id: await judged_anew(session, current)} if current.status == "doubt" else {}
        [shown] = await shown_lines(request, session, [current], fresh)
    after = next((one.id for one in queue if current and one.id != current.id), "")
    if current in queue:
        at = queue.index(current)
        after = queue[(at + 1) % len(queue)].id if len(queue) > 1 else ""
    found = await search_targets(session, text, current.currency) if current and text else []
    return {
        "queue": queue,
        "shown": shown,
        "next_id": after,
        "found": found,
        "text": text,
        "tabs": await areas(request, session, actor, "doubts"),
        "rows": [("", "")] * ROWS,
        "errors": {},
        "note": "",
        "open_split": False,
    }


@router.post("/{line_id}/book")
async def book(
    request: Request, line_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """`collection` and `amount` several times; `number` in place of `collection` where somebody typed it."""
    form = await request.form()
    numbers = [str(value).strip() for value in form.getlist("number")]
    amounts = [str(value).strip() for value in form.getlist("amount")]
    try:
        async with services.db.session(actor.id) as session:
            line = await find_line(session, line_id)
            shares = await _shares(session, line, [str(v) for v in form.getlist("collection")], numbers, amounts)
        await services.bank.book(actor, key, line_id, shares)
    except Refused as refused:
        return await _again(
            request, actor, services, line_id, refused, rows=list(zip(numbers, amounts, strict=False)), open_split=True
        )
    return _next(request, str(form.get("next", "")), N_("It is being booked."))


async def _shares(
    session: AsyncSession, line: StatementLine, ids: list[str], numbers: list[str], amounts: list[str]
) -> list[Share]:
    """Raises Refused (422)."""
    if numbers:
        pairs = [(number, amount) for number, amount in zip(numbers, amounts, strict=False) if number or amount]
        written = {number: _in_full(number) for number, _ in pairs}
        known = await find_targets(session, list(written.values()))
        unknown = next((number for number in written if written[number] not in known), None)
        if unknown is not None:
            raise invalid("bank_collection_unknown", "shares", number=unknown or "–")
        chosen = [(known[written[number]], amount) for number, amount in pairs]
    else:
        chosen = list(zip(ids, amounts, strict=False))
    return [
        Share(collection_id=collection, amount=parse_amount(amount, line.currency, "shares"))
        for collection, amount in chosen
    ]


def _in_full(number: str) -> str:
    """`p2026-123` as the table has it: `P-2026-000123`."""
    parts = number_key(number).split("-")
    if len(parts) == 3 and parts[2].isdigit():
        return f"{parts[0]}-{parts[1]}-{int(parts[2]):06d}"
    return number


@router.post("/{line_id}/aside")
async def set_aside(
    request: Request, line_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        await services.bank.set_aside(actor, key, line_id, form.get("note", ""))
    except Refused as refused:
        return await _again(request, actor, services, line_id, refused, note=form.get("note", ""))
    return _next(request, form.get("next", ""), N_("Set aside."))


@router.post("/{line_id}/ask-again")
async def ask_again(
    request: Request, line_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    await services.bank.ask_again(actor, key, line_id)
    return redirect(request, f"/collections/doubts?line={line_id}")


async def _again(
    request: Request, actor: CurrentActor, services: Provided, line_id: str, refused: Refused, **more: Any
) -> Response:
    if refused.status not in (409, 422) or refused.code == "not_found":
        raise refused
    if refused.status == 409:
        return redirect(request, "/collections/doubts", worded(request, await named(request, refused)), "bad")
    async with services.db.session(actor.id) as session:
        context = await _context(request, session, actor, line_id)
    context |= more | {"errors": mistakes(request, refused)}
    context["rows"] = (context["rows"] + [("", "")] * ROWS)[: max(ROWS, len(context["rows"]))]
    return await page(request, "bank/doubts.html", status=422, **context)


def _next(request: Request, line_id: str, said: str) -> Response:
    url = own_path(f"/collections/doubts?line={line_id}") if line_id else "/collections/doubts"
    return redirect(request, url, say(request, said))
