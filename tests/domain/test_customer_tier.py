"""The suggested tier and the next step, with their reasons; and which regions a rule names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.customer_assignment import CustomerAssignmentPolicy
from domain.customer_portrait import History, next_step
from domain.customer_tier import Known, suggest
from domain.policy import load

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SAID = {"keen": frozenset({"interested"}), "cold": frozenset({"not_interested"}), "lost": frozenset({"wrong_person"})}


def test_what_is_known_and_needed_makes_the_tier_with_its_reasons() -> None:
    nothing = suggest(Known(), **SAID)
    assert (nothing.tier, nothing.score, nothing.reasons) == ("E", 0, ())
    known = Known(
        tax_number=True, phone=True, email=True, address=True, industry=True, contacts=2, contacts_reached=1,
        open_deals=1, open_amount=600_000_00, won=1, outcomes=("interested",),
    )  # fmt: skip
    whole = suggest(known, **SAID)
    assert (whole.tier, whole.score) == ("A", 100)
    assert sum(reason.points for reason in whole.reasons) == 100
    cold = suggest(known._replace(outcomes=("not_interested",)), **SAID)
    assert cold.score < whole.score
    assert "no_interest" in {reason.code for reason in cold.reasons}


@given(st.builds(Known, contacts=st.integers(0, 3), open_deals=st.integers(0, 2), won=st.integers(0, 2)))
def test_more_known_is_never_a_lower_tier(known: Known) -> None:
    more = known._replace(tax_number=True, phone=True)
    assert suggest(more, **SAID).score >= suggest(known, **SAID).score


@pytest.mark.parametrize(
    ("history", "step"),
    [
        (History(next_at=NOW, open_deals=1), "keep_date"),
        (History(open_deals=1), "go_on_with_deal"),
        (History(), "find_contact"),
        (History(reached=True, lead_at=NOW, last_at=NOW - timedelta(days=1)), "answer_lead"),
        (History(reached=True, last_at=NOW, outcome="wrong_person"), "find_right_person"),
        (History(reached=True, last_at=NOW, outcome="not_now"), "ask_again"),
        (History(reached=True), "call"),
    ],
)
def test_the_next_step_is_the_first_that_fits(history: History, step: str) -> None:
    assert next_step(history) == step


def policy(*rows: tuple[str, dict[str, object], list[dict[str, object]]]) -> CustomerAssignmentPolicy:
    table = {**CustomerAssignmentPolicy.default["table"]}
    table["rows"] = [{"id": one, "when": when, "then": {"follow": follow}, "note": ""} for one, when, follow in rows]
    return load(CustomerAssignmentPolicy, {"engine": 1, "table": table})


def test_every_row_that_fits_adds_its_regions_and_the_upper_one_counts() -> None:
    rules = policy(
        ("guangdong", {"province": {"op": "in", "values": ["广东"]}}, [{"region": "south", "to": "turn", "tier": "B"}]),
        ("home", {}, [{"region": "home", "to": "pool"}]),
    )
    found = rules.places({"province": "广东", "way": "form"}, "east")
    assert [(one.row, one.follows.region, one.follows.to) for one in found] == [
        ("guangdong", "south", "turn"), ("home", "east", "pool"),
    ]  # fmt: skip
    assert [one.row for one in rules.places({"province": "广东", "way": "form"}, "south")] == ["guangdong"]
    assert rules.places({"way": "import"}, None) == []


def test_a_person_is_named_only_where_it_goes_to_one() -> None:
    with pytest.raises(Exception, match="policy_invalid") as refused:
        policy(("one", {}, [{"region": "east", "to": "person"}]))
    assert not isinstance(refused.value, ValidationError)
