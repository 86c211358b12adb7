"""A scanned contract: OCR reads it where it is there and legal compares; nothing about it ever looks safe."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from activities import clause_scan
from db.contract import Contract
from db.contract_check import ContractCheck
from tests.activities.scans import engine, engine_at, needs_tesseract, scanned
from tests.workflows.checking import a_contract, checked, submit_document
from tests.workflows.office import YUAN, Office

SCAN = scanned(a_contract("甲方应在收到发票之日起30日内付款。", total="40000.00"), 150)


@needs_tesseract
async def test_a_scan_is_read_by_ocr_and_goes_to_legal_with_what_it_found(office: Office) -> None:
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, SCAN)
    task = await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, check.by_ocr, check.level) == ("needs_ocr", True, "high")
    term = found["payment_term"]
    assert (term.value, term.level, term.by_ocr, term.page) == ("30d", "medium", True, 1)
    assert task.params["undecided"] == len(found)
    assert {"contract.scanned", "contract.read_by_ocr"} <= set(await office.line(deal.line_id))


async def test_without_ocr_people_read_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    engine(monkeypatch, None)
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, SCAN)
    await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, check.by_ocr, check.level, found) == ("needs_ocr", False, "high", {})
    assert "contract.not_read" in await office.line(deal.line_id)


async def test_ocr_that_breaks_off_is_tried_again_but_not_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine_at(tmp_path / "engine", monkeypatch, "#!/bin/sh\nexit 1\n")
    tries = 0

    async def breaks(*_: Any) -> bool:
        nonlocal tries
        tries += 1
        raise RuntimeError("broken off")

    monkeypatch.setattr(clause_scan, "read_scans", breaks)
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, SCAN)
    await office.open_task("review_contract", line_id=deal.line_id)
    check, _ = await checked(office, contract)
    assert (check.by_ocr, check.level, tries) == (False, "high", 3)


async def test_a_contract_withdrawn_while_ocr_reads_it_is_over(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine_at(tmp_path / "engine", monkeypatch, "#!/bin/sh\nexit 1\n")
    reading, ended = asyncio.Event(), asyncio.Event()

    async def read(*_: Any) -> bool:
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return True

    monkeypatch.setattr(clause_scan, "read_scans", read)
    deal, contract = await office.negotiating(40_000 * YUAN)
    await submit_document(office, contract, SCAN)
    await reading.wait()
    await office.move(deal.id, "lost", reason="price")
    await office.until(lambda: office.row(Contract, id=contract.id, status="withdrawn"), "its end")
    await asyncio.wait_for(ended.wait(), 20)
    assert not any(check.by_ocr for check in await office.rows(ContractCheck, contract_id=contract.id))
