"""What makes two customers one, what only looks like it, and what a merged one keeps of each."""

from __future__ import annotations

import pytest

from domain.customer_match import Party, asked_about, code_of, compare, domain_of, keys_of
from domain.customer_merge import Values, choices, left_over, merged, owned

PHONE, MAIL = frozenset({"+862162880001"}), frozenset({"li@langang.com.cn"})


@pytest.mark.parametrize(
    ("one", "other", "level", "reasons"),
    [
        (Party("蓝港食品有限公司"), Party("藍港食品（上海）股份有限公司"), "possible", ("company",)),
        (
            Party("蓝港食品", phones=PHONE),
            Party("Lan Gang Shi Pin Co., Ltd.", phones=PHONE),
            "certain",
            ("same_sound", "phone"),
        ),
        (Party("蓝港食品", emails=MAIL), Party("Blue Harbour Foods", domain="langang.com.cn"), "unlike", ("domain",)),
        (Party("蓝港食品", tax_number="X"), Party("改名后", tax_number="X"), "certain", ("tax_number",)),
        (
            Party("蓝港食品", tax_number="X"),
            Party("蓝港食品", tax_number="Y"),
            "unlike",
            ("company", "other_tax_number"),
        ),
        (Party("上海恒通物流有限公司"), Party("广州恒通物流有限公司"), "unlike", ("company", "other_place")),
        (
            Party("蓝港食品有限公司上海分公司", phones=PHONE, emails=MAIL),
            Party("蓝港食品有限公司", phones=PHONE, emails=MAIL),
            "unlike",
            ("email", "phone", "domain", "longer_company", "other_branch"),
        ),
        (Party("蓝港食品", phones=PHONE), Party("翠峰能源", phones=PHONE), "unlike", ("phone",)),
        (
            Party("恒远国际供应链", address="上海市浦东新区科苑路88号"),
            Party("恒达国际供应链", address="浦东新区科苑路88号"),
            "likely",
            ("near_company", "address"),
        ),
        (Party("蓝港食品"), Party("蓝港食品科技"), "unlike", ()),
        (Party("苏州星泰麟供应链管理"), Party("苏州星泰骏供应链管理"), "unlike", ("near_company",)),
    ],
)
def test_what_is_shared_and_what_speaks_against_it(
    one: Party, other: Party, level: str, reasons: tuple[str, ...]
) -> None:
    score = compare(one, other)
    assert score == compare(other, one)
    assert (score.level, score.reasons) == (level, reasons)


@pytest.mark.parametrize(
    ("asked", "other", "level"),
    [
        (Party("", phones=PHONE), Party("蓝港食品", phones=PHONE, city="上海"), "possible"),
        (Party("", phones=PHONE), Party("蓝港食品上海分公司", phones=PHONE), "possible"),
        (Party("", emails=MAIL), Party("蓝港食品", emails=MAIL), "certain"),
        (Party("", emails=frozenset({"li@qq.com"})), Party("蓝港食品", emails=frozenset({"li@qq.com"})), "possible"),
        (Party("", domain="langang.com.cn"), Party("蓝港食品", emails=MAIL), "possible"),
        (Party("", tax_number="X"), Party("蓝港食品", tax_number="X"), "certain"),
        (Party("翠峰能源", phones=PHONE, city="苏州"), Party("蓝港食品", phones=PHONE, city="上海"), "possible"),
        (Party("翠峰能源", domain="langang.com.cn"), Party("蓝港食品", emails=MAIL), "unlike"),
        (Party("蓝港食品分公司", phones=PHONE), Party("蓝港食品", phones=PHONE), "unlike"),
        (Party("苏州星泰麟供应链管理"), Party("苏州星泰骏供应链管理"), "possible"),
        (Party("翠峰", tax_number="Y", phones=PHONE), Party("蓝港", tax_number="X", phones=PHONE), "unlike"),
    ],
)
def test_who_asks_is_told_of_a_number_by_itself_unless_something_speaks_against_it(
    asked: Party, other: Party, level: str
) -> None:
    assert asked_about(asked, other).level == level


def test_keys_leave_public_mail_and_wrong_codes_aside() -> None:
    assert keys_of(Party("蓝港食品", emails=frozenset({"li@qq.com"}))) == {"email:li@qq.com", "company:蓝港食品"}
    assert domain_of("https://www.Acme.com.cn/about") == domain_of("li@acme.com.cn") == "acme.com.cn"
    assert code_of("91310000MA1FL0AB30") is None


def test_a_pair_is_another_once_anything_that_is_compared_changed() -> None:
    assert Party("蓝港食品").fingerprint == Party("藍港食品").fingerprint != Party("蓝港食品", phones=PHONE).fingerprint


def test_of_several_each_field_is_taken_from_one_and_nothing_is_lost() -> None:
    one = Values("1", {"name": "甲", "phone": "p1", "city": None, "custom.size": 3}, ["a"])
    other = Values("2", {"name": "乙", "phone": "p2", "city": "上海"}, ["b", "a"])
    assert [choice.key for choice in choices([one, other])] == ["name", "phone"]
    changed = merged([one, other], {"name": "2"})
    assert changed == {"name": "乙", "city": "上海", "tags": ["a", "b"]}
    assert left_over([one, other], changed) == [("2", "p2", None)]
    assert left_over([one, other], changed | {"phone": "p2"}) == [("1", "p1", None)]
    regions = owned([("1", "east", "li"), ("2", "east", "li"), ("2", "south", None)])
    assert [(region.region_id, region.disputed) for region in regions] == [("east", False), ("south", False)]
