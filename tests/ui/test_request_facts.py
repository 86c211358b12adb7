"""The form that submits a contract asks what the approval policy wants to know, and says what cannot be read."""

from __future__ import annotations

from copy import deepcopy
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from activities.office_file import converter
from db.contract import Approval, Contract
from db.policy import current_policy
from domain.approval import DEFAULT
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import Visit

pytestmark = pytest.mark.usefixtures("worker")


async def test_the_form_asks_for_the_discount_and_the_kind_that_the_policy_decides_by(
    visit: Visit, selling: Selling
) -> None:
    document = deepcopy(DEFAULT)
    document["table"]["columns"] += [
        {"key": "contract_kind", "type": "enum", "values": ["licence", "service"], "nullable": True},
        {"key": "x_export", "type": "bool", "nullable": True},
    ]
    steep = {"kind": {"op": "in", "values": ["contract"]}, "discount": {"op": "range", "gt": 3_000}}
    document["table"]["rows"].insert(0, {**document["table"]["rows"][1], "id": "steep", "when": steep})
    services = selling.services
    async with services.db.session() as session:
        follows, _ = await current_policy(session, "approval")
    admin = await selling.actor("gu.ming")
    await services.policies.publish(admin, uuid4().hex, "approval", document, follows=follows)
    contract = await selling.contract(await selling.deal("带折扣", stage="negotiation"))
    page = (await visit(f"/contracts/{contract.id}", as_person="li.wei")).page
    await page.get_by_label("Discount (%)").fill("a lot")
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.get_by_text("Enter a number that is possible here.")).to_be_visible()
    await page.get_by_label("Discount (%)").fill("12.5%")
    await page.get_by_label("Kind of contract").select_option("service")
    await page.get_by_label("export").select_option("yes")
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.get_by_role("heading", name="Version 1", exact=True)).to_be_visible()
    await expect(page.get_by_text("Regional manager").first).to_be_visible()
    async with services.db.session() as session:
        facts = await session.scalar(select(Approval.facts).where(Approval.subject_id == contract.id))
    assert facts is not None
    asked = {key: facts[key] for key in ("discount", "contract_kind", "x_export")}
    assert asked == {"discount": 1250, "contract_kind": "service", "x_export": True}


async def test_the_kind_of_a_contract_is_chosen_from_its_task_and_by_the_api_and_shown_with_its_version(
    visit: Visit, selling: Selling, sign_in: SignIn
) -> None:
    services = selling.services
    admin = await selling.actor("gu.ming")
    await services.clause_standards.create(admin, uuid4().hex, standard="lease", zh="租赁合同", en="Lease", like="")
    deal_id = await selling.deal("租赁设备", stage="negotiation")
    contract = await selling.contract(deal_id)
    page = (await visit("/tasks", as_person="li.wei")).page
    await page.get_by_role("link", name="租赁设备").click()
    takes = "application/pdf,.docx" if converter() else "application/pdf"
    await expect(page.get_by_label("Contract as PDF")).to_have_attribute("accept", takes)
    await page.get_by_label("Kind of contract").select_option("Lease")
    await page.get_by_role("button", name="Submit for approval").click()
    sent = await selling.row(Contract, contract.id, status="in_approval")
    assert sent.versions[0]["kind"] == "lease"
    shown = await visit(f"/contracts/{contract.id}", as_person="li.wei")
    await expect(shown.page.get_by_text("Lease", exact=True)).to_be_visible()

    await selling.decide(deal_id, "zhao.min", "return", "换合同类型")
    await selling.row(Contract, contract.id, status="draft")
    browser = await sign_in("li.wei")
    address, asked = f"/api/contracts/{contract.id}/submit", {"version": 2, "amount": contract.amount}
    key = {"Idempotency-Key": uuid4().hex}
    wrong = await browser.post(address, json=asked | {"kind": "marriage"}, headers=key)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "contract_kind_unknown")
    followed = asked | {"facts": {"contract_kind": "lease"}}
    assert (await browser.post(address, json=followed, headers={"Idempotency-Key": uuid4().hex})).is_success
    assert (await selling.row(Contract, contract.id, status="in_approval")).versions[1]["kind"] == "lease"
