"""Addresses, passwords, and waiting after wrong ones."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.person import email_address, password, typed, wait_after
from domain.refusal import Refused


def test_an_address_is_the_same_however_it_is_typed() -> None:
    assert email_address("  Li.Wei@Throughline.Example ") == "li.wei@throughline.example"


@pytest.mark.parametrize("text", ["", "li.wei", "li wei@a.example", "<a@b.example>", "a@b", "a" * 300 + "@b.example"])
def test_what_is_no_address_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Refused) as refused:
        email_address(text)
    assert (refused.value.code, refused.value.field) == ("email_invalid", "email")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("short", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("aaaaaaaaaaaa", "password_too_simple"),
        ("12121212121212", "password_too_simple"),
        ("Li.Wei@throughline.example", "password_too_simple"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        password(text, email="li.wei@throughline.example")
    assert refused.value.code == code


def test_full_width_letters_of_an_input_method_are_the_same_password() -> None:
    assert typed("\uff41\uff42\uff43\uff11\uff12\uff13") == typed("abc123")


def test_the_fifth_failure_brings_a_wait_that_doubles_up_to_an_hour() -> None:
    assert [wait_after(failures) for failures in range(5)] == [None] * 5
    minutes = [wait_after(failures) for failures in (5, 6, 7, 8)]
    assert minutes == [timedelta(minutes=m) for m in (1, 2, 4, 8)]
    assert wait_after(11) == wait_after(100_000) == timedelta(hours=1)
