"""A quote by hand: its lines typed, its discount approved, its PDF sent, its customer's answer by the link."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from commands.product import PriceBookBody, ProductBody
from db.quote import Quote
from tests.selling import YUAN, Selling
from tests.ui.browser import PHONE, Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def shelf(selling: Selling) -> str:
    """A product called 冷链网关 at ¥1,000 that costs ¥600: its code."""
    admin, code = await selling.actor("gu.ming"), f"GW-{uuid4().hex[:4]}"
    products = selling.services.products
    made = ProductBody(code=code, name="冷链网关", name_en="Cold chain gateway", unit="台", cost=600 * YUAN)
    product = await products.save(admin, uuid4().hex, made)
    book = await products.save_book(admin, uuid4().hex, PriceBookBody(name="标准价", currency="CNY"))
    await products.set_price(admin, book, product, Decimal(0), 1_000 * YUAN)
    return code


async def test_a_quote_from_its_first_line_to_the_customers_answer(visit: Visit, selling: Selling) -> None:
    code = await shelf(selling)
    deal = await selling.deal("冷链可视化", stage="needs", amount=20_000 * YUAN)
    visited = await visit(f"/deals/{deal}", as_person="li.wei")
    page = visited.page
    await page.get_by_role("button", name="New quote").click()
    await expect(page.get_by_text("The quote is begun")).to_be_visible()
    await page.get_by_label("Add a product").fill(code[:5])
    await page.get_by_role("button", name=re.compile(code)).click()
    await expect(page.get_by_label("Line 2, Item")).to_have_value("冷链网关")
    await page.get_by_role("button", name="Remove line 1").click()
    await expect(page.get_by_label("Line 1, Item")).to_have_value("冷链网关")
    await page.get_by_label("Line 1, Quantity").fill("10")
    await page.get_by_label("Line 1, Discount").fill("12%")
    await expect(page.locator("#sums")).to_contain_text("¥9,944")
    address = page.url.partition("#")[0]
    await check_everywhere(visit, address.partition("/quotes")[1] + address.partition("/quotes")[2], as_person="li.wei")
    await page.get_by_role("button", name="Save and submit").click()
    await expect(page.get_by_text("Approval of the quote is under way").first).to_be_visible()

    manager = (await visit("/inbox", as_person="zhao.min")).page
    await manager.get_by_role("link", name="冷链可视化").first.click()
    await expect(manager.locator("#panel")).to_contain_text("Quote total")
    await expect(manager.locator("#panel")).to_contain_text("12%")
    await manager.keyboard.press("a")
    await manager.locator("dialog[open]").get_by_role("button", name="Approve").click()

    await expect(page.get_by_role("button", name="Only make the link")).to_be_visible()
    await page.get_by_role("button", name="Only make the link").click()
    await expect(page.get_by_text("The customer has the quote.").first).to_be_visible()
    link = await page.get_by_role("link", name="What the customer sees").get_attribute("href")
    assert link
    await check_everywhere(visit, link)
    customer = (await visit(link, language="zh-CN", look=PHONE)).page
    await expect(customer.get_by_text("冷链网关")).to_be_visible()
    await customer.get_by_role("button", name="谢绝").click()
    await customer.get_by_label("您的姓名").fill("周明")
    await customer.get_by_role("button", name="接受报价").click()
    await expect(customer.get_by_text("您已接受此报价")).to_be_visible()
    await expect(page.get_by_text("Accepted by 周明.")).to_be_visible()
    async with selling.services.db.session() as session:
        quote = await session.scalar(select(Quote).where(Quote.deal_id == deal))
    assert quote is not None
    assert quote.seen_at is not None
    assert (quote.status, quote.amount) == ("accepted", 994_400)
    assert visited.problems == []


async def test_products_and_price_books_are_kept_by_hand_and_from_a_file(visit: Visit, selling: Selling) -> None:
    code = await shelf(selling)
    visited = await visit("/products?text=llwg", as_person="gu.ming")
    page = visited.page
    await expect(page.get_by_role("link", name="Cold chain gateway").first).to_be_visible()
    await page.goto("/price-books")
    await page.get_by_role("link", name="标准价").first.click()
    content = f'code,from,price\n{code},100,"9,00.00"\n'.encode()
    file = {"name": "p.csv", "mimeType": "text/csv", "buffer": content}
    await page.get_by_label("Prices from a CSV file").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("Line 2 cannot be read")).to_be_visible()
    file["buffer"] = f"code,from,price\n{code},100,900\n".encode()
    await page.get_by_label("Prices from a CSV file").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_text("¥900")).to_be_visible()
    for path in ("/products?open=new", "/price-books?open=new", urlsplit(page.url).path):
        await check_everywhere(visit, path, as_person="gu.ming")
