"""Signing in the browser: the approver looks at the document and confirms; anybody checks the signed file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient
from playwright.async_api import expect
from sqlalchemy import select

from db.contract import Contract
from db.policy import current_policy
from db.process import Task
from launch.cast import PASSWORD
from tests.selling import YUAN, Selling
from tests.ui.browser import RESULTS, Visit, check_everywhere
from tests.workflows.signings import a_page

pytestmark = pytest.mark.usefixtures("worker")


async def to_be_signed(
    selling: Selling, title: str, rules: dict[str, object] | None = None, kind: str = "sign_contract"
) -> tuple[str, str]:
    """The contract's id and its signing task's: the regional manager has approved."""
    signing = rules or {"customer": False}
    services, owner = selling.services, await selling.actor("li.wei")
    async with services.db.session() as session:
        version, policy = await current_policy(session, "contract")
    await services.policies.publish(
        await selling.actor("gu.ming"), uuid4().hex, "contract", policy | {"signing": signing},
        follows=version,
    )  # fmt: skip

    async def chunks() -> AsyncIterator[bytes]:
        yield a_page(pages=2)

    document = (await services.documents.add(owner, "主协议.pdf", chunks())).hash
    deal_id = await selling.deal(title, amount=48_000 * YUAN, stage="negotiation")
    contract = await selling.contract(deal_id)
    await services.contracts.submit(owner, uuid4().hex, contract.id, version=1, amount=4_800_000, document=document)
    await selling.decide(deal_id, "zhao.min")

    async def asked() -> str | None:
        wanted = select(Task.id).where(Task.kind == kind, Task.line_id == contract.line_id)
        async with services.db.session() as session:
            return await session.scalar(wanted)

    return contract.id, await selling.until(asked)


async def test_an_approver_signs_and_anybody_checks_the_file(
    visit: Visit, selling: Selling, client: AsyncClient, tmp_path: Path
) -> None:
    contract_id, task = await to_be_signed(selling, "主协议")
    page = (await visit(f"/tasks/{task}", as_person="zhao.min")).page
    await expect(page.get_by_text("Its fingerprint (SHA-256)")).to_be_visible()
    await page.get_by_label("Your password").fill("not this one")
    await page.get_by_role("button", name="Sign the contract").click()
    await expect(page.get_by_text("This is not your password.")).to_be_visible()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign the contract").click()
    await selling.row(Contract, contract_id, status="signed")

    page = (await visit(f"/contracts/{contract_id}", as_person="li.wei")).page
    await expect(page.locator(".record-head")).to_contain_text("Signed")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="The signed PDF").click()
    file = tmp_path / "signed.pdf"
    await (await downloading.value).save_as(file)
    looked = await client.post("/api/contracts/verify", files={"file": ("signed.pdf", file.read_bytes())})
    said = looked.json()
    assert (said["state"], said["contract"]["version"], said["signatures"][0]["good"]) == ("signed", 1, True)
    refused = await client.post("/api/contracts/verify", files={"file": ("x.pdf", b"no pdf at all")})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")

    page = (await visit("/verify")).page
    await page.get_by_label("The signed PDF, as you have it").set_input_files(file)
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("Signed, and unchanged since the last signature.")).to_be_visible()
    await expect(page.get_by_text("It is version 1 of contract C-")).to_be_visible()
    await page.screenshot(path=RESULTS / "verified.png", full_page=True)
    (changed := tmp_path / "changed.pdf").write_bytes(
        file.read_bytes().replace(b"Contract of sale", b"Contract of sole")
    )
    await page.get_by_label("The signed PDF, as you have it").set_input_files(changed)
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("Do not rely on this file")).to_be_visible()
    (plain := tmp_path / "plain.txt").write_bytes(b"hello")
    await page.get_by_label("The signed PDF, as you have it").set_input_files(plain)
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("This is not a PDF.")).to_be_visible()


async def test_signing_reads_well_everywhere(visit: Visit, selling: Selling) -> None:
    contract_id, task = await to_be_signed(selling, "冷链可视化")
    await check_everywhere(visit, f"/tasks/{task}", as_person="zhao.min")
    await check_everywhere(visit, f"/contracts/{contract_id}", as_person="li.wei")
    await check_everywhere(visit, "/verify")
