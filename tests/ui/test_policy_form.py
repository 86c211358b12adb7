"""What is typed into a cell or a step means exactly what the policy then holds, and is shown again as it was typed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.access import Role
from domain.approval import Step
from domain.approver import Approver, PersonApprover, RoleApprover
from domain.cell import Cell
from domain.column import Column
from domain.policy import canonical
from domain.refusal import Refused
from ui import policy_steps
from ui.policy_cell import CellTyped, cell_json, shown
from ui.policy_steps import ApproverTyped, StepTyped, rearranged, route_json

MONEY = {"key": "amount", "type": "money", "min": 0}
DISCOUNT = {"key": "discount", "type": "int", "nullable": True}
SINCE = {"key": "x_since", "type": "date", "nullable": True}
REGION = {"key": "region", "type": "enum", "open": True, "nullable": True}
TAGS = {"key": "x_tags", "type": "set", "open": True}
URGENT = {"key": "x_urgent", "type": "bool", "nullable": True}


def column(value: dict[str, Any]) -> Column:
    made: Column = TypeAdapter(Column).validate_json(canonical(value))
    return made


@pytest.mark.parametrize(
    ("asked", "typed", "cell"),
    [
        (MONEY, CellTyped("range", low="5万", low_op="gt", currency="CNY"), {"op": "range", "gt": 5_000_000}),
        (MONEY, CellTyped("range", low="1", high="500", high_op="lt", currency="JPY"),
         {"op": "range", "ge": 1, "lt": 500}),
        (MONEY, CellTyped("in", others="100; 2,000.50", currency="CNY"), {"op": "in", "values": [10_000, 200_050]}),
        (DISCOUNT, CellTyped("range", high="12.5 %"), {"op": "range", "le": 1_250}),
        (DISCOUNT, CellTyped("empty"), {"op": "empty"}),
        (SINCE, CellTyped("range", low="2026-01-01"), {"op": "range", "ge": 739_617}),
        (REGION, CellTyped("not_in", values=["east"], others="north，west"),
         {"op": "not_in", "values": ["east", "north", "west"]}),
        (TAGS, CellTyped("all_of", values=["vip", "vip"]), {"op": "all_of", "values": ["vip"]}),
        (URGENT, CellTyped("in", values=["true"]), {"op": "in", "values": [True]}),
        (REGION, CellTyped("any", values=["east"]), None),
    ],
)  # fmt: skip
def test_a_cell_is_what_was_typed_and_reads_the_same_again(
    asked: dict[str, Any], typed: CellTyped, cell: dict[str, Any] | None
) -> None:
    assert cell_json(column(asked), typed) == cell
    read = TypeAdapter(Cell).validate_python(cell, strict=False) if cell else None
    assert cell_json(column(asked), shown(column(asked), read, typed.currency)) == cell


@pytest.mark.parametrize(
    ("asked", "typed", "code", "field"),
    [
        (MONEY, CellTyped("range", low="fifty"), "amount_unreadable", "low"),
        (MONEY, CellTyped("range", low="9", high="8", currency="CNY"), "range_empty", "high"),
        (MONEY, CellTyped("range"), "range_open", "low"),
        (MONEY, CellTyped("empty"), "cell_unfit", "op"),
        (DISCOUNT, CellTyped("range", low="1.005"), "number_unreadable", "low"),
        (SINCE, CellTyped("range", high="soon"), "number_unreadable", "high"),
        (REGION, CellTyped("in"), "values_needed", "others"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(
    asked: dict[str, Any], typed: CellTyped, code: str, field: str
) -> None:
    with pytest.raises(Refused, match=code) as refused:
        cell_json(column(asked), typed)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_step_is_what_was_typed_and_reads_the_same_again() -> None:
    typed = StepTyped(
        name_zh="终审", who=[ApproverTyped("role:cfo"), ApproverTyped("person", person="Tang.Wen@x.example")],
        mode="in_order", allowed="1.5", allowed_unit="h", remind="30", remind_unit="m", calendar="office",
        timeout="pass", passed=ApproverTyped("head:legal"), proof="signature",
        copy_to=[ApproverTyped("superior", levels="2"), ApproverTyped("head")],
    )  # fmt: skip
    ids = {"tang.wen@x.example": "p-1"}
    (made,) = route_json([typed], ids)["steps"]
    step = Step.model_validate_json(canonical(made))
    assert (step.key, step.name and step.name.en, step.allowed.total_seconds()) == ("cfo", "终审", 5_400)
    again = policy_steps.shown(step, {person: email for email, person in ids.items()})
    assert route_json([again], ids) == {"steps": [made | {"allowed": "PT5400S"}]}


def test_new_steps_are_called_after_whom_they_ask_and_never_alike() -> None:
    cfo = StepTyped(who=[ApproverTyped("role:cfo")])
    old = StepTyped(key="cfo", who=[ApproverTyped("role:legal")])
    assert [step["key"] for step in route_json([cfo, old, cfo], {})["steps"]] == ["cfo_2", "cfo", "cfo_3"]


def test_a_key_asks_the_same_people_in_every_row_so_that_none_of_them_is_left_out() -> None:
    ids = {"tang.wen@x.example": "p-1", "he.jie@x.example": "p-2"}
    tang, he = (StepTyped(who=[ApproverTyped("person", person=email)]) for email in ids)
    copied = StepTyped(key="cfo", who=[ApproverTyped("role:legal")])
    elsewhere: dict[str, tuple[Approver, ...]] = {
        "person": (PersonApprover(person="p-1"),),
        "cfo": (RoleApprover(role=Role.CFO),),
    }
    assert [step["key"] for step in route_json([tang, he, copied], ids, elsewhere)["steps"]] == [
        "person", "person_2", "legal",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "code", "field"),
    [
        (StepTyped(), "step_empty", "0.who"),
        (StepTyped(who=[ApproverTyped("person", person="nobody@x.example")]), "approver_unknown", "0.who"),
        (StepTyped(who=[ApproverTyped("role:cfo")], allowed="soon"), "number_unreadable", "0.allowed"),
        (StepTyped(who=[ApproverTyped("role:cfo")], timeout="pass"), "step_empty", "0.passed"),
    ],
)
def test_a_step_that_says_too_little_is_refused_at_its_field(step: StepTyped, code: str, field: str) -> None:
    with pytest.raises(Refused, match=code) as refused:
        route_json([step], {})
    assert refused.value.field == field


def test_buttons_rearrange_what_is_typed() -> None:
    one, two = StepTyped(key="one"), StepTyped(key="two")
    assert [step.key for step in rearranged([one, two], "up:1")] == ["two", "one"]
    assert [step.key for step in rearranged([one, two], "down:1")] == ["one", "two"]
    assert [step.key for step in rearranged([one, two], "remove:0")] == ["two"]
    assert len(rearranged([one, two], "add")) == 3
    assert len(rearranged([one, two], "who+:0")[0].who) == 2
    assert rearranged([one, two], "who-:0:0")[0].who == []
    assert len(rearranged([one, two], "copy+:1")[1].copy_to) == 1
    assert rearranged([one, two], "up:9") == [one, two]
