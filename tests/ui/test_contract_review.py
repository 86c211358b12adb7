"""Legal's page: clauses where they stand, decided one by one; read by others, found on a phone and without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from db.contract import Contract
from db.process import Task
from tests.activities.scans import needs_tesseract, scanned
from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.workflows.checking import a_contract

pytestmark = pytest.mark.usefixtures("worker")

CLAUSES = ("甲方应在收到发票之日起90日内付款。", "乙方对甲方的一切损失承担无限赔偿责任。")


async def with_legal(selling: Selling, *clauses: str, scan: bool = False) -> Contract:
    """A contract whose first version waits for legal."""
    contract = await selling.contract(await selling.deal("冷链平台", amount=180_000 * YUAN, stage="negotiation"))
    actor = await selling.actor("li.wei")

    async def chunks() -> AsyncIterator[bytes]:
        content = a_contract(*(clauses or CLAUSES))
        yield scanned(content) if scan else content

    document = (await selling.services.documents.add(actor, "合同.pdf", chunks())).hash
    await selling.services.contracts.submit(
        actor, uuid4().hex, contract.id, version=1, amount=contract.amount, document=document
    )
    return await selling.row(Contract, contract.id, within=90 if scan else 20, status="in_legal")


async def test_a_clause_is_found_on_its_page_decided_and_the_version_returned(visit: Visit, selling: Selling) -> None:
    contract = await with_legal(selling)
    address = f"/contracts/{contract.id}/review/1"
    page = (await visit(address, as_person="tang.wen")).page
    term = page.locator(".finding", has_text="Payment term")
    await expect(term).to_contain_text("90 days")
    await expect(term).to_contain_text("甲方应在收到发票之日起90日内付款")
    await expect(term).to_contain_text("high risk")
    await term.get_by_role("link", name="Page 1").click()
    await expect(page.locator("button.doc-mark.is-selected")).to_have_attribute("aria-pressed", "true")
    await page.locator("button.doc-mark").first.click()
    await expect(page.locator(".finding.is-selected")).to_have_count(1)
    await page.keyboard.press("n")
    await expect(page.locator(".finding.is-selected")).to_be_focused()

    await term.get_by_role("button", name="Accept").click()
    await expect(term).to_contain_text("Say why")
    await term.get_by_label("Why, or what to change").fill("一直按时付款")
    await term.get_by_role("button", name="Accept").click()
    await expect(term).to_contain_text("accepted")
    await expect(term).to_contain_text("一直按时付款")
    cap = page.locator(".finding", has_text="Limit of liability")
    await cap.get_by_label("Why, or what to change").fill("以合同总价为限")
    await cap.get_by_role("button", name="Reject").click()
    await expect(cap).to_contain_text("rejected")
    foot = page.locator("#conclude")
    await expect(foot).to_contain_text("Every risky clause is decided")
    await foot.get_by_role("button", name="Clear", exact=True).click()
    await expect(page.locator("#review")).to_contain_text("the version can only be returned")
    await foot.get_by_label("Remark").fill("责任上限须改")
    await foot.get_by_role("button", name="Return").click()
    await expect(page.locator("#review")).to_contain_text("Returned")
    await selling.row(Contract, contract.id, status="draft", version=2)

    reader = (await visit(address, as_person="zhao.min", look=PHONE)).page
    await expect(reader.locator("#review")).to_contain_text("责任上限须改")
    await expect(reader.get_by_role("button", name="Accept")).to_have_count(0)
    owner = (await visit(f"/contracts/{contract.id}", as_person="li.wei")).page
    await expect(owner.locator("#record")).to_contain_text("以合同总价为限")


@needs_tesseract
async def test_a_scan_shows_where_ocr_read_a_clause_and_a_phone_shows_its_part_of_the_page(
    visit: Visit, selling: Selling
) -> None:
    contract = await with_legal(selling, scan=True)
    address = f"/contracts/{contract.id}/review/1"
    page = (await visit(address, as_person="tang.wen", look=PHONE)).page
    await expect(page.locator("#review")).to_contain_text("scanned and read by OCR")
    term = page.locator(".finding", has_text="Payment term")
    await expect(term).to_contain_text("90 days")
    await expect(term).to_contain_text("compare it with the page")
    crop = term.locator(".finding-crop")
    await crop.scroll_into_view_if_needed()
    await expect(crop.locator("img")).to_have_js_property("complete", value=True)
    marked, around = await crop.locator(".doc-mark").first.bounding_box(), await crop.bounding_box()
    assert marked is not None
    assert around is not None
    assert around["y"] <= marked["y"]
    assert marked["y"] + marked["height"] <= around["y"] + around["height"]
    await expect(page.locator("button.doc-mark")).not_to_have_count(0)
    await check_everywhere(visit, address, "contract-review-scan", as_person="tang.wen")


async def test_an_approver_sees_what_legal_decided_and_the_submitter_takes_a_version_back(
    sign_in: SignIn, selling: Selling
) -> None:
    contract = await with_legal(selling, CLAUSES[0])
    english = {"accept": "text/html", "accept-language": "en"}
    owner, legal, approver = await sign_in("li.wei"), await sign_in("tang.wen"), await sign_in("zhao.min")
    review = (await legal.get(f"/api/contracts/{contract.id}/reviews/1")).json()
    for one in review["findings"]:
        said = {"version": 1, "finding_id": one["id"], "decision": "accept", "reason": "老客户", "turn": 0}
        done = await legal.post(
            f"/api/contracts/{contract.id}/judge", json=said, headers={"Idempotency-Key": uuid4().hex}
        )
        assert done.is_success
    ended = {"version": 1, "outcome": "conditions", "comment": "可以", "conditions": ["须补充附件三"], "met": {}}
    answer = await legal.post(
        f"/api/contracts/{contract.id}/conclude", json=ended, headers={"Idempotency-Key": uuid4().hex}
    )
    assert answer.is_success, answer.text
    row = await selling.row(Contract, contract.id, status="in_approval")
    task = await selling.asked_of(row, "approve")
    panel = await approver.get(f"/inbox/{task.id}", headers=english)
    assert panel.status_code == 200
    assert "须补充附件三" in panel.text
    assert "老客户" in panel.text

    other = await with_legal(selling)
    back = {"version": "1", "idempotency_key": uuid4().hex}
    shown = await owner.get(f"/contracts/{other.id}", headers=english)
    assert "Take this version back" in shown.text
    refused = await approver.post(f"/contracts/{other.id}/take-back", data=back, headers=english)
    assert refused.status_code == 403
    taken = await owner.post(
        f"/contracts/{other.id}/take-back", data=back | {"idempotency_key": uuid4().hex}, headers=english
    )
    assert taken.status_code == 303
    await selling.row(Contract, other.id, status="draft", version=2)


async def test_the_page_works_without_scripts_and_only_for_those_who_see_the_contract(
    sign_in: SignIn, selling: Selling
) -> None:
    contract = await with_legal(selling)
    address = f"/contracts/{contract.id}/review/1"
    assert (await (await sign_in("huang.bo")).get(address)).status_code == 404
    assert (await (await sign_in("li.wei")).get("/reports/clauses")).status_code == 403
    legal = await sign_in("tang.wen")
    english = {"accept": "text/html", "accept-language": "en"}
    first = await legal.get(address, headers=english)
    assert first.status_code == 200
    assert "oninput" not in first.text
    finding = first.text.partition('name="finding_id" value="')[2][:36]
    form = {"finding_id": finding, "decision": "accept", "reason": "ok", "turn": "0"}
    sold = await (await sign_in("li.wei")).post(
        f"{address}/judge", data=form | {"idempotency_key": uuid4().hex}, headers=english
    )
    assert sold.status_code == 403
    done = await legal.post(f"{address}/judge", data=form | {"idempotency_key": uuid4().hex}, headers=english)
    assert (done.status_code, done.headers["location"]) == (303, f"{address}#finding-{finding}")
    stale = await legal.post(f"{address}/judge", data=form | {"idempotency_key": uuid4().hex}, headers=english)
    assert stale.status_code == 409
    assert "decided about this clause meanwhile" in stale.text
    odd = await legal.post(f"{address}/judge", data={"finding_id": "x", "decision": "hm"}, headers=english)
    assert odd.status_code == 422
    past = {"finding_id": finding, "until": "2020-01-01", "reason": "why", "idempotency_key": uuid4().hex}
    assert (await legal.post(f"{address}/exception", data=past, headers=english)).status_code == 422
    given = past | {"until": "2099-01-01", "idempotency_key": uuid4().hex}
    assert (await legal.post(f"{address}/exception", data=given, headers=english)).status_code == 303
    report = await legal.get("/reports/clauses", headers=english)
    assert "until Jan 1, 2099" in report.text
    exception = report.text.partition("/exceptions/")[2][:36]
    ended = await legal.post(
        f"/reports/clauses/exceptions/{exception}/revoke", data={"idempotency_key": uuid4().hex}, headers=english
    )
    assert ended.status_code == 303
    assert "Revoked" in (await legal.get("/reports/clauses", headers=english)).text


async def test_the_review_reads_well_everywhere(visit: Visit, selling: Selling) -> None:
    contract = await with_legal(selling)
    await check_everywhere(visit, f"/contracts/{contract.id}/review/1", "contract-review", as_person="tang.wen")
    await check_everywhere(visit, "/reports/clauses", "clause-report", as_person="tang.wen")
    row = await selling.row(Contract, contract.id)
    async with selling.services.db.session() as session:
        task = await session.scalar(select(Task.id).where(Task.line_id == row.line_id, Task.kind == "review_contract"))
    await check_everywhere(visit, f"/tasks/{task}", "contract-review-task", as_person="tang.wen")
