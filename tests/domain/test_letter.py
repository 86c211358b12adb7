"""A letter names what a case has, and can do nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from domain.letter import VARIABLES, LetterPolicy, fill
from domain.letter_default import DEFAULT
from domain.policy import validate
from domain.refusal import Refused


def changed(**words: str) -> dict[str, Any]:
    letters = DEFAULT["letters"]
    statement = letters["statement"]
    return {**DEFAULT, "letters": {**letters, "statement": {**statement, "en": {**statement["en"], **words}}}}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_default_letter_reads_well_with_everything_known_and_with_hardly_anything(language: str) -> None:
    policy = validate("letter", DEFAULT)
    assert isinstance(policy, LetterPolicy)
    for letter in policy.letters.values():
        for values in (dict.fromkeys(VARIABLES, "X"), {"company": "A", "title": "T", "number": "N"}):
            filled = fill(letter.wording(language), values)
            assert filled.subject
            assert "\n\n\n" not in filled.body
            assert "  " not in filled.body
            assert "{" not in filled.body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{{ 'a' * 1000000000 }}", "letter_does_too_much"),
        ("{% for x in company %}{% endfor %}", "letter_does_too_much"),
        ("{{ company.__class__ }}", "letter_does_too_much"),
        ("{{ company|upper }}", "letter_does_too_much"),
        ("{% include 'x' %}", "letter_does_too_much"),
        ("{{ salary }}", "letter_names_unknown"),
        ("Dear {{ contact", "letter_unreadable"),
        ("{{ " + "(" * 3_000, "letter_unreadable"),
        ("{% if not link %}only without{% endif %}", "letter_empty"),
    ],
)
def test_what_is_no_letter_is_refused_when_it_is_published(body: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        validate("letter", changed(body=body))
    [problem] = [p for p in refused.value.params["problems"] if p["where"] == "letters.statement.en.body"][:1]
    assert problem["code"] == code


def test_a_value_that_looks_like_a_template_stays_what_it_is() -> None:
    policy = LetterPolicy.model_validate(DEFAULT)
    filled = fill(policy.letters["overdue_1"].wording("en"), {"title": "{{ 7 * 7 }}\r\nBcc: x@example.com"})
    assert filled.subject == "Overdue: {{ 7 * 7 }} Bcc: x@example.com"
