"""The demo company's products and its price book."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.product import Price, PriceBook, Product

YUAN = 100
PRODUCTS = (
    ("LIC-1", "平台许可（一年）", "Platform licence, one year", "年", 600, 12_000, ((0, 36_000), (3, 32_000))),
    ("LIC-3", "平台许可（三年）", "Platform licence, three years", "套", 600, 30_000, ((0, 96_000),)),
    ("GW-10", "冷链网关", "Cold chain gateway", "台", 1_300, 620, ((0, 1_280), (100, 1_080))),
    ("SNS-2", "温湿度传感器", "Temperature and humidity sensor", "个", 1_300, 86, ((0, 198), (500, 168))),
    ("IMP-D", "实施服务", "Implementation, one day", "人天", 600, 1_400, ((0, 2_800),)),
    ("TRN-D", "现场培训", "Training on site, one day", "人天", 600, 1_200, ((0, 2_400),)),
)
"""Code, names, unit, tax in hundredths of a percent, cost and prices from a quantity on in yuan."""


async def load_products(session: AsyncSession, currency: str) -> None:
    """Those that are missing."""
    if await session.scalar(select(Product.id).where(Product.code == PRODUCTS[0][0])):
        return
    book = PriceBook(name="标准价目表", currency=currency)
    session.add(book)
    products = {}
    for code, name, name_en, unit, tax, cost, _ in PRODUCTS:
        products[code] = Product(code=code, name=name, name_en=name_en, unit=unit, tax=tax, cost=cost * YUAN)
        session.add(products[code])
    await session.flush()
    for code, *_, prices in PRODUCTS:
        for quantity, price in prices:
            session.add(
                Price(
                    book_id=book.id, product_id=products[code].id, from_quantity=Decimal(quantity), amount=price * YUAN
                )
            )  # fmt: skip
