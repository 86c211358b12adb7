"""Names are found by characters, pinyin and initials."""

from __future__ import annotations

import pytest

from domain.findable import findable


@pytest.mark.parametrize("typed", ["蓝港", "食品", "langang", "lgsp", "lg"])
def test_a_company_is_found_by_what_people_type(typed: str) -> None:
    assert typed in findable("蓝港食品")


def test_a_name_is_found_in_each_reading_and_in_english() -> None:
    words = findable("曾强", "Zeng Qiang")
    assert all(typed in words for typed in ("zengqiang", "zq", "cengqiang", "zeng qiang"))


def test_latin_names_stay_as_they_are() -> None:
    assert findable("Delta Marine", None) == "delta marine"


def test_a_long_name_of_doubtful_readings_stays_short() -> None:
    assert len(findable("乐" * 40).split()) <= 17
