"""A contract's page: a version submitted with its PDF, returned, submitted again; its file handed back."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import expect

from db.contract import Contract
from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import Visit, check_everywhere
from tests.workflows.signings import a_page

pytestmark = pytest.mark.usefixtures("worker")

PDF = a_page()


async def test_a_version_goes_with_its_pdf_comes_back_and_the_next_one_is_approved(
    visit: Visit, selling: Selling, tmp_path: Path
) -> None:
    file = tmp_path / "主协议.pdf"
    file.write_bytes(PDF)
    deal_id = await selling.deal("主协议", amount=48_000 * YUAN, stage="negotiation")
    contract = await selling.contract(deal_id)
    page = (await visit(f"/contracts/{contract.id}", as_person="li.wei")).page
    await page.get_by_label("Contract as PDF").set_input_files(file)
    await page.get_by_label("Note for the approvers").fill("按标准条款")
    await page.get_by_role("button", name="Submit for approval").click()
    first = page.locator(".card", has=page.get_by_role("heading", name="Version 1", exact=True))
    await expect(first).to_contain_text("按标准条款")
    await expect(first).to_contain_text("Regional manager")
    async with page.expect_download() as downloading:
        await first.get_by_role("link", name="主协议.pdf").click()
    download = await downloading.value
    assert download.suggested_filename == "主协议.pdf"
    await download.save_as(tmp_path / "back.pdf")
    assert (tmp_path / "back.pdf").read_bytes() == PDF

    await selling.decide(deal_id, "zhao.min", "return", "账期太长")
    await expect(page.get_by_role("heading", name="Submit version 2")).to_be_visible()
    await expect(first).to_contain_text("账期太长")
    await expect(first).to_contain_text("Returned")
    await page.get_by_label("Amount").fill("4.7万")
    await page.get_by_role("button", name="Submit for approval").click()
    await selling.decide(deal_id, "zhao.min")
    await expect(page.locator(".record-head")).to_contain_text("Approved")
    await expect(page.locator(".record-sum")).to_have_text("¥47,000")
    assert (await selling.row(Contract, contract.id, status="approved")).version == 2


@pytest.mark.parametrize(
    ("amount", "content", "field", "said"),
    [
        ("0", PDF, "amount", "This must be more than 0."),
        ("about a million", PDF, "amount", "amount"),
        ("48000", b"PK spreadsheet", "file", "This is not a PDF. Save it as a PDF and choose that file."),
        ("48000", b"", "file", "The file is empty. Choose another."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    sign_in: SignIn, selling: Selling, amount: str, content: bytes, field: str, said: str
) -> None:
    contract = await selling.contract(await selling.deal("填错了", stage="negotiation"))
    browser = await sign_in("li.wei")
    answer = await browser.post(
        f"/contracts/{contract.id}/submit",
        data={"version": "1", "amount": amount, "note": "请尽快", "idempotency_key": uuid4().hex},
        files={"file": ("a.pdf", content)},
        headers={"accept": "text/html", "accept-language": "en"},
    )
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert said in answer.text
    assert "请尽快" in answer.text


async def test_only_the_owner_side_submits_and_only_a_draft(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("谁能提交", stage="negotiation")
    contract = await selling.contract(deal_id)
    address = f"/contracts/{contract.id}"
    for name, offered in (("li.wei", True), ("zhao.min", True), ("xu.jing", False), ("tang.wen", False)):
        page = await (await sign_in(name)).get(address, headers={"accept": "text/html"})
        assert (f'action="{address}/submit"' in page.text) == offered, name
    assert (await (await sign_in("huang.bo")).get(address)).status_code == 404
    await selling.submitted(deal_id)
    again = await (await sign_in("li.wei")).post(
        f"{address}/submit", data={"version": "1", "amount": "1", "idempotency_key": uuid4().hex},
        headers={"accept": "text/html", "accept-language": "en"},
    )  # fmt: skip
    assert again.status_code == 409
    assert "This contract is not waiting for a version." in again.text


async def test_the_page_reads_well_everywhere(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("三年平台许可", amount=180_000 * YUAN, stage="negotiation")
    await selling.submitted(deal_id)
    await selling.decide(deal_id, "zhao.min", "return", "价格需要再谈")
    contract = await selling.contract(deal_id)
    await selling.row(Contract, contract.id, status="draft")
    await check_everywhere(visit, f"/contracts/{contract.id}", "contract", as_person="li.wei")
