"""Policies read like an office speaks, in both languages."""

from __future__ import annotations

import pytest

from domain.approval import ApprovalPolicy
from domain.cell import AllOf, AnyOf, Empty, Filled, In, NoneOf, NotIn, Range
from domain.column import BoolColumn, EnumColumn, NumberColumn, SetColumn
from domain.condition import AllHold, AnyHolds, Condition, NotHolds
from domain.pipeline import PipelinePolicy
from domain.policy import load
from locales.formats import Formats
from ui.names import Names
from ui.policy_words import PolicyWords

MONEY = NumberColumn(key="amount", type="money")
DAYS = NumberColumn(key="days", type="int")
CURRENCY = EnumColumn(key="currency", type="enum", values=("CNY", "USD"))
TAGS = SetColumn(key="tags", type="set", values=("vip", "new"))
URGENT = BoolColumn(key="urgent", type="bool")


def words(language: str = "en") -> PolicyWords:
    return PolicyWords(language, Formats(language, "Asia/Shanghai", "CNY"), Names(language, {}, {}))


def test_the_default_approval_lines_in_english_and_chinese() -> None:
    table = load(ApprovalPolicy, ApprovalPolicy.default).table
    assert [words().when(table, row) for row in table.rows] == [
        "Amount up to ¥50,000", "Amount above ¥50,000", "Currency other than CNY",
    ]  # fmt: skip
    assert [words("zh_CN").when(table, row) for row in table.rows] == [
        "金额 不超过 ¥50,000", "金额 高于 ¥50,000", "币种 CNY 以外",
    ]  # fmt: skip


def test_the_gates_of_the_default_pipeline() -> None:
    pipeline = load(PipelinePolicy, PipelinePolicy.default)
    gates = [words().gate(stage.gate, pipeline.columns) for stage in pipeline.stages if stage.gate]
    assert gates == ["The deal needs an amount first.", "The contract must be approved first."]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (MONEY, Range(ge=100, lt=50_000), "¥1 to ¥499.99"),
        (DAYS, Range(ge=3), "from 3"),
        (CURRENCY, In(values=("CNY", "USD")), "one of CNY, USD"),
        (CURRENCY, NotIn(values=("CNY",)), "other than CNY"),
        (MONEY, Empty(), "none"),
        (MONEY, Filled(), "any"),
        (TAGS, AnyOf(values=("vip", "new")), "at least one of vip, new"),
        (TAGS, AllOf(values=("vip", "new")), "all of vip, new"),
        (TAGS, NoneOf(values=("vip",)), "none of vip"),
        (URGENT, In(values=(True,)), "yes"),
    ],
)
def test_each_kind_of_cell_is_said(column: object, cell: object, said: str) -> None:
    assert words().cell(column, cell) == said  # type: ignore[arg-type]


def test_a_gate_of_several_conditions_is_said_whole() -> None:
    amount = Condition(fact="amount", cell=Range(gt=0), message="amount_needed")
    long = Condition(fact="days", cell=Range(le=30), message="terms")
    facts = {"amount": MONEY, "days": DAYS}
    assert words().gate(AllHold(all=(amount, long)), facts) == "The deal needs an amount first. days up to 30"
    assert words().gate(AnyHolds(any=(amount, long)), facts) == (
        "One of these: The deal needs an amount first. or days up to 30"
    )
    assert words().gate(NotHolds.model_validate({"not": long, "message": "terms"}), facts) == "Not: days up to 30"
