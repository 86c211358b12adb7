"""Products, price books and prices: kept by whoever manages them."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from commands.idempotency import claim_once
from db.audit import record
from db.engine import Database
from db.product import Price, PriceBook, Product
from domain.access import Action, Actor
from domain.money import parse_amount
from domain.quote import Minor, Rate, parse_quantity
from domain.refusal import Refused, invalid, not_found

MOST_PRICES = 20_000
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ProductBody(BaseModel):
    """`tax` in hundredths of a percent, `cost` in minor units of the company's currency."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    name: Name
    name_en: Short = ""
    unit: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    tax: Rate = 1_300
    cost: Minor | None = None
    active: bool = True


class PriceBookBody(BaseModel):
    """Without `region_id` and `tier` it is for everybody; without days it is always valid."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
    tax_included: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    region_id: str | None = None
    tier: Annotated[str, Field(max_length=40)] | None = None
    active: bool = True


class ProductCommands:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def save(self, actor: Actor, key: str, body: ProductBody, product_id: str | None = None) -> str:
        """A new product, or one changed: its id. Raises Refused (409) `product_code_taken`."""
        actor.require(Action.PRODUCT_MANAGE)
        return await self._save(actor, key, "SaveProduct", "product", Product, body.model_dump(), product_id)

    async def save_book(self, actor: Actor, key: str, body: PriceBookBody, book_id: str | None = None) -> str:
        actor.require(Action.PRODUCT_MANAGE)
        if body.valid_from and body.valid_to and body.valid_to < body.valid_from:
            raise invalid("ends_before_start", "valid_to")
        return await self._save(actor, key, "SavePriceBook", "price_book", PriceBook, body.model_dump(), book_id)

    async def _save(
        self, actor: Actor, key: str, act: str, kind: str, table: Any, values: dict[str, Any], row_id: str | None
    ) -> str:
        try:
            async with self.db.session(actor.id) as session:
                subject = f"{kind}/{row_id}" if row_id else kind
                claimed = await claim_once(session, actor, key, act, subject, values)
                if row_id is None:
                    if claimed.fresh:
                        session.add(table(id=claimed.id, **values))
                    return claimed.id
                row = await session.get(table, row_id)
                if row is None:
                    raise not_found(kind)
                for name, value in values.items():
                    setattr(row, name, value)
                return row_id
        except IntegrityError as error:
            if "uq_product_code" in str(error):
                raise Refused("product_code_taken", 409, field="code") from None
            raise

    async def set_price(
        self, actor: Actor, book_id: str, product_id: str, from_quantity: Decimal, amount: int | None
    ) -> None:
        """None takes the price away."""
        actor.require(Action.PRODUCT_MANAGE)
        async with self.db.session(actor.id) as session:
            if await session.get(PriceBook, book_id) is None or await session.get(Product, product_id) is None:
                raise not_found("price_book")
            if amount is None:
                gone = (Price.book_id == book_id, Price.product_id == product_id, Price.from_quantity == from_quantity)
                await session.execute(delete(Price).where(*gone))
            else:
                await _put(session, [_row(book_id, product_id, from_quantity, amount)])
            await record(session, actor.id, "SavePriceBook", f"price_book/{book_id}", product=product_id, amount=amount)

    async def import_prices(self, actor: Actor, key: str, book_id: str, text: str) -> int:
        """CSV with code, quantity (from which on; empty: any) and price on each line: how many prices it has.

        All of them or none: raises Refused (422) `prices_unreadable` naming the line, or `product_unknown`.
        """
        actor.require(Action.PRODUCT_MANAGE)
        async with self.db.session(actor.id) as session:
            book = await session.get(PriceBook, book_id)
            if book is None:
                raise not_found("price_book")
            codes = dict((await session.execute(select(Product.code, Product.id))).all())
            rows = _read(text, book, codes)
            claimed = await claim_once(session, actor, key, "ImportPrices", f"price_book/{book_id}", {"text": text})
            if claimed.fresh and rows:
                await _put(session, list(rows.values()))
        return len(rows)


def _read(text: str, book: PriceBook, codes: dict[str, str]) -> dict[tuple[str, Decimal], dict[str, Any]]:
    rows: dict[tuple[str, Decimal], dict[str, Any]] = {}
    for no, cells in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff"))), 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (no == 1 and len(cells) >= 3 and cells[0] not in codes and not cells[2][-1:].isdigit()):
            continue  # an empty line, or the heading
        if len(cells) < 3 or no > MOST_PRICES:
            raise invalid("prices_unreadable", "file", line=no)
        if cells[0] not in codes:
            raise invalid("product_unknown", "file", line=no, product=cells[0])
        try:
            quantity = parse_quantity(cells[1]) if cells[1] not in ("", "0") else Decimal(0)
            amount = parse_amount(cells[2], book.currency)
        except Refused:
            raise invalid("prices_unreadable", "file", line=no) from None
        product = codes[cells[0]]
        rows[product, quantity] = _row(book.id, product, quantity, amount)
    return rows


def _row(book_id: str, product_id: str, from_quantity: Decimal, amount: int) -> dict[str, Any]:
    return {"book_id": book_id, "product_id": product_id, "from_quantity": from_quantity, "amount": amount}


async def _put(session: Any, rows: list[dict[str, Any]]) -> None:
    statement = insert(Price)
    kept = statement.on_conflict_do_update(
        index_elements=["book_id", "product_id", "from_quantity"], set_={"amount": statement.excluded.amount}
    )
    await session.execute(kept, rows)
