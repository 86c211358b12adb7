"""Products, price books and their prices."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.product import PriceBookBody, ProductBody
from db.product import Price, PriceBook, find_products
from domain.access import Action
from domain.ids import RecordId
from domain.money import MinorUnits

router = APIRouter(prefix="/api", tags=["products"], dependencies=[Depends(require(Action.PRODUCT_READ))])


class ProductView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    code: str
    name: str
    name_en: str
    unit: str
    tax: int = Field(description="In hundredths of a percent.")
    active: bool


class PriceBookView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    currency: str
    tax_included: bool
    valid_from: date | None
    valid_to: date | None
    region_id: str | None
    tier: str | None
    active: bool


class PriceView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    product_id: str
    from_quantity: Decimal
    amount: int


class PriceBody(BaseModel):
    """`amount` null takes the price away."""

    model_config = ConfigDict(extra="forbid")

    product_id: RecordId
    from_quantity: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4)] = Decimal(0)
    amount: MinorUnits | None


class PricesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    csv: str = Field(max_length=2_000_000, description="Lines of code, from quantity, price.")


class Saved(BaseModel):
    id: str


class Imported(BaseModel):
    prices: int


@router.get("/products")
async def list_products(
    actor: CurrentActor, services: Provided, text: Annotated[str, Query(max_length=100)] = "",
    active: bool | None = True,
) -> list[ProductView]:  # fmt: skip
    """At most 200, by code; `text` is a part of code, name, pinyin or its initials."""
    async with services.db.session(actor.id) as session:
        found = await find_products(session, text, active=active, limit=200)
        return [ProductView.model_validate(product) for product in found]


@router.post("/products", status_code=201)
async def add_product(body: ProductBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Saved:
    return Saved(id=await services.products.save(actor, key, body))


@router.put("/products/{product_id}")
async def change_product(
    product_id: RecordId, body: ProductBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Saved:
    return Saved(id=await services.products.save(actor, key, body, product_id))


@router.get("/price-books")
async def list_price_books(actor: CurrentActor, services: Provided) -> list[PriceBookView]:
    async with services.db.session(actor.id) as session:
        found = await session.scalars(select(PriceBook).order_by(PriceBook.name))
        return [PriceBookView.model_validate(book) for book in found]


@router.post("/price-books", status_code=201)
async def add_price_book(body: PriceBookBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Saved:
    return Saved(id=await services.products.save_book(actor, key, body))


@router.put("/price-books/{book_id}")
async def change_price_book(
    book_id: RecordId, body: PriceBookBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Saved:
    return Saved(id=await services.products.save_book(actor, key, body, book_id))


@router.get("/price-books/{book_id}/prices")
async def list_prices(book_id: RecordId, actor: CurrentActor, services: Provided) -> list[PriceView]:
    """At most 20,000."""
    query = select(Price).where(Price.book_id == book_id).order_by(Price.product_id, Price.from_quantity).limit(20_000)
    async with services.db.session(actor.id) as session:
        return [PriceView.model_validate(price) for price in await session.scalars(query)]


@router.put("/price-books/{book_id}/prices", status_code=204)
async def set_price(book_id: RecordId, body: PriceBody, actor: CurrentActor, services: Provided) -> Response:
    await services.products.set_price(actor, book_id, body.product_id, body.from_quantity, body.amount)
    return Response(status_code=204)


@router.post("/price-books/{book_id}/import")
async def import_prices(
    book_id: RecordId, body: PricesBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Imported:
    """All of them or none."""
    return Imported(prices=await services.products.import_prices(actor, key, book_id, body.csv))
