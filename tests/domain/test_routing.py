"""Where a ticket goes, and to whom: rules before model before person, and whose turn it is within a queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.policy import load
from domain.policy_check import Reference, references
from domain.refusal import Refused
from domain.routing import DEFAULT, Guess, Queue, RoutingPolicy, Ruled, choose_queue
from domain.table_check import check_table
from domain.ticket_text import plain
from domain.ticket_turn import Agent, Case, choose_agent

FACTS: dict[str, Any] = {"ticket_kind": "question", "channel": "mail", "keywords": (), "negative": False}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def policy(**changes: Any) -> RoutingPolicy:
    return load(RoutingPolicy, {**DEFAULT, **changes})


def agent(person: str, **changes: Any) -> Agent:
    plain_one: dict[str, Any] = {"skills": {"repair": 1}, "languages": {}, "open": 0, "last": None}
    return Agent(person, **(plain_one | changes))


# --- the queue --------------------------------------------------------------------------------------------------------


def test_a_device_goes_to_repair_and_a_complaint_to_complaints_whatever_it_says() -> None:
    assert policy().rule({**FACTS, "channel": "device"}) == Ruled(queue="repair", firm=True, row="device")
    ruled = policy().rule({**FACTS, "ticket_kind": "complaint", "keywords": ("billing",)})
    assert ruled is not None
    assert ruled.queue == "complaints"


def test_words_are_found_in_either_language_and_not_inside_others() -> None:
    assert policy().keywords_in(plain("发票开错了")) == ("billing",)
    assert policy().keywords_in(plain("Two INVOICES are wrong")) == ("billing",)
    assert policy().keywords_in(plain("the prepayment terror")) == ()


def test_rules_come_first_unless_they_are_not_firm_and_the_model_knows_better() -> None:
    firm, loose = Ruled(queue="repair", firm=True, row="a"), Ruled(queue="repair", firm=False, row="b")
    guesses = [Guess(queue="billing", confidence=0.9), Guess(queue="repair", confidence=0.05)]
    trusted = frozenset({"billing"})
    assert choose_queue(policy(), firm, guesses, trusted).queue == "repair"
    assert choose_queue(policy(), loose, guesses, trusted).by == "model"
    assert choose_queue(policy(), loose, guesses, frozenset()).by == "rules"


def test_below_the_confidence_a_person_decides() -> None:
    unsure = [Guess(queue="billing", confidence=0.59)]
    assert choose_queue(policy(), None, unsure, frozenset({"billing"})).by == "triage"
    assert choose_queue(policy(confidence=59), None, unsure, frozenset({"billing"})).queue == "billing"
    assert choose_queue(policy(), None, [], frozenset()).queue is None


def test_a_queue_that_the_policy_no_longer_has_is_not_guessed() -> None:
    gone = [Guess(queue="lottery", confidence=0.99)]
    assert choose_queue(policy(), None, gone, frozenset({"lottery"})).by == "triage"


def test_what_a_policy_cannot_mean_is_said_with_its_place() -> None:
    table = DEFAULT["table"]
    lost = {**table, "rows": [{"id": "x", "when": {}, "then": {"queue": "nowhere"}}]}
    odd = {**table, "columns": [*table["columns"], {"key": "weather", "type": "enum", "open": True}]}
    call = {"id": "x", "when": {"channel": {"op": "in", "values": ["pigeon"]}}, "then": {"queue": "general"}}
    never = {**table, "rows": [call]}
    for changes, code in (
        ({"table": lost}, "queue_unknown"), ({"table": odd}, "ticket_fact_unknown"),
        ({"table": never}, "cell_value_unknown"), ({"keywords": {}}, "keywords_unknown"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            policy(**changes)
        assert {one["code"] for one in refused.value.params["problems"]} == {code}


def test_a_tier_and_a_region_that_are_not_there_are_told_with_their_row() -> None:
    when = {"tier": {"op": "in", "values": ["platinum", "vip"]}, "region": {"op": "in", "values": ["mars"]}}
    table = DEFAULT["table"]
    lost = policy(table={**table, "rows": [*table["rows"], {"id": "x", "when": when, "then": {"queue": "general"}}]})
    assert [(one.where, one.params) for one in lost.problems()] == [
        ("table.rows.7.when.tier", {"values": "platinum"}),
    ]
    assert Reference("region", "mars", "table.rows.7.when.region") in set(references(lost))
    assert {one.key for one in references(lost) if one.what == "skill"} == {"repair", "complaints"}


def test_a_shadowed_row_is_found() -> None:
    table = DEFAULT["table"]
    after = {"id": "late", "when": {"channel": {"op": "in", "values": ["device"]}}, "then": {"queue": "general"}}
    table = policy(table={**table, "rows": [*table["rows"], after]}).table
    assert table is not None
    assert check_table(table).unreachable == ("late",)


# --- the person -------------------------------------------------------------------------------------------------------

REPAIR: Queue = next(queue for queue in policy().queues if queue.key == "repair")


def test_who_has_least_in_hand_gets_it_and_of_several_whose_last_is_longest_ago() -> None:
    case = Case(REPAIR, "standard", None)
    people = [agent("a", open=2), agent("b", open=1, last=NOON), agent("c", open=1)]
    assert choose_agent(policy(), case, people)[0] == "c"


def test_a_served_first_customer_goes_to_a_senior_where_one_is_there() -> None:
    people = [agent("junior"), agent("senior", skills={"repair": 3}, open=5)]
    chosen, why = choose_agent(policy(), Case(REPAIR, "vip", None), people)
    assert (chosen, why.senior, why.of) == ("senior", True, 1)
    assert choose_agent(policy(), Case(REPAIR, "standard", None), people)[0] == "junior"
    away = [people[0], people[1]._replace(away=True)]
    assert choose_agent(policy(), Case(REPAIR, "vip", None), away)[0] == "junior"


def test_while_nobody_has_said_their_skills_none_are_asked_for() -> None:
    assert choose_agent(policy(), Case(REPAIR, None, None), [agent("a", skills={})])[0] == "a"
    assert choose_agent(policy(), Case(REPAIR, None, None), [agent("a", skills={"billing": 1})])[0] is None


def test_who_cannot_is_passed_over_and_it_is_said_why() -> None:
    people = [
        agent("unskilled", skills={"billing": 3}), agent("french", languages={"fr": 3}), agent("off", on_duty=False),
        agent("away", away=True), agent("had"), agent("full", open=20), agent("free", languages={"en": 1}),
    ]  # fmt: skip
    chosen, why = choose_agent(policy(), Case(REPAIR, None, "en", without=["had"]), people)
    assert chosen == "free"
    assert [one.why for one in why.over] == ["skill", "language", "off_duty", "away", "had", "full"]
    assert choose_agent(policy(), Case(REPAIR, None, "en"), people[:4])[0] is None


def test_words_typed_in_full_width_or_with_two_blanks_are_found() -> None:
    asked = policy(keywords={"billing": ["ＰＯＳ"], "breakdown": ["not  working"], "complaint": ["投诉"]})
    assert asked.keywords_in(plain("pos machine is NOT working")) == ("billing", "breakdown")
