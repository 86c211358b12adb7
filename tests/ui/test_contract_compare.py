"""Two versions of a contract in the browser: what changed, word by word, for whoever has to decide."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest
from playwright.async_api import expect

from db.contract import Contract
from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.workflows.versions import SALE, sheet

pytestmark = pytest.mark.usefixtures("worker")

NEW = (
    *(line.replace("thirty (30)", "twenty (20)").replace("exclusive", "exclusve") for line in SALE),
    "3. Warranty",
    "3.1 The Supplier warrants the pumps for twelve (12) months.",
)


async def submit(sign_in: SignIn, contract: Contract, version: int, lines: Sequence[str], amount: str) -> None:
    browser = await sign_in("li.wei")
    answer = await browser.post(
        f"/contracts/{contract.id}/submit",
        data={"version": str(version), "amount": amount, "idempotency_key": uuid4().hex},
        files={"file": ("合同.pdf", sheet(lines))},
    )
    assert answer.status_code == 303, answer.text


async def compared(sign_in: SignIn, selling: Selling, title: str) -> Contract:
    """Version 1 returned by zhao.min, version 2 with its approver, who is zhao.min again."""
    deal_id = await selling.deal(title, amount=48_000 * YUAN, stage="negotiation")
    contract = await selling.contract(deal_id)
    await submit(sign_in, contract, 1, SALE, "48000")
    await selling.decide(deal_id, "zhao.min", "return", "账期太长")
    await selling.row(Contract, contract.id, status="draft", version=2)
    await submit(sign_in, contract, 2, NEW, "47000")

    async def known() -> Contract | None:
        row = await selling.row(Contract, contract.id, version=2)
        return row if len(row.versions) == 2 and row.versions[1].get("compared") else None

    return await selling.until(known)


async def test_a_comparison_shows_what_changed_and_reads_well_everywhere(
    visit: Visit, sign_in: SignIn, selling: Selling
) -> None:
    contract = await compared(sign_in, selling, "泵组")
    path = f"/contracts/{contract.id}/compare/1/2"
    page = (await visit(path, as_person="zhao.min")).page
    await expect(page.locator(".compare-lines").first).to_contain_text("Amount ¥48,000 → ¥47,000")
    first = page.locator(".change").first
    await expect(first.get_by_role("heading")).to_contain_text("1.1 Fees")
    await expect(first.locator(".change-pair del")).to_contain_text("thirty (30")
    await expect(first.locator(".change-pair ins")).to_contain_text("twenty (20")
    await expect(page.locator(".change.is-added")).to_have_count(2)
    await page.keyboard.press("n")
    await expect(first).to_be_focused()
    await page.keyboard.press("n")
    await expect(page.locator(".change").nth(1)).to_be_focused()
    await page.keyboard.press("p")
    await expect(first).to_be_focused()
    await page.get_by_role("link", name="More than wording").click()
    await expect(page.locator(".change.is-reworded")).to_have_count(0)
    await check_everywhere(visit, path, "contract-compare", as_person="zhao.min")


async def test_an_approver_reads_what_changed_since_their_own_decision(
    visit: Visit, sign_in: SignIn, selling: Selling
) -> None:
    contract = await compared(sign_in, selling, "阀门")
    page = (await visit(f"/contracts/{contract.id}", as_person="zhao.min", look=PHONE)).page
    await expect(page.locator("#record")).to_contain_text("Since version 1")
    await page.goto(page.url.replace(f"/contracts/{contract.id}", "/inbox"))
    await page.get_by_role("link", name="阀门").first.click()
    await expect(page.locator("#record")).to_contain_text("Since version 1, which you returned")
    await expect(page.locator("#record")).to_contain_text("Amount ¥48,000 → ¥47,000")
    await page.get_by_role("link", name="Compare clause by clause").click()
    await expect(page.locator(".change-inline ins").first).to_be_visible()
    await page.goto(page.url.partition("/contracts/")[0] + f"/deals/{contract.deal_id}")
    await expect(page.locator("#record")).to_contain_text("Version 2 compared with version 1: Amount ¥48,000 → ¥47,000")


async def test_nobody_compares_what_they_may_not_see(sign_in: SignIn, selling: Selling) -> None:
    contract = await compared(sign_in, selling, "滤芯")
    seller = await sign_in("wang.fang")
    owner = await sign_in("li.wei")
    for browser, path, status in (
        (seller, f"/contracts/{contract.id}/compare/1/2", 404),
        (owner, f"/contracts/{contract.id}/compare/1/3", 404),
        (owner, f"/contracts/{contract.id}/compare/2/1", 404),
        (owner, f"/contracts/{contract.id}/compare/0/1", 422),
        (owner, f"/contracts/{contract.id}/compare?old=2&new=1", 303),
    ):
        assert (await browser.get(path, follow_redirects=False)).status_code == status, path
