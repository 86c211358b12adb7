"""A quote: drafted line by line with live sums, submitted, sent, revised; its versions and what its customer said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.problem import named
from api.services import Provided, Services
from commands.quote import moved_prices, new_line
from db.customer import Customer
from db.deal import Deal
from db.product import PriceBook, books_for, find_products
from db.quote import Quote, QuoteAnswer, quotes_of
from db.scope import visible
from db.subject import subject_case
from db.timeline import line_events
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.process import Answer
from domain.quote import QuoteBody, Totals, reckon
from domain.refusal import Refused
from locales import N_
from ui.acting import appears, done, say
from ui.approval_panel import ApprovalPanel
from ui.contact import addressees
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.policy_words import PolicyWords
from ui.quote_form import differences, discount_text, read_body, typed_lines, written
from ui.render import fragment, page, redirect, respond
from ui.stage import pipelines
from ui.story import FILTERS, Story, people_in

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.QUOTE_READ))])

STATES = {
    "accepted": "ok", "approved": "ok", "sent": "info", "in_approval": "info", "refused": "bad", "lapsed": "warn",
    "rejected": "bad", "returned": "warn",
}  # fmt: skip
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]


@router.post("/deals/{deal_id}/quotes")
async def begin(
    request: Request, deal_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    quote_id, _ = await services.quotes.open(actor, key, deal_id)
    await appears(services, actor, "quote", quote_id)
    return redirect(request, f"/quotes/{quote_id}", say(request, N_("The quote is begun: check its lines.")))


@router.get("/quotes/{quote_id}")
async def show(request: Request, quote_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await respond(request, "quote/page.html", "record", **await _record(request, actor, services, quote_id))


@router.get("/quotes/{quote_id}/find")
async def find(
    request: Request, quote_id: RecordId, actor: CurrentActor, services: Provided,
    find: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:  # fmt: skip
    """Products by what is typed: code, name, pinyin or its initials."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "quote", quote_id)
        found = await find_products(session, find, limit=8) if find.strip() else []
    return await fragment(request, "quote/editor.html", "found", found=found, find=find)


@router.post("/quotes/{quote_id}/reckon")
async def sums(request: Request, quote_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """What the lines as typed come to; nothing is kept."""
    async with services.db.session(actor.id) as session:
        quote: Quote = await visible(session, actor, "quote", quote_id)
    error, totals = "", None
    try:
        totals = reckon(read_body(await request.form(), QuoteBody.model_validate(quote.body), quote.currency))
    except Refused as refused:
        error = next(iter(mistakes(request, refused).values()))
    return await fragment(request, "quote/editor.html", "sums", quote=quote, totals=totals, wrong=error)


@router.post("/quotes/{quote_id}/draft")
async def draft(
    request: Request, quote_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    version: Version, edits: Annotated[int, Form(ge=0)], do: Annotated[str, Form(max_length=60)] = "save",
) -> Response:  # fmt: skip
    """`do`: save, submit, line (an empty one), product:<id>, remove:<no>."""
    form = await request.form()
    async with services.db.session(actor.id) as session:
        quote: Quote = await visible(session, actor, "quote", quote_id)
    verb, _, what = do.partition(":")
    try:
        leave_out = int(what) if verb == "remove" and what.isdigit() else None
        body = read_body(form, QuoteBody.model_validate(quote.body), quote.currency, leave_out=leave_out)
        if verb == "product":
            async with services.db.session(actor.id) as session:
                body.lines.append(await new_line(session, what, body.price_book_id))
        body = await _as_the_book_has_it(services, actor, body, quote.body.get("price_book_id"))
        answer = await services.quotes.edit(actor, key, quote_id, version=version, edits=edits, body=body)
        if verb == "submit":
            answer = await services.quotes.submit(
                actor,
                f"{key}/submit",
                quote_id,
                version=version,
                edits=edits + 1,
                note=str(form.get("note", "")) or None,
            )
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, quote_id, error, lines=typed_lines(form))
    said = N_("Submitted.") if verb == "submit" else N_("Saved.")
    focus = "#add" if verb == "product" else ""
    return done(request, f"/quotes/{quote_id}{focus}", answer, say(request, said))


@router.post("/quotes/{quote_id}/send")
async def send(
    request: Request, quote_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    version: Version, contact_id: Annotated[str, Form(max_length=40)] = "",
    language: Annotated[Literal["zh_CN", "en"], Form()] = "zh_CN", by: Annotated[str, Form()] = "mail",
) -> Response:  # fmt: skip
    async def act() -> Answer:
        return await services.quotes.send(
            actor, key, quote_id, version=version, contact_id=contact_id or None, language=language,
            by_mail=by == "mail",
        )  # fmt: skip

    said = N_("Sent to the customer.") if by == "mail" else N_("The link on this page is ready to be handed over.")
    return await _do(request, actor, services, quote_id, act, said)


@router.post("/quotes/{quote_id}/revise")
async def revise(
    request: Request, quote_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, version: Version
) -> Response:
    async def act() -> Answer:
        return await services.quotes.revise(actor, key, quote_id, version=version)

    return await _do(request, actor, services, quote_id, act, N_("The next version is a draft."))


