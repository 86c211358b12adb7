"""Whole contracts, set as PDF and read as a person reads them: `contracts/*.typ`, each with what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from activities.document_reader import read_document
from domain.clause.check import check
from domain.clause.page import State
from domain.clause.standard import built_in

CONTRACTS = sorted((Path(__file__).parent / "contracts").glob("*.typ"))


@pytest.mark.parametrize("source", CONTRACTS, ids=[path.stem for path in CONTRACTS])
def test_contract_says_what_a_person_reads_in_it(source: Path, tmp_path: Path) -> None:
    ours, means = (line.partition(": ")[2] for line in source.read_text(encoding="utf-8").splitlines()[:2])
    document = tmp_path / "contract.pdf"
    typst.compile(source, output=document)
    reading = read_document(document)
    found = [each for each in check(reading.pages, built_in(), ours) if each.value != "absent"]
    assert reading.state is State.TEXT
    assert {(each.kind, each.value) for each in found} == {
        tuple(each.strip().split(" ", 1)) for each in means.split(";")
    }
    for each in found:
        assert each.rects, each
        assert each.rects[0][0] == each.page
        assert all(0 <= side <= 1 for rect in each.rects for side in rect[1:])
