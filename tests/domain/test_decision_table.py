"""Decision tables decide exactly, explain themselves, and never guess."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from domain.cell import Range
from domain.decision_table import Decision, DecisionTable, NoRowFits, decide
from domain.document import Strict
from domain.refusal import Refused

Outcome = str
YUAN = 100


def table(columns: list[dict[str, Any]], rows: list[dict[str, Any]], hit: str = "first") -> DecisionTable[Outcome]:
    document = {"hit": hit, "columns": columns, "rows": [{"then": row["id"], "when": {}, **row} for row in rows]}
    return DecisionTable[Outcome].model_validate_json(json.dumps(document))


AMOUNT = {"key": "amount", "type": "money", "min": 0}
REGION = {"key": "region", "type": "enum", "values": ["华东", "华南", "华北", "西部"]}
TIER = {"key": "tier", "type": "enum", "values": ["vip", "标准"], "nullable": True}
DISCOUNT = {"key": "discount_bp", "type": "int", "min": 0, "max": 10_000}
RISK = {"key": "risk", "type": "bool", "nullable": True}
SIGNED = {"key": "signed_on", "type": "date"}
TAGS = {"key": "tags", "type": "set", "open": True}

APPROVAL_ROWS = [
    {"id": "risky", "when": {"risk": {"op": "in", "values": [True]}}},
    {"id": "give_away", "when": {"discount_bp": {"op": "range", "gt": 3_000}}},
    {
        "id": "vip_home",
        "when": {
            "amount": {"op": "range", "le": 200_000 * YUAN},
            "region": {"op": "in", "values": ["华东", "华南"]},
            "tier": {"op": "in", "values": ["vip"]},
        },
    },
    {
        "id": "unrated",
        "when": {"tier": {"op": "empty"}, "amount": {"op": "range", "gt": 50_000 * YUAN, "le": 200_000 * YUAN}},
    },
    {"id": "small", "when": {"amount": {"op": "range", "le": 50_000 * YUAN}}},
    {"id": "middle", "when": {"amount": {"op": "range", "gt": 50_000 * YUAN, "lt": 1_000_000 * YUAN}}},
    {"id": "large", "when": {"amount": {"op": "range", "ge": 1_000_000 * YUAN}}},
]
APPROVAL = table([AMOUNT, REGION, TIER, DISCOUNT, RISK], APPROVAL_ROWS)


def by_hand(amount: int, region: str, tier: str | None, discount_bp: int, risk: bool | None) -> str:
    if risk is True:
        return "risky"
    if discount_bp > 3_000:
        return "give_away"
    if tier == "vip" and region in ("华东", "华南") and amount <= 20_000_000:
        return "vip_home"
    if tier is None and 5_000_000 < amount <= 20_000_000:
        return "unrated"
    if amount <= 5_000_000:
        return "small"
    return "middle" if amount < 100_000_000 else "large"


def test_every_boundary_case_is_decided_as_a_person_would_by_hand() -> None:
    around = [n * YUAN + cent for n in (50_000, 200_000, 1_000_000) for cent in (-1, 0, 1)]
    amounts = [0, 1, *around, 12_345_678_901_234_567]
    cases = list(
        product(amounts, REGION["values"], ["vip", "标准", None], [0, 3_000, 3_001, 10_000], [True, False, None])
    )
    assert len(cases) == 1_728
    for case in cases:
        facts = dict(zip(("amount", "region", "tier", "discount_bp", "risk"), case, strict=True))
        assert decide(APPROVAL, facts).outcome == by_hand(*case), facts


def test_a_decision_says_which_row_fired_and_which_cell_kept_the_others_from_it() -> None:
    asked_for = {"amount": 5_000_001, "region": "华东", "tier": "标准", "discount_bp": 0, "risk": False}
    facts = {**asked_for, "note": "not asked for"}
    decision = decide(APPROVAL, facts)
    assert decision.fired == ("middle",)
    assert decision.misfits == {
        "risky": "risk", "give_away": "discount_bp", "vip_home": "tier", "unrated": "tier", "small": "amount",
    }  # fmt: skip
    assert decision.facts == asked_for


def test_the_first_misfit_follows_the_columns_whatever_order_storage_gave_the_cells() -> None:
    when = {"region": {"op": "in", "values": ["华北"]}, "amount": {"op": "range", "gt": 5}}
    both_unfit = table([AMOUNT, REGION], [{"id": "a", "when": when}, {"id": "rest"}])
    assert decide(both_unfit, {"amount": 1, "region": "华东"}).misfits == {"a": "amount"}


def test_collect_takes_every_row_that_fits() -> None:
    rows = [
        {"id": "hot", "when": {"tags": {"op": "any_of", "values": ["展会", "转介绍"]}}},
        {"id": "big", "when": {"amount": {"op": "range", "ge": 100}}},
        {"id": "cold", "when": {"tags": {"op": "empty"}}},
    ]
    decision = decide(table([AMOUNT, TAGS], rows, hit="collect"), {"amount": 100, "tags": ["转介绍", "x", "x"]})
    assert decision.outcomes == ("hot", "big")
    assert decision.misfits == {"cold": "tags"}
    assert decision.facts["tags"] == ("x", "转介绍")


@pytest.mark.parametrize("hit", ["first", "collect"])
def test_a_case_no_row_fits_is_refused_with_every_reason(hit: str) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "when": {"amount": {"op": "range", "gt": 10}}},
        {"id": "b", "when": {"amount": {"op": "in", "values": [3]}}},
    ]
    with pytest.raises(NoRowFits) as refusal:
        decide(table([AMOUNT], rows, hit=hit), {"amount": 4})
    assert refusal.value.params == {"facts": {"amount": 4}, "misfits": {"a": "amount", "b": "amount"}}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, "fact_missing"),
        ({"amount": None}, "fact_invalid"),
        ({"amount": 50_000.0}, "fact_invalid"),
        ({"amount": True}, "fact_invalid"),
        ({"amount": "5000000"}, "fact_invalid"),
        ({"amount": -1}, "fact_invalid"),
    ],
)
def test_a_fact_that_is_missing_or_of_another_type_is_refused_never_passed_over(
    facts: dict[str, Any], code: str
) -> None:
    anything = table([AMOUNT], [{"id": "any"}])
    with pytest.raises(Refused) as refusal:
        decide(anything, facts)
    assert (refusal.value.code, refusal.value.field) == (code, "amount")


def test_a_value_the_closed_column_does_not_know_is_refused_and_an_open_column_takes_it() -> None:
    rows: list[dict[str, Any]] = [{"id": "east", "when": {"region": {"op": "in", "values": ["华东"]}}}, {"id": "rest"}]
    with pytest.raises(Refused, match="fact_invalid"):
        decide(table([REGION], rows), {"region": "东北"})
    assert decide(table([REGION | {"open": True}], rows), {"region": "东北"}).outcome == "rest"


@pytest.mark.parametrize(
    ("cell", "takes"),
    [
        ({"op": "in", "values": ["vip"]}, {"vip"}),
        ({"op": "not_in", "values": ["vip"]}, {"标准"}),
        ({"op": "empty"}, {None}),
        ({"op": "filled"}, {"vip", "标准"}),
    ],
)
def test_only_an_empty_cell_takes_the_absence_of_a_value(cell: dict[str, Any], takes: set[str | None]) -> None:
    one = table([TIER], [{"id": "yes", "when": {"tier": cell}}, {"id": "no"}])
    assert {tier for tier in ("vip", "标准", None) if decide(one, {"tier": tier}).outcome == "yes"} == takes


@pytest.mark.parametrize(
    ("cell", "takes"),
    [
        ({"op": "any_of", "values": ["a", "b"]}, ["a", "ab", "ac"]),
        ({"op": "all_of", "values": ["a", "b"]}, ["ab"]),
        ({"op": "none_of", "values": ["a", "b"]}, ["", "c"]),
        ({"op": "empty"}, [""]),
        ({"op": "filled"}, ["a", "ab", "ac", "c"]),
    ],
)
def test_set_cells_ask_for_members(cell: dict[str, Any], takes: list[str]) -> None:
    one = table([TAGS], [{"id": "yes", "when": {"tags": cell}}, {"id": "no"}])
    assert [tags for tags in ("", "a", "ab", "ac", "c") if decide(one, {"tags": list(tags)}).outcome == "yes"] == takes


@given(st.dates(), st.dates())
def test_dates_compare_as_days(limit: Any, day: Any) -> None:
    cell = {"op": "range", "ge": limit.toordinal()}
    one = table([SIGNED], [{"id": "from", "when": {"signed_on": cell}}, {"id": "before"}])
    assert decide(one, {"signed_on": day.toordinal()}).outcome == ("from" if day >= limit else "before")


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (AMOUNT, {"op": "range", "le": 50_000.01}, "int_type"),
        (AMOUNT, {"op": "range", "le": "50000"}, "int_type"),
        (AMOUNT, {"op": "> > 5"}, "union_tag_invalid"),
        (AMOUNT, {"op": "range"}, "range_open"),
        (AMOUNT, {"op": "range", "gt": 5, "lt": 6}, "range_empty"),
        (AMOUNT, {"op": "range", "gt": 5, "ge": 5}, "range_doubled"),
        (AMOUNT, {"op": "in", "values": ["5"]}, "cell_unfit"),
        (AMOUNT, {"op": "in", "values": [True]}, "cell_unfit"),
        (AMOUNT, {"op": "empty"}, "cell_never_empty"),
        (REGION, {"op": "in", "values": ["东北"]}, "cell_value_unknown"),
        (REGION, {"op": "any_of", "values": ["华东"]}, "cell_unfit"),
        (RISK, {"op": "in", "values": [1]}, "cell_unfit"),
        (TAGS, {"op": "in", "values": ["a"]}, "cell_unfit"),
        (TAGS, {"op": "any_of", "values": []}, "too_short"),
        (AMOUNT, {"op": "in", "values": list(range(201))}, "too_long"),
    ],
)
def test_a_cell_that_could_not_be_decided_exactly_never_gets_into_a_table(
    column: dict[str, Any], cell: dict[str, JsonValue], code: str
) -> None:
    with pytest.raises(ValidationError) as error:
        table([column], [{"id": "a", "when": {column["key"]: cell}}])
    assert code in {fault["type"] for fault in error.value.errors()}


def test_all_faults_of_a_table_are_told_at_once_with_their_places() -> None:
    row = {"id": "a", "when": {"nowhere": {"op": "filled"}, "region": {"op": "in", "values": ["?"]}}}
    with pytest.raises(ValidationError) as error:
        table([REGION, REGION], [row, row])
    assert {(fault["loc"], fault["type"]) for fault in error.value.errors()} == {
        (("columns",), "column_doubled"),
        (("rows",), "row_doubled"),
        (("rows", 0, "when", "nowhere"), "column_unknown"),
        (("rows", 0, "when", "region"), "cell_value_unknown"),
        (("rows", 1, "when", "nowhere"), "column_unknown"),
        (("rows", 1, "when", "region"), "cell_value_unknown"),
    }


def test_a_table_of_another_engine_is_not_read_as_this_one() -> None:
    document = {"engine": 2, "columns": [AMOUNT], "rows": [{"id": "a", "when": {}, "then": ""}]}
    with pytest.raises(ValidationError, match="engine"):
        DecisionTable[Outcome].model_validate_json(json.dumps(document))


class Points(Strict):
    points: int


def test_outcomes_are_typed_by_whoever_uses_the_table_and_survive_the_journey_through_history() -> None:
    def scoring(then: dict[str, int]) -> DecisionTable[Points]:
        document = {"columns": [AMOUNT, TIER, TAGS], "rows": [{"id": "a", "when": {}, "then": then}]}
        return DecisionTable[Points].model_validate_json(json.dumps(document))

    decision = decide(scoring({"points": 5}), {"amount": 1, "tier": None, "tags": ["b", "a"]})
    assert decision.outcome.points == 5
    assert Decision[Points].model_validate_json(decision.model_dump_json()) == decision
    with pytest.raises(ValidationError, match="point"):
        scoring({"point": 5})


def test_what_a_limit_leaves_out_is_said_as_a_limit_too() -> None:
    assert Range(gt=2_000).beyond == Range(le=2_000)
    assert Range(lt=1_500).beyond == Range(ge=1_500)
    assert Range(ge=1).beyond == Range(lt=1)
    assert Range(gt=0, le=5).beyond is None
