"""What is promised: a row for every ticket, warnings before time is up, a ladder in order; else it is refused."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from domain.policy import validate
from domain.refusal import Refused
from domain.sla import SlaPolicy

TICKET = {"tier": "standard", "ticket_kind": "question", "channel": "mail", "priority": "normal"}


def document() -> dict[str, Any]:
    return deepcopy(SlaPolicy.default)


def refused(changed: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as error:
        validate("sla", changed)
    return {(problem["where"], problem["code"]) for problem in error.value.params["problems"]}


def test_a_vip_is_answered_in_an_hour_everybody_else_in_four() -> None:
    policy = validate("sla", document())
    assert isinstance(policy, SlaPolicy)
    row, ordinary = policy.promise(TICKET)
    assert (row, ordinary.first_response, ordinary.resolution) == ("otherwise", timedelta(hours=4), timedelta(hours=48))
    row, vip = policy.promise(TICKET | {"tier": "vip"})
    assert (row, vip.first_response, vip.resolution) == ("vip", timedelta(hours=1), timedelta(hours=12))
    assert [warn.after(timedelta(hours=1)) for warn in policy.warnings(vip)] == [
        timedelta(minutes=36), timedelta(minutes=51),
    ]  # fmt: skip


def test_a_row_that_no_ticket_can_reach_is_said() -> None:
    changed = document()
    rows = changed["table"]["rows"]
    rows.insert(1, rows[0] | {"id": "vip_again"})
    rows.insert(0, rows[0] | {"id": "nobody", "when": {"tier": {"op": "not_in", "values": ["vip", "standard"]}}})
    assert refused(changed) == {("table.rows.0", "promise_never"), ("table.rows.2", "promise_never")}


def test_a_condition_on_what_no_ticket_is_and_a_ticket_that_no_row_takes_are_refused() -> None:
    changed = document()
    changed["table"]["columns"][0]["values"].append("diamond")
    changed["table"]["columns"][3]["values"].remove("urgent")
    assert refused(changed) == {
        ("table.columns.0.values", "ticket_fact_impossible"), ("table.columns.3.values", "ticket_fact_left_out"),
    }  # fmt: skip
    changed = document()
    changed["table"]["rows"].pop()
    assert refused(changed) == {("table", "table_gap")}


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        ({"amber": {"share": 90}}, "table.rows.0.then.first_response", "warn_order"),
        ({"red": {"before": "PT2H"}}, "table.rows.0.then.first_response", "warn_before_start"),
        ({"red": {"before": "PT2H", "share": 3}}, "red.share", "warn_once"),
        ({"ladder": [{"after": "PT2H", "act": "notify", "who": "assignee"}, {"act": "task", "who": "support_lead"}]},
         "ladder.1", "ladder_order"),
        ({"ladder": [{"act": "reassign", "who": "assignee"}]}, "ladder.0.who", "rung_same"),
    ],
)  # fmt: skip
def test_warnings_and_ladders_that_make_no_sense_are_refused(change: dict[str, Any], where: str, code: str) -> None:
    assert (where, code) in refused(document() | change)
