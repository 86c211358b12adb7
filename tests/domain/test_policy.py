"""A policy document is refused with everything that is wrong with it, or it means exactly what it says."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from domain.policy import KINDS, canonical, digest, load, validate
from domain.refusal import Refused

Change = Callable[[dict[str, Any]], Any]


def problems_after(kind: str, change: Change) -> set[tuple[str, str]]:
    document = copy.deepcopy(dict(KINDS[kind].default))
    change(document)
    with pytest.raises(Refused) as refusal:
        validate(kind, document)
    assert (refusal.value.code, refusal.value.status) == ("policy_invalid", 422)
    return {(problem["where"], problem["code"]) for problem in refusal.value.params["problems"]}


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_default_of_every_kind_is_fit_to_be_published_and_reads_the_same_again(kind: str) -> None:
    policy = validate(kind, KINDS[kind].default)
    assert load(type(policy), policy.model_dump(mode="json")) == policy


def test_a_digest_names_the_content_whatever_the_order_of_its_keys() -> None:
    document = {"engine": 1, "名称": {"b": [1, 2], "a": None}}
    again = {"名称": {"a": None, "b": [1, 2]}, "engine": 1}
    assert canonical(document) == canonical(again) == '{"engine":1,"名称":{"a":null,"b":[1,2]}}'
    assert digest(document) == digest(again) != digest({**document, "engine": 2})


def test_a_kind_nobody_knows_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(Refused, match="policy_kind_unknown") as refusal:
        validate("horoscope", {})
    assert "approval" in refusal.value.params["known"]


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("lead", lambda d: d.pop("form"), ("form", "missing")),
        ("lead", lambda d: d.update(colour="red"), ("colour", "extra_forbidden")),
        ("lead", lambda d: d.update(engine=2), ("engine", "less_than_equal")),
        ("lead", lambda d: d["targets"]["a"].update(remind="PT1H"), ("targets.a.remind", "remind_late")),
        ("lead", lambda d: d["form"].update(name=80.0), ("form.name", "int_type")),
        ("lead", lambda d: d.update(sleeps=float("nan")), ("", "not_json")),
        ("lead", lambda d: d.update(sleeps="\ud800"), ("", "string_unicode")),
        ("lead", lambda d: d.update(sleeps=nested(100_000)), ("", "not_json")),
        ("lead", lambda d: d.update(sleeps=nested(300)), ("", "json_invalid")),
        ("collection", lambda d: d["rules"].update(reminders=["P1M"]), ("rules.reminders.0", "duration_format")),
        ("collection", lambda d: d["rules"].update(reminders=["P1Y2D"]), ("rules.reminders.0", "duration_format")),
        ("collection", lambda d: d["rules"].update(reminders=["3 days"]), ("rules.reminders.0", "duration_format")),
        ("collection", lambda d: d["rules"].update(reminders=[259_200]), ("rules.reminders.0", "duration_format")),
        ("collection", lambda d: d["rules"].update(reminders=["-P3D"]), ("rules.reminders.0", "duration_format")),
        ("collection", lambda d: d["rules"].update(reminders=["PT0S"]), ("rules.reminders.0", "greater_than")),
        (
            "collection",
            lambda d: d["plans"]["halves"]["parts"][0].update(share_bp=4_999),
            ("plans.halves.parts", "shares_total"),
        ),
        ("collection", lambda d: d["rules"]["levels"].reverse(), ("rules.levels", "levels_order")),
        ("collection", lambda d: d["choices"].pop(), ("choices", "choice_for_all")),
        ("collection", lambda d: d["choices"][0].update(plan="thirds"), ("choices.0.plan", "plan_unknown")),
    ],
)
def test_a_document_that_is_wrong_is_refused_where_it_is_wrong(
    kind: str, change: Change, problem: tuple[str, str]
) -> None:
    assert problems_after(kind, change) == {problem}


def test_durations_may_be_as_short_as_seconds() -> None:
    lead = validate(
        "lead", {**KINDS["lead"].default, "pool": {"allowed": "PT3S", "remind": "PT1.5S"}, "sleeps": "P366D"}
    )
    written = lead.model_dump(mode="json")
    assert (written["pool"]["remind"], written["sleeps"], written["returns_within"]) == ("PT1.5S", "P366D", "P365D")
