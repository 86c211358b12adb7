"""Products, and price books with their prices by quantity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id
from db.findable import Findable


class Product(Findable, Base):
    """`tax` in hundredths of a percent; `cost` of one unit in the company's currency, None: not known."""

    __tablename__ = "product"

    id: Mapped[Id] = mapped_column(default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    unit: Mapped[str] = mapped_column(default="")
    tax: Mapped[int] = mapped_column(default=1_300)
    cost: Mapped[Minor | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    def called(self, language: str) -> str:
        return self.name_en or self.name if language == "en" else self.name


class PriceBook(Base):
    """Prices in one currency, with tax or without, while it is valid; perhaps of one region or service tier only."""

    __tablename__ = "price_book"

    id: Mapped[Id] = mapped_column(default=new_id)
    name: Mapped[str]
    currency: Mapped[str]
    tax_included: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    region_id: Mapped[Ref | None]
    tier: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class Price(Base):
    """Of one unit, from a quantity on."""

    __tablename__ = "price"

    id: Mapped[Id] = mapped_column(default=new_id)
    book_id: Mapped[Ref] = mapped_column(ForeignKey("price_book.id", ondelete="CASCADE"))
    product_id: Mapped[Ref] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    from_quantity: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    amount: Mapped[Minor]

    __table_args__ = (
        UniqueConstraint("book_id", "product_id", "from_quantity"),
        Index("ix_price_product_id", "product_id"),
    )


async def find_products(
    session: AsyncSession, text: str = "", *, active: bool | None = True, limit: int = 50
) -> Sequence[Product]:
    """By code, name in either language, pinyin or its initials."""
    query = select(Product).order_by(Product.code).limit(limit)
    if active is not None:
        query = query.where(Product.active == active)
    if text.strip():
        part = text.strip().lower()
        by_code = func.lower(Product.code).contains(part, autoescape=True)
        query = query.where(or_(Product.search.contains(part, autoescape=True), by_code))
    return (await session.scalars(query)).all()


async def books_for(
    session: AsyncSession, currency: str, region_id: str | None, tier: str | None, on: date
) -> Sequence[PriceBook]:
    """The price books a quote may take its prices from, the one made for this customer first."""
    valid = and_(
        PriceBook.active,
        PriceBook.currency == currency,
        or_(PriceBook.valid_from.is_(None), PriceBook.valid_from <= on),
        or_(PriceBook.valid_to.is_(None), PriceBook.valid_to >= on),
        or_(PriceBook.region_id.is_(None), PriceBook.region_id == region_id),
        or_(PriceBook.tier.is_(None), PriceBook.tier == tier),
    )
    order = (PriceBook.tier.is_(None), PriceBook.region_id.is_(None), PriceBook.name)
    return (await session.scalars(select(PriceBook).where(valid).order_by(*order))).all()


async def prices_of(
    session: AsyncSession, book_id: str, wanted: Iterable[tuple[str, Decimal]]
) -> dict[tuple[str, Decimal], int]:
    """The price of one unit for each (product, quantity) that the book has one for."""
    pairs = list(wanted)
    rows = select(Price).where(Price.book_id == book_id, Price.product_id.in_({product for product, _ in pairs}))
    known: dict[str, list[Price]] = {}
    for price in await session.scalars(rows.order_by(Price.from_quantity)):
        known.setdefault(price.product_id, []).append(price)
    found = {}
    for product, quantity in pairs:
        fitting = [price for price in known.get(product, ()) if price.from_quantity <= quantity]
        if fitting:
            found[product, quantity] = fitting[-1].amount
    return found
