"""Products and price books: found, added, changed; prices by quantity, by hand or from a CSV file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlalchemy import func, select
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.problem import named
from api.services import Provided, Services
from commands.product import PriceBookBody, ProductBody
from db.lead_form import regions
from db.product import Price, PriceBook, Product, find_products
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount, plain_amount
from domain.quote import parse_quantity
from domain.refusal import Refused, invalid, not_found
from locales import N_
from ui.acting import say, typed
from ui.form import mistakes
from ui.quote_form import rate_text, read_rate
from ui.render import page, redirect, respond

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.PRODUCT_READ))])

Find = Annotated[str, Query(max_length=100)]


@router.get("/products")
async def products(
    request: Request, actor: CurrentActor, services: Provided, text: Find = "", open: str = ""
) -> HTMLResponse:
    """`open` is the product in the form, or `new`."""
    return await respond(request, "product/list.html", "rows", **await _products(services, actor, text, open))


@router.post("/products")
@router.post("/products/{product_id}")
async def save(
    request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided, product_id: RecordId | None = None
) -> Response:
    form = await typed(request)

    async def act() -> None:
        cost = form.get("cost", "")
        body = ProductBody(
            code=form.get("code", ""), name=form.get("name", ""), name_en=form.get("name_en", ""),
            unit=form.get("unit", ""), tax=read_rate(form.get("tax", "") or "0", "tax"),
            cost=parse_amount(cost, services.settings.currency, "cost") if cost else None, active="active" in form,
        )  # fmt: skip
        await services.products.save(actor, key, body, product_id)

    async def again(errors: dict[str, str], status: int) -> Response:
        context = await _products(services, actor, "", product_id or "new")
        return await page(request, "product/list.html", status=status, **{**context, "errors": errors, "typed": form})

    return await _kept(request, act, again, "/products")


@router.get("/price-books")
async def books(request: Request, actor: CurrentActor, services: Provided, open: str = "") -> HTMLResponse:
    return await page(request, "product/books.html", **await _books(services, actor, open))


@router.post("/price-books")
@router.post("/price-books/{book_id}")
async def save_book(
    request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided, book_id: RecordId | None = None
) -> Response:
    form = await typed(request)

    async def act() -> None:
        days = {name: date.fromisoformat(form[name]) if form.get(name) else None for name in ("valid_from", "valid_to")}
        body = PriceBookBody(
            name=form.get("name", ""), currency=form.get("currency", "").upper(), tax_included="tax_included" in form,
            region_id=form.get("region_id") or None, tier=form.get("tier") or None, active="active" in form, **days,
        )  # fmt: skip
        await services.products.save_book(actor, key, body, book_id)

    async def again(errors: dict[str, str], status: int) -> Response:
        context = await _books(services, actor, book_id or "new")
        return await page(request, "product/books.html", status=status, **{**context, "errors": errors, "typed": form})

    return await _kept(request, act, again, f"/price-books/{book_id}" if book_id else "/price-books")


@router.get("/price-books/{book_id}")
async def book(
    request: Request, book_id: RecordId, actor: CurrentActor, services: Provided, text: Find = ""
) -> HTMLResponse:
    return await respond(request, "product/book.html", "rows", **await _book(services, actor, book_id, text))


@router.post("/price-books/{book_id}/prices")
async def set_price(
    request: Request, book_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)

    async def act() -> None:
        async with services.db.session(actor.id) as session:
            found = await session.get(PriceBook, book_id)
            product = await session.scalar(select(Product).where(Product.code == form.get("code", "")))
        if found is None:
            raise not_found("price_book")
        if product is None:
            raise invalid("product_unknown", "code")
        quantity = form.get("from_quantity", "")
        amount = form.get("amount", "")
        await services.products.set_price(
            actor, book_id, product.id, parse_quantity(quantity) if quantity not in ("", "0") else Decimal(0),
            parse_amount(amount, found.currency) if amount else None,
        )  # fmt: skip

    async def again(errors: dict[str, str], status: int) -> Response:
        context = await _book(services, actor, book_id, "")
        return await page(request, "product/book.html", status=status, **{**context, "errors": errors, "typed": form})

    return await _kept(request, act, again, f"/price-books/{book_id}")


@router.post("/price-books/{book_id}/import")
async def import_prices(
    request: Request, book_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    file = (await request.form()).get("file")

    async def act() -> None:
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("field_needed", "file")
        content = await file.read(2_000_001)
        if len(content) > 2_000_000:
            raise invalid("document_too_large", "file", most=2)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030", "replace")
        await services.products.import_prices(actor, key, book_id, text)

    async def again(errors: dict[str, str], status: int) -> Response:
        context = await _book(services, actor, book_id, "")
        return await page(request, "product/book.html", status=status, **{**context, "errors": errors})

    return await _kept(request, act, again, f"/price-books/{book_id}")


async def _kept(
    request: Request,
    act: Callable[[], Awaitable[None]],
    again: Callable[[dict[str, str], int], Awaitable[Response]],
    url: str,
) -> Response:
    try:
        await act()
    except (Refused, ValidationError, ValueError) as error:
        if isinstance(error, Refused):
            if error.status not in (409, 413, 422):
                raise
            return await again(mistakes(request, await named(request, error)), error.status)
        if isinstance(error, ValidationError):
            return await again(mistakes(request, error), 422)
        return await again(mistakes(request, invalid("field_needed", "valid_from")), 422)
    return redirect(request, url, say(request, N_("Saved.")))


async def _products(services: Services, actor: Actor, text: str, open_: str) -> dict[str, Any]:
    async with services.db.session(actor.id) as session:
        rows = await find_products(session, text, active=None, limit=200)
        chosen = next((row for row in rows if row.id == open_), None)
    currency = services.settings.currency
    shown = {}
    if chosen:
        shown = {
            "code": chosen.code, "name": chosen.name, "name_en": chosen.name_en, "unit": chosen.unit,
            "tax": rate_text(chosen.tax),
            "cost": "" if chosen.cost is None else plain_amount(chosen.cost, currency),
        } | ({"active": "1"} if chosen.active else {})  # fmt: skip
    return {
        "products": rows, "text": text, "open": chosen.id if chosen else ("new" if open_ == "new" else ""),
        "typed": shown or {"tax": "13", "active": "1"}, "errors": {}, "rate_text": rate_text,
        "manages": actor.scope(Action.PRODUCT_MANAGE) is not None,
    }  # fmt: skip


async def _books(services: Services, actor: Actor, open_: str) -> dict[str, Any]:
    async with services.db.session(actor.id) as session:
        counts = dict((await session.execute(select(Price.book_id, func.count()).group_by(Price.book_id))).all())
        rows = (await session.scalars(select(PriceBook).order_by(PriceBook.name))).all()
        units = await regions(session)
    return {
        "books": rows, "counts": counts, "open": open_, "regions": units, "errors": {},
        "typed": {"currency": services.settings.currency, "active": "1"},
        "manages": actor.scope(Action.PRODUCT_MANAGE) is not None,
    }  # fmt: skip


async def _book(services: Services, actor: Actor, book_id: str, text: str) -> dict[str, Any]:
    async with services.db.session(actor.id) as session:
        found = await session.get(PriceBook, book_id)
        if found is None:
            raise not_found("price_book")
        wanted = {product.id: product for product in await find_products(session, text, active=None, limit=500)}
        prices = await session.scalars(
            select(Price).where(Price.book_id == book_id, Price.product_id.in_(wanted)).order_by(Price.from_quantity)
        )
        rows = sorted(((wanted[price.product_id], price) for price in prices), key=lambda row: row[0].code)
        units = await regions(session)
    typed_book = {
        "name": found.name, "currency": found.currency, "region_id": found.region_id or "", "tier": found.tier or "",
        "valid_from": found.valid_from.isoformat() if found.valid_from else "",
        "valid_to": found.valid_to.isoformat() if found.valid_to else "",
    } | {name: "1" for name in ("active", "tax_included") if getattr(found, name)}  # fmt: skip
    return {
        "book": found, "rows": rows, "text": text, "regions": units, "typed": {}, "book_typed": typed_book,
        "errors": {}, "codes": [p.code for p in wanted.values()],
        "manages": actor.scope(Action.PRODUCT_MANAGE) is not None,
    }  # fmt: skip
