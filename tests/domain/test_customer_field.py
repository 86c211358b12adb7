"""Every kind of value comes back as it was typed, is shown in both languages, and stays with whom it may."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.access import Actor, Role
from domain.customer_field import (
    BUILT_IN,
    DEFAULT,
    CustomerFieldPolicy,
    Field,
    Reading,
    complete,
    fields,
    for_reader,
    layout,
    parse,
    plain,
    reckoned,
    shown,
)
from domain.document import Label
from domain.field import MADE, TYPES, FieldType, Option
from domain.formula import BadFormula, Value, read_formula, reckon
from domain.policy import load, validate
from domain.refusal import Refused
from domain.serial import period, serial
from locales.formats import Formats

OPTIONS = (
    Option(value="gold", label=Label(zh="金牌", en="Gold")),
    Option(value="silver", label=Label(zh="银牌", en="Silver")),
)
SOMEBODY, OTHER = "019e0000-0000-7000-8000-000000000001", "019e0000-0000-7000-8000-000000000002"
ZH, EN = Formats("zh_CN", "Asia/Shanghai"), Formats("en", "Asia/Shanghai")


def field(kind: FieldType, **more: Any) -> Field:
    if kind in ("choice", "choices"):
        more.setdefault("options", OPTIONS)
    if kind == "formula":
        more.setdefault("formula", "1 + 1")
    if kind == "serial":
        more.setdefault("pattern", "KH-{no:4}")
    return Field(key="own", label=Label(zh="自有", en="Own"), type=kind, **more)


TYPED: dict[FieldType, tuple[str, Any, str, str]] = {
    "text": (" 上海\t浦东 ", "上海 浦东", "上海 浦东", "上海 浦东"),
    "long_text": ("一\r\n二 ", "一\n二", "一\n二", "一\n二"),
    "number": ("1,234.50", 1234.5, "1,234.5", "1,234.5"),
    "integer": ("１２００", 1200, "1,200", "1,200"),
    "money": ("2.4万", 2_400_000, "¥24,000", "¥24,000"),
    "percent": ("12.5%", 12.5, "12.5%", "12.5%"),
    "date": ("2019年3月5日", "2019-03-05", "2019年3月5日", "Mar 5, 2019"),
    "datetime": ("2019-03-05 09:30", "2019-03-05T01:30:00+00:00", "2019年3月5日 09:30", "Mar 5, 2019 09:30"),
    "time": ("9:30", "09:30", "09:30", "09:30"),
    "yes_no": ("是", True, "是", "Yes"),
    "choice": ("金牌", "gold", "金牌", "Gold"),
    "choices": ("gold，银牌", ["gold", "silver"], "金牌、银牌", "Gold, Silver"),
    "phone": ("138 0013 8000", "+8613800138000", "138 0013 8000", "138 0013 8000"),
    "email": ("Li.Wei@Example.com", "li.wei@example.com", "li.wei@example.com", "li.wei@example.com"),
    "url": ("www.example.com/a", "https://www.example.com/a", "https://www.example.com/a", "https://www.example.com/a"),
    "address": ("上海市浦东新区1号", "上海市浦东新区1号", "上海市浦东新区1号", "上海市浦东新区1号"),
    "person": (SOMEBODY, SOMEBODY, "李伟", "李伟"),
    "people": (f"{SOMEBODY},{OTHER}", [SOMEBODY, OTHER], "李伟、王芳", "李伟, 王芳"),
    "department": (SOMEBODY, SOMEBODY, "李伟", "李伟"),
    "rating": ("4", 4, "★★★★☆", "★★★★☆"),
    "location": ("31.2304，121.4737", [31.2304, 121.4737], "31.23040, 121.47370", "31.23040, 121.47370"),
    "files": ("a" * 64, ["a" * 64], "图.pdf", "图.pdf"),
    "customer": (SOMEBODY, SOMEBODY, "李伟", "李伟"),
}
NAMES = {SOMEBODY: "李伟", OTHER: "王芳", "a" * 64: "图.pdf"}


def test_there_are_25_types_and_each_is_typed_reckoned_or_counted() -> None:
    assert len(TYPES) == 25
    assert set(TYPES) == set(TYPED) | MADE


@pytest.mark.parametrize("kind", TYPED)
def test_what_is_typed_is_kept_shown_and_read_back_the_same(kind: FieldType) -> None:
    typed, kept, chinese, english = TYPED[kind]
    one = field(kind)
    value = parse(one, typed)
    assert value == kept
    assert json.loads(json.dumps(value)) == value
    assert (shown(one, value, ZH, NAMES), shown(one, value, EN, NAMES)) == (chinese, english)
    assert parse(one, plain(one, value)) == value
    assert parse(one, "  ") is None
    assert shown(one, None, ZH) == plain(one, None) == ""


@pytest.mark.parametrize("kind", sorted(MADE))
def test_nobody_types_what_makes_itself(kind: FieldType) -> None:
    with pytest.raises(Refused) as refusal:
        parse(field(kind), "1")
    assert (refusal.value.code, refusal.value.field) == ("field_made", "own")


def read(one: Field, typed: str) -> tuple[Any, Refused | None]:
    try:
        return parse(one, typed), None
    except Refused as refused:
        return None, refused


@given(st.sampled_from([*TYPED]), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_is_kept_and_comes_back_or_is_refused_by_the_fields_name(kind: FieldType, typed: str) -> None:
    one = field(kind)
    value, refused = read(one, typed)
    if refused is not None:
        assert (refused.status, refused.field) == (422, "own")
        return
    assert parse(one, plain(one, value)) == value
    assert isinstance(shown(one, value, EN), str)
    assert "\x00" not in json.dumps(value, ensure_ascii=False)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_numbers_of_fifteen_digits_stay_exact(digits: int, decimals: int) -> None:
    one = field("number", decimals=decimals)
    typed = Decimal(digits).scaleb(-decimals)
    value = parse(one, f"{typed:f}")
    assert Decimal(plain(one, value)) == typed


@pytest.mark.parametrize(("kind", "typed", "code", "more"), [
    ("number", "1e999", "number_format", {}),
    ("number", "nan", "number_format", {}),
    ("number", "1.005", "field_decimals", {}),
    ("integer", "1.5", "field_decimals", {}),
    ("integer", "6", "field_above", {"most": 5}),
    ("money", "99", "field_below", {"least": 10_000}),
    ("rating", "6", "field_rating", {}),
    ("date", "2025-02-30", "date_unreadable", {}),
    ("time", "25:00", "clock_unreadable", {}),
    ("yes_no", "maybe", "yes_no_unreadable", {}),
    ("choice", "bronze", "choice_unknown", {}),
    ("url", "javascript:alert(1)", "url_unreadable", {}),
    ("url", "ftp://example.com", "url_unreadable", {}),
    ("location", "91, 10", "location_unreadable", {}),
    ("location", "nan, 10", "location_unreadable", {}),
    ("person", "李伟", "person_unknown", {}),
    ("files", "../etc/passwd", "field_file_unknown", {}),
    ("text", "x" * 501, "field_too_long", {}),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_its_reason(
    kind: FieldType, typed: str, code: str, more: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refusal:
        parse(field(kind, **more), typed)
    assert (refusal.value.code, refusal.value.field) == (code, "own")


def test_a_file_names_people_by_their_name() -> None:
    assert parse(field("person"), "李伟", Reading(people={"李伟": SOMEBODY})) == SOMEBODY


def own(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": {"zh": key, "en": key}, "type": kind, **more}


def policy(*own_fields: dict[str, Any], **more: Any) -> CustomerFieldPolicy:
    return load(CustomerFieldPolicy, {**DEFAULT, "fields": list(own_fields), **more})


def test_a_field_is_hidden_or_masked_by_role_and_one_role_that_sees_it_is_enough() -> None:
    known = fields(policy(
        own("margin", "percent", hidden_from=["sales"]),
        own("mobile", "phone", masked_for=["sales", "support_agent"]),
        own("doubled", "formula", formula="margin * 2"),
    ))  # fmt: skip
    seller = for_reader(Actor(id=SOMEBODY, roles=frozenset({Role.SALES})), known)
    held = {"margin": 30, "mobile": "+8613800138000", "name": "Acme", "doubled": 60}
    assert seller.values(held) == {"name": "Acme", "mobile": "138****8000"}
    assert {one.key for one in seller.open} == {one.key for one in BUILT_IN}
    both = for_reader(Actor(id=SOMEBODY, roles=frozenset({Role.SALES, Role.FINANCE})), known)
    assert both.values(held) == held


def test_a_kind_of_customer_has_its_fields_in_the_order_of_its_layout_and_asks_for_what_it_needs() -> None:
    made = policy(
        own("employees", "integer"), own("birthday", "date", kinds=["person"], required=True),
        kinds=[*DEFAULT["kinds"], {"key": "person", "name": {"zh": "个人", "en": "Person"}}],
        layouts={"person": [{"title": {"zh": "个人", "en": "Person"}, "fields": ["birthday", "name"]}]},
        builtin={"city": {"required": True}},
    )  # fmt: skip
    known = fields(made)
    sections = layout(made, "person", known)
    assert [one.key for one in sections[0].fields] == ["birthday", "name"]
    assert "employees" in [one.key for one in sections[1].fields]
    assert "birthday" not in [one.key for section in layout(made, "company", known) for one in section.fields]
    complete(known, "company", {"name": "Acme", "city": "上海"})
    with pytest.raises(Refused) as refusal:
        complete(known, "person", {"name": "李伟", "city": "上海"})
    assert (refusal.value.code, refusal.value.field) == ("field_needed", "birthday")


@pytest.mark.parametrize(("change", "code"), [
    ({"fields": [own("name", "text")]}, "field_reserved"),
    ({"fields": [own("a", "text"), own("a", "date")]}, "field_doubled"),
    ({"fields": [own("a", "choice")]}, "field_options_needed"),
    ({"fields": [own("a", "rating", unique=True)]}, "field_unique_useless"),
    ({"fields": [own("a", "serial", pattern="KH")]}, "serial_number_needed"),
    ({"fields": [own("a", "serial", pattern="{no:3}{day}")]}, "serial_pattern_wrong"),
    ({"fields": [own("a", "formula", formula="b + 1")]}, "formula_field_unknown"),
    ({"fields": [own("a", "formula", formula="a + 1")]}, "formula_field_unknown"),
    ({"fields": [own("a", "formula", formula="__import__(1)")]}, "formula_unreadable"),
    ({"fields": [own("a", "text", kinds=["club"])]}, "customer_kind_unknown"),
    ({"layouts": {"company": [{"title": {"zh": "一", "en": "a"}, "fields": ["b"]}]}}, "customer_field_unknown"),
    ({"builtin": {"name": {"hidden_from": ["sales"]}}}, "field_name_seen"),
])  # fmt: skip
def test_a_policy_that_does_not_hold_together_is_refused_with_where_and_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        validate("customer_field", DEFAULT | change)
    assert code in {problem["code"] for problem in refusal.value.params["problems"]}


@pytest.mark.parametrize(("formula", "result"), [
    ("employees * 1.5 + 2", Decimal("32.0")),
    ("-employees - -2", Decimal(-18)),
    ("2 - 1 - 1", Decimal(0)),
    ("(2 + 3) * 4 / 8", Decimal("2.5")),
    ("round(employees / 3, 2)", Decimal("6.67")),
    ('if(revenue >= 1000, "A", "B")', "A"),
    ("days(since, today)", Decimal(-31)),
    ("since + 30", date(2026, 10, 31)),
    ("today - since", Decimal(31)),
    ("employees + nothing", None),
    ("employees / 0", None),
    ("employees > since", None),
    ("empty(nothing)", True),
    ("if(empty(nothing), 0, nothing)", Decimal(0)),
    ("since + 99999999", None),
    ('employees & " 人"', "20 人"),
])  # fmt: skip
def test_a_formula_reckons_with_numbers_texts_and_days_and_is_empty_where_it_cannot(formula: str, result: Any) -> None:
    values: dict[str, Value] = {
        "employees": Decimal(20),
        "revenue": Decimal(1000),
        "since": date(2026, 10, 1),
        "nothing": None,
    }
    assert reckon(read_formula(formula), values, date(2026, 11, 1)) == result


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_the_reader_of_formulas_stumble(text: str) -> None:
    try:
        reckon(read_formula(text), {}, date(2026, 1, 1))
    except BadFormula:
        return


def test_a_formula_nested_without_end_is_refused() -> None:
    with pytest.raises(BadFormula):
        read_formula("(" * 400 + "1" + ")" * 400)


def test_formulas_of_a_customer_count_money_in_whole_units() -> None:
    made = policy(
        own("revenue", "money"), own("staff", "integer"), own("each", "formula", formula="round(revenue / staff)")
    )
    assert reckoned(fields(made), {"revenue": 1_000_000, "staff": 4}, date(2026, 1, 1)) == {"each": Decimal(2500)}


def test_a_serial_number_counts_anew_with_its_month() -> None:
    on = date(2026, 11, 26)
    assert serial("KH-{year}{month}-{no:4}", 42, on) == "KH-202611-0042"
    assert (period("KH-{year}{month}-{no:4}", on), period("{no:4}", on)) == ("2026-11", "")
    assert serial("{no:2}", 1234, on) == "1234"
