"""Legal's part: when it must read a version, how a review may end, and what a standing exception covers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.clause.standard import built_in
from domain.contract_review import Condition, Review, Ruling, check_conclusion, check_ruling, needed, open_level
from domain.legal import Granted, LegalRules, exception_for
from domain.refusal import Refused

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
TODAY = date(2026, 11, 26)


def ruling(level: str = "medium", **more: object) -> Ruling:
    return Ruling.model_validate({"id": "f1", "kind": "payment_term", "value": "45d", "level": level} | more)


def review(*rulings: Ruling, **more: object) -> Review:
    level = max((one.level for one in rulings), key=["ok", "low", "medium", "high"].index, default="ok")
    given = {"id": "r", "version": 1, "state": "text", "level": level, "from_level": "medium", "opened_at": NOON}
    return Review.model_validate(given | {"rulings": list(rulings)} | more)


def refused(act: object, *args: object, **more: object) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, **more)  # type: ignore[operator]
    return caught.value.code


def ends(one: Review, outcome: str, **more: object) -> None:
    given: dict[str, object] = {"comment": None, "given": [], "met": {}, "read": False}
    check_conclusion(one, outcome, **(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("level", "reads"), [("ok", False), ("low", False), ("medium", True), ("high", True)])
def test_legal_reads_from_the_level_of_the_policy(level: str, reads: bool) -> None:
    assert needed(LegalRules(), review(ruling(level)), None) is reads


@pytest.mark.parametrize("state", ["needs_ocr", "password_required", "refused", "unreadable", "unsupported"])
def test_what_nobody_could_read_is_never_no_risk(state: str) -> None:
    unread = review(state=state)
    assert needed(LegalRules(from_level="high"), unread, None)
    assert refused(ends, unread, "clear") == "document_unread"
    assert refused(ends, unread, "clear", comment="looks fine") == "document_unread"
    assert refused(ends, unread, "conditions", read=True, given=["a seal"]) == "document_unread"
    ends(unread, "clear", comment="I read all nine pages: standard terms", read=True)


def test_what_legal_sent_back_is_read_again_however_harmless() -> None:
    assert needed(LegalRules(), review(ruling("ok")), review(outcome="return"))
    conditional = review(outcome="conditions", conditions=[Condition(id="c", text="cap it", since=1)])
    assert needed(LegalRules(), review(ruling("ok"), version=2), conditional)
    assert not needed(LegalRules(), review(ruling("ok"), version=2), review(outcome="clear"))


def test_an_exception_opens_nothing_unless_something_else_is_risky() -> None:
    covered, high = ruling("medium", exception_id="e"), ruling("high", id="f2")
    assert open_level(review(covered)) == "ok"
    assert not needed(LegalRules(), review(covered), None)
    assert needed(LegalRules(), review(covered, high), None)
    assert [one.id for one in review(covered, high).undecided] == ["f2"]


@pytest.mark.parametrize(
    ("kind", "accepted", "found", "covered"),
    [
        ("payment_term", "90d", "90d", True), ("payment_term", "90d", "3m", True),
        ("payment_term", "90d", "91d", False),
        ("termination_notice", "15d", "15d", True), ("termination_notice", "15d", "20d", True),
        ("termination_notice", "15d", "14d", False), ("liability_cap", "2x", "unlimited", False),
        ("liability_cap", "unlimited", "unlimited", True), ("dispute", "arb/HKIAC", "arb/SIAC", False),
        ("delay_penalty_rate", "0.001/day", "0.005/week", True),
    ],
)  # fmt: skip
def test_an_exception_covers_what_is_no_worse(kind: str, accepted: str, found: str, covered: bool) -> None:
    granted = [Granted(id="e", kind=kind, value=accepted, until=TODAY)]
    assert exception_for(built_in(), kind, found, granted, TODAY) == ("e" if covered else None)


def test_an_exception_ends_with_its_day() -> None:
    granted = [Granted(id="e", kind="payment_term", value="90d", until=TODAY)]
    assert exception_for(built_in(), "payment_term", "60d", granted, TODAY) == "e"
    assert exception_for(built_in(), "payment_term", "60d", granted, date(2026, 11, 27)) is None


def test_a_decision_needs_its_reason_and_the_page_it_was_made_on() -> None:
    assert refused(check_ruling, None, "accept", None, 0) == "finding_unknown"
    assert refused(check_ruling, ruling("high"), "accept", None, 0) == "clause_reason_needed"
    assert refused(check_ruling, ruling("low"), "reject", "", 0) == "clause_reason_needed"
    assert refused(check_ruling, ruling("low"), "change", None, 0) == "clause_reason_needed"
    assert refused(check_ruling, ruling(turn=1, decision="accept"), "reject", "no", 0) == "finding_decided"
    assert refused(check_ruling, ruling(), None, None, 0) == "finding_undecided"
    check_ruling(ruling(), "accept", None, 0)
    check_ruling(ruling("high"), "accept", "the customer is insured", 0)
    check_ruling(ruling(turn=1, decision="accept"), None, None, 1)


def test_a_review_ends_only_as_its_decisions_allow() -> None:
    assert refused(ends, review(ruling()), "clear") == "findings_undecided"
    assert refused(ends, review(ruling()), "conditions", given=["x"]) == "findings_undecided"
    assert refused(ends, review(ruling()), "return") == "clause_reason_needed"
    ends(review(ruling()), "return", comment="cap the liability")
    ends(review(ruling("low")), "clear")
    ends(review(ruling(decision="accept")), "clear")
    to_change, rejected = review(ruling(decision="change")), review(ruling(decision="reject"))
    assert refused(ends, to_change, "clear") == "clause_to_change"
    ends(to_change, "conditions")
    assert refused(ends, rejected, "clear") == "clause_rejected"
    assert refused(ends, rejected, "conditions", given=["x"]) == "clause_rejected"
    assert refused(ends, review(ruling(decision="accept")), "conditions") == "condition_needed"


def test_earlier_conditions_are_looked_at_before_anything_is_cleared() -> None:
    second = review(version=2, conditions=[Condition(id="c", text="cap it", since=1)])
    assert refused(ends, second, "clear") == "conditions_unlooked"
    assert refused(ends, second, "conditions", given=["x"]) == "conditions_unlooked"
    assert refused(ends, second, "clear", met={"c": False}) == "conditions_unmet"
    ends(second, "clear", met={"c": True})
    ends(second, "conditions", met={"c": False})
    ends(second, "return", comment="still uncapped")
