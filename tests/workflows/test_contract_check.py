"""A contract's document is read before anybody decides about it; whatever happens to the reading ends as a state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from commands.contract_check import ClauseReader
from db.contract import Contract
from db.contract_check import ContractCheck, ContractFinding
from db.process import Process
from tests.workflows.checking import a_contract, checked, submit_document
from tests.workflows.office import YUAN, Office
from workflows.contract import contract_workflow_id

RISKY = (
    "甲方应在收到发票之日起90日内付款。",
    "乙方逾期交付的，每逾期一日按逾期部分价款的千分之五支付违约金。",
)  # fmt: skip


async def test_what_a_document_says_is_known_before_anybody_decides(office: Office) -> None:
    deal, contract = await office.negotiating(180_000 * YUAN)
    await submit_document(office, contract, a_contract(*RISKY))
    await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, check.level, check.version_no) == ("text", "high", 1)
    assert (found["payment_term"].value, found["payment_term"].level) == ("90d", "high")
    assert found["payment_term"].quote == "甲方应在收到发票之日起90日内付款"
    assert found["payment_term"].rects[0][0] == found["payment_term"].page == 1
    row = await office.row(Contract, id=contract.id)
    assert row is not None
    assert {k: row.versions[0][k] for k in ("level", "read", "found")} == {
        "level": "high", "read": "text", "found": len(found),
    }  # fmt: skip
    assert [kind for kind in await office.line(deal.line_id) if kind.startswith("contract.")][-2:] == [
        "contract.submitted", "contract.checked",
    ]  # fmt: skip
    process = await office.row(Process, workflow_id=contract_workflow_id(contract.id))
    assert process is not None
    assert {"contract", "clause_standard"} <= process.policies.keys()


async def test_a_total_that_is_not_the_deal_s_is_found_on_its_page(office: Office) -> None:
    deal, contract = await office.negotiating(190_000 * YUAN)
    await submit_document(office, contract, a_contract())
    await office.open_task("review_contract", line_id=deal.line_id)
    _, found = await checked(office, contract)
    wrong = found["amount_mismatch"]
    assert (wrong.value, wrong.note, wrong.level) == ("deal", "CNY 180000.00 / CNY 190000.00", "high")
    assert wrong.rects == found["total_amount"].rects


@pytest.mark.parametrize(("content", "lost", "state", "limit"), [
    (b"%PDF-1.7\nnothing more", False, "unreadable", ""),
    (b"%PDF-1.7\ngone", True, "unreadable", "missing"),
])  # fmt: skip
async def test_what_cannot_be_read_is_never_without_risk(
    office: Office, content: bytes, lost: bool, state: str, limit: str
) -> None:
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, content, lost=lost)
    await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, check.limit, check.level, found) == (state, limit, "high", {})
    assert "contract.not_read" in await office.line(deal.line_id)


async def test_a_contract_withdrawn_while_it_is_read_is_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, ended = asyncio.Event(), asyncio.Event()

    async def read(*_: Any) -> list[dict[str, Any]]:
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return []

    monkeypatch.setattr(ClauseReader, "__call__", read)
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, a_contract())
    await reading.wait()
    await office.until(lambda: office.row(Contract, id=contract.id, status="checking"), "it to be read")
    await office.move(deal.id, "lost", reason="price")
    await office.until(lambda: office.row(Contract, id=contract.id, status="withdrawn"), "its end")
    await asyncio.wait_for(ended.wait(), 20)
    assert not await office.rows(ContractCheck, contract_id=contract.id)


@pytest.mark.parametrize(("failures", "state"), [(2, "text"), (9, "unreadable")])
async def test_a_reading_that_breaks_off_is_tried_again_but_not_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch, failures: int, state: str
) -> None:
    tries = 0
    reads = ClauseReader.__call__

    async def read(self: ClauseReader, path: Path, file: str, standard: dict[str, Any] | None) -> Any:
        nonlocal tries
        tries += 1
        if tries <= failures:
            raise RuntimeError("broken off")
        return await reads(self, path, file, standard)

    monkeypatch.setattr(ClauseReader, "__call__", read)
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, a_contract(*RISKY, total="40000.00"))
    await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, tries) == (state, 3)
    assert bool(found) is (state == "text")
    assert len(await office.rows(ContractFinding, contract_id=contract.id)) == len(found)
