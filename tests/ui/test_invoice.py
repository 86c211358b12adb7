"""A prepared invoice on its deal's page: finance follows the wait and notes its number."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from db.quote import Invoice
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def test_finance_notes_an_invoice_as_issued_from_the_deals_page(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("冷链可视化", stage="proposal")
    invoice = await selling.prepared(await selling.invoice(deal_id))
    owner = (await visit(f"/deals/{deal_id}", as_person="li.wei")).page
    await expect(owner.locator("#invoices").get_by_role("link", name=f"{invoice.number}.pdf")).to_be_visible()
    await expect(owner.get_by_role("link", name="Note as issued")).to_have_count(0)
    await check_everywhere(visit, f"/invoices/{invoice.id}/issue", as_person="he.jie")
    visited = await visit(f"/deals/{deal_id}", as_person="he.jie")
    page = visited.page
    await page.get_by_role("link", name="The invoice to be issued").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("Invoice number").fill("   ")
    await dialog.get_by_role("button", name="Note as issued").click()
    await expect(dialog.get_by_label("Invoice number")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Invoice number").fill("25312000000123456789")
    await dialog.get_by_role("button", name="Note as issued").click()
    await expect(page.get_by_text(f"Invoice {invoice.number} is noted as issued.")).to_be_visible()
    await expect(page.locator("#invoices")).to_contain_text("25312000000123456789")
    await expect(page.get_by_role("link", name="The invoice to be issued")).to_have_count(0)
    await selling.row(Invoice, invoice.id, status="issued")
