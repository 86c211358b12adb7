"""Policies read like an office speaks, in both languages."""

from __future__ import annotations

import json
from datetime import date

import pytest

from db.person import OrgUnit, Person
from domain.approval import ApprovalPolicy, Rules, Step
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
    return PolicyWords(language, Formats(language, "Asia/Shanghai", "CNY"), NAMES[language])


def test_the_default_approval_lines_in_english_and_chinese() -> None:
    table = load(ApprovalPolicy, ApprovalPolicy.default).table
    assert [words().when(table, row) for row in table.rows][:4] == [
        "Contract, Amount up to ¥50,000", "Contract, Amount above ¥50,000", "Contract, Currency other than CNY",
        "Quote, Discount above 20%",
    ]  # fmt: skip
    assert [words("zh_CN").when(table, row) for row in table.rows][:4] == [
        "合同、金额 不超过 ¥50,000", "合同、金额 高于 ¥50,000", "合同、币种 CNY 以外", "报价单、折扣 高于 20%",
    ]  # fmt: skip


ZHAO = "0192f0c1-2345-7890-8abc-def012345678"
NAMES = {
    language: Names(
        language,
        {ZHAO: Person(id=ZHAO, name="赵敏", name_en="Zhao Min")},
        {"u1": OrgUnit(id="u1", code="legal", name_zh="法务部", name_en="Legal")},
    )
    for language in ("en", "zh_CN")
}


def step(**values: object) -> Step:
    who = [{"by": "role", "role": "cfo"}]
    return Step.model_validate_json(json.dumps({"key": "one", "who": who, "allowed": "PT8H"} | values))


@pytest.mark.parametrize(
    ("who", "mode", "en", "zh"),
    [
        ([{"by": "role", "role": "cfo"}], "all", "CFO", "首席财务官"),
        ([{"by": "person", "person": ZHAO}, {"by": "head", "unit": "legal"}], "all",
         "Zhao Min, the head of Legal (all of them)", "赵敏、法务部负责人（会签）"),
        ([{"by": "superior", "levels": 3}], "in_order",
         "the submitter's superiors, 3 levels up (one after the other)", "提交人的连续 3 级上级（依次）"),
        ([{"by": "superior"}, {"by": "head"}], "any",
         "the submitter's superior, the head of the submitter's team (any of them)",
         "提交人的直接上级、提交人所在团队的负责人（或签）"),
        ([{"by": "person", "person": "gone"}], "any", "somebody unknown", "未知人员"),
    ],
)  # fmt: skip
def test_a_step_says_whom_it_asks_and_how(who: object, mode: str, en: str, zh: str) -> None:
    said = [words(language).who(step(who=who, mode=mode)) for language in ("en", "zh_CN")]
    assert said == [en, zh]


def test_a_step_says_its_time_what_happens_then_and_all_it_asks_for() -> None:
    plain = step(remind="PT4H")
    assert words().path([plain]) == [
        {"state": "plain", "role": "CFO", "end": "8 h",
         "note": "reminded after 4 h; then the next above may decide too"},
    ]  # fmt: skip
    rich = step(
        name={"zh": "终审", "en": "Final say"}, allowed="P1D", calendar="office", proof="signature",
        timeout={"do": "pass", "to": {"by": "role", "role": "sales_director"}},
        copy_to=[{"by": "role", "role": "legal"}],
    )  # fmt: skip
    assert words().path([rich])[0] == {
        "state": "plain", "role": "Final say", "end": "24 working hours (office calendar)",
        "note": "CFO; then Sales director is asked instead; signed with the typed name; copy to Legal",
    }  # fmt: skip
    assert words("zh_CN").path([rich])[0] == {
        "state": "plain", "role": "终审", "end": "24 个工作小时（办公日历）",
        "note": "首席财务官；到期转交销售总监；需输入姓名签署；抄送法务",
    }  # fmt: skip
    half = step(allowed="PT90M", calendar="office", bulk=True, timeout={"do": "remind"})
    assert words().path([half])[0]["end"] == "1.5 working hours (office calendar)"
    assert words().details(half) == ["then they are reminded again", "may be approved in bulk"]


def test_every_rule_is_said_in_both_languages() -> None:
    told = dict(words().rules(Rules()))
    assert told["Nobody is found for a step"] == "the next above is asked"
    assert told["The submitter may nudge an approver"] == "3 times, 1 h apart"
    assert dict(words().rules(Rules(nudges=0)))["The submitter may nudge an approver"] == "not allowed"
    assert dict(words("zh_CN").rules(Rules(own="skip")))["审批人就是提交人时"] == "跳过该步骤"
    assert len(words("zh_CN").rules(Rules())) == len(Rules.model_fields) - 1  # nudges and nudge_every are one


def test_a_number_is_said_as_what_it_counts() -> None:
    discount = NumberColumn(key="discount", type="int")
    since = NumberColumn(key="x_since", type="date")
    assert words().cell(discount, Range(gt=1_250)) == "above 12.5%"
    assert words().cell(since, Range(ge=date(2020, 1, 2).toordinal())) == "from Jan 2, 2020"
    assert words().fact("x_customer_group") == "customer group"


def test_the_gate_of_the_default_pipeline() -> None:
    pipeline = load(PipelinePolicy, PipelinePolicy.default)
    gates = {stage.key: words().gate(stage.gate, pipeline.columns) for stage in pipeline.stages if stage.gate}
    assert gates == {"won": "The contract must be approved first."}


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
