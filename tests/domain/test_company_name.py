"""Two ways to write one company's name are found to be one; two companies are not."""

from __future__ import annotations

import pytest

from domain.company_name import company_key, near_keys, nearness


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("深圳市蓝港食品（集团）有限公司", "蓝港食品"),
        ("蓝港食品", "蓝港食品"),
        ("广东省深圳市蓝港食品股份有限公司", "蓝港食品"),
        ("Ｈａｒｂｏｕｒ　Freight Asia Co., Ltd.", "harbourfreightasia"),
        ("The Harbour Freight Asia Limited", "harbourfreightasia"),
        ("上海电气", "上海电气"),
        ("臺灣藍港食品股份有限公司", "蓝港食品"),
        ("上海电气集团股份有限公司", "上海电气"),
        ("蓝港食品(上海)有限公司", "蓝港食品"),
        ("AT&T Inc", "at&t"),
        ("Limited", "limited"),
        ("个人", ""),
        ("...", ""),
    ],
)
def test_width_case_legal_form_and_place_are_left_aside(name: str, key: str) -> None:
    assert company_key(name) == key


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("蓝港食品", "蓝港食品有限公司", "company"),
        ("蓝港食品", "蓝岗食品", "near_company"),
        ("恒远物流科技", "恒达物资科技", None),
        ("恒远物流", "恒物远流", "near_company"),
        ("蓝港食品", "蓝港食品科技", "longer_company"),
        ("Harbour Freight", "Harbour Freight Asia", "longer_company"),
        ("Habour Freight Asia", "Harbour Freight Asia", "near_company"),
        ("蓝港食品有限公司", "Shanghai Lan Gang Shi Pin Co., Ltd.", "same_sound"),
        ("兰岗食品", "蓝港食品", "same_sound"),
        ("网易", "网龙", None),
        ("蓝港食品", "翠峰能源", None),
        ("", "", None),
    ],
)
def test_what_is_alike_says_why_and_shares_an_indexed_number(one: str, other: str, why: str | None) -> None:
    first, second = company_key(one), company_key(other)
    assert nearness(first, second) == nearness(second, first) == why
    if why:
        assert set(near_keys(first)) & set(near_keys(second))
