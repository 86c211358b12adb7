"""Clauses in many wordings, and others that only look like them: `chinese.txt` and `english.txt`."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from tests.domain.clause.paper import said

HERE = Path(__file__).parent
CLAUSES = [
    line.partition(" =>")[::2]
    for language in ("chinese", "english")
    for line in (HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("clause", "means"), CLAUSES, ids=range(len(CLAUSES)))
def test_clause_means_what_a_person_reads_in_it(clause: str, means: str) -> None:
    wanted = {tuple(each.strip().split(" ", 1)) for each in means.split(";") if each.strip()}
    assert said(clause) == wanted


@pytest.mark.parametrize("odd", ["5% ", "$1,000 ", "每逾期一日", "30 days ", "Court of "])
def test_text_that_goes_on_without_end_takes_no_time(odd: str) -> None:
    began = process_time()
    said(odd * (20_000 // len(odd)))
    assert process_time() - began < 5
