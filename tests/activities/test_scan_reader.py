"""What OCR reads off scanned pages adds to what is known, says where it stands, and never makes anything look safer."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from activities.clause_rows import rows
from activities.document_reader import read_document
from activities.scan_reader import read_scans, with_scans
from domain.clause.page import State
from domain.clause.standard import built_in
from tests.activities import odd_files as odd
from tests.activities.scans import engine_at, needs_tesseract, scanned, together
from tests.workflows.checking import a_contract

LATE = "甲方应在收到发票之日起90日内付款。"
SOON = "甲方应在收到发票之日起30日内付款。"


def read(folder: Path, content: bytes) -> tuple[bool, list[dict[str, Any]]]:
    """Whether OCR got through, and the rows."""
    path = folder / "scan.pdf"
    path.write_bytes(content)
    reading = read_document(path)
    assert reading.state is State.NEEDS_OCR
    unread = [no for no, page in enumerate(reading.pages, 1) if page.unread]
    complete = asyncio.run(read_scans(path, unread, folder / "pages"))
    said, problem = rows(with_scans(reading, folder / "pages"), built_in(), "scan.pdf", "乙方")
    assert not problem
    return complete, said


@needs_tesseract
def test_a_scan_is_read_with_the_places_of_its_words(tmp_path: Path) -> None:
    contract = a_contract(LATE, "乙方对甲方的一切损失承担无限赔偿责任。")
    complete, (document, *found) = read(tmp_path, scanned(contract))
    assert complete
    assert (document["state"], document["by_ocr"], document["unread"]) == ("needs_ocr", True, [])
    by_kind = {row["kind"]: row for row in found}
    assert (by_kind["payment_term"]["value"], by_kind["liability_cap"]["value"]) == ("90d", "unlimited")
    assert all(row["by_ocr"] for row in found)
    (tmp_path / "text.pdf").write_bytes(contract)
    certain, _ = rows(read_document(tmp_path / "text.pdf"), built_in(), "text.pdf", "乙方")
    there = next(row["rects"][0] for row in certain if row["kind"] == "payment_term")
    here = by_kind["payment_term"]["rects"][0]
    assert all(abs(a - b) < 0.02 for a, b in zip(here, there, strict=True)), (here, there)


@needs_tesseract
def test_what_ocr_read_is_never_without_risk_and_hides_nothing_that_is_certain(tmp_path: Path) -> None:
    amendment = a_contract("补充约定：原合同第2条“90日内付款”修改为“30日内付款”。", SOON)
    _, (_, *found) = read(tmp_path, together(a_contract(LATE), scanned(amendment)))
    terms = {(row["value"], row["risk"], row.get("by_ocr", False)) for row in found if row["kind"] == "payment_term"}
    assert ("90d", "high", False) in terms
    assert ("30d", "medium", True) in terms
    assert {row["risk"] for row in found if row.get("by_ocr")} <= {"medium", "high"}


def test_a_reading_goes_on_where_it_broke_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = r"5\t1\t1\t1\t1\t1\t100\t100\t400\t40\t90\tWarranty"
    engine_at(tmp_path / "engine", monkeypatch, f"#!/bin/sh\ncat >/dev/null\nprintf 'level\\n{table}\\n'\n")
    path = tmp_path / "scan.pdf"
    path.write_bytes(together(odd.scanned(), odd.scanned()))
    pages = tmp_path / "pages"
    assert asyncio.run(read_scans(path, [1, 2], pages))
    (pages / "2.ocr.json").unlink()
    first = (pages / "1.ocr.json").stat().st_mtime_ns
    assert asyncio.run(read_scans(path, [1, 2], pages))
    assert (pages / "1.ocr.json").stat().st_mtime_ns == first
    assert with_scans(read_document(path), pages).pages[1].text == "Warranty\r\n"


@pytest.mark.parametrize("engine", ["sleep 600", "kill -9 $$", "exit 1", "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "true"])
def test_an_engine_that_goes_astray_leaves_the_page_to_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr("activities.scan_reader.PAGE_SECONDS", 1)
    engine_at(tmp_path / "engine", monkeypatch, f"#!/bin/sh\n{engine}\n")
    before = time.monotonic()
    complete, (document, *found) = read(tmp_path, odd.scanned())
    assert time.monotonic() - before < 20
    assert not complete
    assert (document["unread"], document["by_ocr"], found) == ([1], False, [])


def test_no_more_pages_are_read_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.scan_reader.MOST_PAGES", 0)
    complete, (document, *_) = read(tmp_path, odd.scanned())
    assert (complete, document["unread"]) == (False, [1])
