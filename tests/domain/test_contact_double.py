"""Which contacts are one person once their customers are one."""

from __future__ import annotations

import pytest

from domain.contact_double import Double, Somebody, doubles, same_name

PHONE, OTHER, MAIL = "+8613800138001", "+8613800138002", "zhou@langang.example"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("周明", "周明", True), ("週明", "周 明", True), ("周明", "Zhou Ming", True), ("Ming Zhou", "周明", True),
        ("周总", "周明", True), ("周明先生", "周明", True), ("Mr. Zhou Ming", "周明", True), ("周明", "李强", False),
        ("李总", "周明", False), ("周明", "周大明", False), ("Ann Li", "Ann Lee", False), ("张总", "张工", False),
    ],
)  # fmt: skip
def test_names_that_may_be_one_persons(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same_name(other, one) is same


def test_who_is_there_already_takes_what_was_lacking_and_colleagues_at_one_switchboard_stay_two() -> None:
    zhou = Somebody("1", "a", "周明", phone=PHONE)
    again = Somebody("2", "b", "Zhou Ming", phone=PHONE, email=MAIL, title="采购总监")
    found = doubles(
        [zhou], [again, Somebody("3", "b", "李强", phone=PHONE), Somebody("4", "c", "周总", email=MAIL.upper())]
    )
    assert found == [Double("2", "1", {"email": MAIL, "title": "采购总监"}), Double("4", "1", {})]


def test_what_stood_twice_at_one_customer_stays_so_and_a_bare_number_is_nobody_else() -> None:
    two = [Somebody(no, "b", "周明", phone=PHONE) for no in ("2", "3")]
    assert doubles([Somebody("1", "a", "周明", phone=OTHER)], two) == []
    bare = Somebody("4", "c", PHONE, phone=PHONE, nameless=True)
    assert doubles(two, [bare]) == [Double("4", "2", {})]