@router.post("/quotes/{quote_id}/prices")
async def take_prices(
    request: Request, quote_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, version: Version
) -> Response:
    async def act() -> Answer:
        return await services.quotes.take_prices(actor, key, quote_id, version=version)

    return await _do(request, actor, services, quote_id, act, N_("The new prices stand in the draft."))


@router.post("/quotes/{quote_id}/withdraw")
async def withdraw(
    request: Request, quote_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, version: Version
) -> Response:
    async def act() -> Answer:
        return await services.quotes.take_back(actor, key, quote_id, version=version)

    return await _do(request, actor, services, quote_id, act, N_("The quote is withdrawn."))


@router.get("/quotes/{quote_id}/preview.pdf")
async def preview(
    quote_id: RecordId, actor: CurrentActor, services: Provided, language: Literal["zh_CN", "en"] = "zh_CN"
) -> Response:
    pdf = await services.quotes.preview(actor, quote_id, language)
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


async def _as_the_book_has_it(services: Services, actor: Actor, body: QuoteBody, before: str | None) -> QuoteBody:
    """With a price book newly chosen, prices are with tax or without as they are there."""
    if body.price_book_id in (None, before):
        return body
    async with services.db.session(actor.id) as session:
        book = await session.get(PriceBook, body.price_book_id)
    return body.model_copy(update={"tax_included": book.tax_included}) if book else body


# --- what the page shows ------------------------------------------------------------------------------------------


async def _do(
    request: Request, actor: Actor, services: Services, quote_id: str, act: Callable[[], Awaitable[Answer]], said: str
) -> Response:
    try:
        answer = await act()
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, quote_id, error)
    return done(request, f"/quotes/{quote_id}", answer, say(request, said))


async def _again(
    request: Request, actor: Actor, services: Services, quote_id: str, error: Refused | ValidationError,
    lines: list[dict[str, str]] | None = None,
) -> Response:  # fmt: skip
    status = 422
    if isinstance(error, Refused):
        if error.status not in (409, 413, 422):
            raise error
        status, error = error.status, await named(request, error)
    context = await _record(request, actor, services, quote_id)
    context["errors"] = mistakes(request, error)
    if lines is not None and status == 422:
        context["lines"] = lines
    return await page(request, "quote/page.html", status=status, **context)


async def _record(request: Request, actor: Actor, services: Services, quote_id: str) -> dict[str, Any]:
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        quote: Quote = await visible(session, actor, "quote", quote_id)
        body = QuoteBody.model_validate(quote.body)
        case = await subject_case(session, "quote", quote_id)
        customer = await session.get_one(Customer, quote.customer_id)
        contacts = await addressees(session, actor, quote.customer_id)
        today = datetime.now(UTC).astimezone(services.quotes.zone).date()
        books = await books_for(session, quote.currency, quote.region_id, customer.service_tier, today)
        events = [e for e in await line_events(session, actor, quote.line_id, FILTERS["contract"][1], limit=200)
                  if e.record_id == quote_id][:40]  # fmt: skip
        moved = await moved_prices(session, body) if quote.status not in ("accepted", "withdrawn") else {}
        answer = await session.get(QuoteAnswer, quote.answer_id) if quote.answer_id else None
        people = (set(case.people) if case else set()) | people_in(events) | {quote.owner_id}
        story = Story(
            formats=formats,
            names=await names(session, formats.language, people),
            pipelines=await pipelines(session, formats.language),
            currency=quote.currency,
        )
        deal = await session.get(Deal, quote.deal_id)
    works = actor.reaches(Action.QUOTE_WORK, owner=quote.owner_id, region=quote.region_id)
    words = PolicyWords(formats.language, formats, story.names)
    versions = list(reversed(quote.versions))
    return {
        "quote": quote,
        "body": body,
        "totals": Totals.model_validate(quote.totals),
        "lines": written(body, quote.currency),
        "whole_discount": discount_text(body.discount, body.discount_amount, quote.currency),
        "customer": customer,
        "deal": deal,
        "contacts": contacts,
        "books": [(book.id, book.name) for book in books],
        "versions": [v | {"at": datetime.fromisoformat(v["at"])} for v in versions],
        "changes": differences(versions[1]["body"], versions[0]["body"]) if len(versions) > 1 else [],
        "approvals": {a.subject_version: ApprovalPanel(case, a, words) for a in case.approvals} if case else {},
        "moved": moved,
        "answer": answer,
        "link": services.quotes.links.path(quote_id, quote.version) if quote.sent_at else "",
        "names": story.names,
        "events": story.told(events),
        "works": works,
        "editable": works and quote.status == "draft",
        "states": STATES,
        "sees_margin": works,
        "errors": {},
    }


async def quotes_on_deal(session: AsyncSession, actor: Actor, deal: Deal, *, open_deal: bool) -> dict[str, Any]:
    """What the deal's page shows of its quotes; one won or lost gets no more of them."""
    if actor.scope(Action.QUOTE_READ) is None:
        return {"quotes": None, "may_quote": False}
    works = actor.reaches(Action.QUOTE_WORK, owner=deal.owner_id, region=deal.region_id)
    return {"quotes": await quotes_of(session, deal.id), "may_quote": works and open_deal, "quote_states": STATES}
