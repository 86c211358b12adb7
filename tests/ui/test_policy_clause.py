"""The standard for clauses: read in words, a threshold changed, tried on a contract, compared, published, gone back."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.activities import odd_files as odd
from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")
EDIT = "/policies/clause_standard/edit"
HTML = {"accept": "text/html", "accept-language": "en"}
CONTRACT = odd.pdf(
    odd.words("This Agreement is between Blue Harbor Foods, the Customer, and Rongda Steel, the Supplier.")
    + odd.words("Customer shall pay each invoice within forty-five days of receipt.", y=600)
    + odd.words("This Agreement is governed by the laws of India.", y=560)
)


async def test_a_longer_payment_term_is_allowed_tried_compared_published_and_gone_back_on(
    visit: Visit, tmp_path: Path
) -> None:
    visited = await visit(EDIT, as_person="gu.ming")
    page = visited.page
    await page.get_by_role("link", name="Change: Payment term").click()
    await page.get_by_label("Row 1: up to, days").fill("45")
    await page.get_by_role("button", name="Keep in the draft").click()
    row = page.get_by_role("row", name=re.compile("^Payment term"))
    await expect(row).to_contain_text("up to 45 days")
    await expect(row).to_contain_text("more than 45 days up to 60 days")

    (tmp_path / "contract.pdf").write_bytes(CONTRACT)
    await page.get_by_role("link", name="Try a contract").click()
    await page.get_by_label("Contract as PDF").set_input_files(tmp_path / "contract.pdf")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_text("1 of another level")).to_be_visible()
    changed = page.locator("tr.is-changed")
    await expect(changed).to_contain_text("Payment term 45 days page 1")
    await expect(changed).to_contain_text("medium risk")
    await expect(changed).to_contain_text("as the standard")
    await expect(page.get_by_role("row", name=re.compile("law of India"))).to_contain_text("high risk")

    await page.goto(EDIT)
    await page.get_by_role("link", name="What it changes").click()
    told = page.get_by_role("row", name=re.compile("Payment term, as the standard up to 30 days up to 45 days"))
    await expect(told).to_be_visible()
    await page.go_back()
    await page.get_by_label("What changes, and why").fill("Customers ask for 45 days")
    await page.get_by_role("button", name=re.compile("^Publish version")).click()
    await expect(page.get_by_role("row", name=re.compile("^Payment term"))).to_contain_text("up to 45 days")
    await page.get_by_role("link", name="Version 1", exact=True).click()
    await page.get_by_role("button", name="Go back to this version").click()
    await expect(page.get_by_role("row", name=re.compile("^Payment term"))).to_contain_text("up to 30 days")
    assert visited.problems == []


@pytest.mark.parametrize(
    ("clause", "typed", "said"),
    [
        ("payment_term", {"level": ["ok"], "least": [""], "most": ["soon"]}, "Enter a number that is possible here."),
        ("payment_term", {"level": [""], "least": [""], "most": ["30"]}, "Please fill this in."),
        ("payment_term", {"level": ["ok", "low"], "least": ["", ""], "most": ["30", "20"]}, "the ones above take"),
        ("payment_term", {"level": ["ok"], "least": ["40"], "most": ["30"]}, "the ones above take"),
        ("governing_law", {"other": ["Mars"], "other_level": ["ok"]}, "There is no such value: Mars"),
        ("dispute", {"other": ["mediation/Paris"], "other_level": ["ok"]}, "There is no such value"),
        ("ip_owner", {"otherwise": "fatal"}, "otherwise"),
    ],
)
async def test_what_cannot_be_meant_is_said_at_its_field(
    sign_in: SignIn, clause: str, typed: dict[str, str | list[str]], said: str
) -> None:
    browser = await sign_in("gu.ming")
    data = {"revision": "0", "otherwise": "high", "idempotency_key": uuid4().hex, **typed}
    answer = await browser.post(f"{EDIT}/clause?of={clause}", data=data, headers=HTML)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_rates_are_typed_in_percent_and_kept_as_shares(sign_in: SignIn) -> None:
    browser = await sign_in("gu.ming")
    made = await browser.post(
        "/policies/standards/new", headers=HTML,
        data={"standard": "lease", "zh": "租赁合同", "en": "Leases", "like": "", "idempotency_key": uuid4().hex},
    )  # fmt: skip
    assert (made.status_code, made.headers["location"]) == (303, "/policies/clause_standard.lease/edit")
    again = await browser.post(
        "/policies/standards/new", headers=HTML,
        data={"standard": "lease", "zh": "租赁", "en": "Lease", "like": "", "idempotency_key": uuid4().hex},
    )  # fmt: skip
    assert again.status_code == 422
    assert "There is a standard for this kind of contract already." in again.text
    edit = "/policies/clause_standard.lease/edit"
    kept = await browser.post(
        f"{edit}/clause?of=late_payment_rate", headers=HTML,
        data={
            "revision": "0", "level": ["ok", "", ""], "least": ["0.03%", "", ""], "most": ["０．２", "", ""],
            "otherwise": "low", "wording_zh": "每日万分之五。", "wording_en": "", "idempotency_key": uuid4().hex,
        },
    )  # fmt: skip
    assert kept.status_code == 303, kept.text
    draft = (await browser.get("/api/policies/clause_standard.lease/draft")).json()
    rule = draft["document"]["rules"]["late_payment_rate"]
    assert rule["bounds"] == [{"level": "ok", "least": "0.0003", "most": "0.002"}]
    assert (rule["otherwise"], rule["wording_zh"]) == ("low", "每日万分之五。")
    assert draft["document"]["name"] == {"zh": "租赁合同", "en": "Leases"}
    listed = (await browser.get("/policies", headers=HTML)).text
    assert "Leases" in listed


async def test_only_who_manages_policies_edits_standards(sign_in: SignIn) -> None:
    seller = await sign_in("li.wei")
    for path in (f"{EDIT}/clause?of=payment_term", f"{EDIT}/contract", f"{EDIT}/name", "/policies/standards/new"):
        assert (await seller.get(path, headers=HTML)).status_code == 403
    manager = await sign_in("gu.ming")
    for path in (f"{EDIT}/clause?of=colour", "/policies/approval/edit/clause?of=payment_term"):
        assert (await manager.get(path, headers=HTML)).status_code == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/policies/clause_standard", "standard"),
        (EDIT, "standard-edit"),
        (f"{EDIT}/clause?of=dispute", "standard-clause"),
        (f"{EDIT}/clause?of=late_payment_rate", "standard-rate"),
        (f"{EDIT}/contract", "standard-try"),
    ],
)
async def test_the_pages_read_well_everywhere(visit: Visit, path: str, name: str) -> None:
    await check_everywhere(visit, path, name, as_person="gu.ming")
