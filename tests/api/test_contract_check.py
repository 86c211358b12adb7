"""A contract is looked at through the API: the rows of the command line, and nothing kept."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from api.services import Services
from db.contract_check import ContractCheck
from db.engine import Database
from db.record import Document
from tests.activities import odd_files
from tests.conftest import SignIn
from tests.workflows.checking import a_contract

pytestmark = pytest.mark.usefixtures("worker")


async def check(browser: AsyncClient, content: bytes, name: str = "合同.pdf", **more: str) -> Response:
    return await browser.post("/api/contracts/check", files={"file": (name, content)}, data=more)


async def test_a_contract_is_looked_at_and_not_kept(db: Database, sign_in: SignIn) -> None:
    contract = a_contract("甲方应在收到发票之日起90日内付款。", "乙方对甲方的损失承担无限责任。")
    answer = await check(await sign_in("li.wei"), contract, our_party="乙方")
    assert answer.status_code == 200, answer.text
    document, *found = answer.json()
    assert (document["kind"], document["file"], document["state"], document["pages"]) == (
        "_document", "合同.pdf", "text", 1,
    )  # fmt: skip
    said = {(row["kind"], row["value"], row["risk"]) for row in found}
    assert {("payment_term", "90d", "high"), ("liability_cap", "unlimited", "high")} <= said
    term = next(row for row in found if row["kind"] == "payment_term")
    assert (term["page"], "90" in term["quote"], term["rects"][0][0]) == (1, True, 1)
    async with db.session() as session:
        assert await session.scalar(select(func.count()).select_from(ContractCheck)) == 0
        assert await session.scalar(select(func.count()).select_from(Document)) == 0


async def test_what_cannot_be_looked_at_is_said(app: FastAPI, sign_in: SignIn, client: AsyncClient) -> None:
    seller = await sign_in("li.wei")
    [broken] = (await check(seller, b"%PDF-1.7\nnothing")).json()
    assert (broken["kind"], broken["state"]) == ("_document", "unreadable")
    [scan] = (await check(seller, odd_files.scanned())).json()
    assert (scan["state"], scan["unread"], scan["by_ocr"]) == ("needs_ocr", [1], False)
    assert (await check(seller, b"")).json()["code"] == "document_empty"
    assert (await check(seller, a_contract(), standard="leases")).status_code == 404
    assert (await check(await sign_in("gao.fei"), a_contract())).status_code == 403
    assert (await check(client, a_contract())).status_code == 401
    services: Services = app.state.services
    busy = services.contract_checks._at_once
    async with busy, busy:
        refused = await check(seller, a_contract())
    assert (refused.status_code, refused.json()["code"]) == (429, "contracts_busy")
