from __future__ import annotations

import pytest

from domain.contact import phone_number, readable_phone
from domain.refusal import Refused


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("（０１０）６２７８ １２３４", "+861062781234"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_number_is_kept_in_one_form_however_it_was_typed(typed: str, kept: str) -> None:
    assert phone_number(typed, "CN") == kept


@pytest.mark.parametrize("typed", ["", "123", "call me", "1" * 300, "+999 12345", "13800138"])
def test_what_nobody_can_dial_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        phone_number(typed, "CN")
    assert (refused.value.code, refused.value.status, refused.value.field) == ("phone_invalid", 422, "phone")


def test_a_number_is_shown_as_its_readers_dial_it() -> None:
    assert readable_phone("+8613800138000", "CN") == "138 0013 8000"
    assert readable_phone("+442079460018", "CN") == "+44 20 7946 0018"
    assert readable_phone("ask at the desk", "CN") == "ask at the desk"
