"""What differs between two versions of a standard, level by level, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.clause.standard import KINDS, ClauseRule, ClauseStandard, Risk, built_in
from domain.policy import load
from domain.refusal import Refused
from locales import N_
from locales.labels import label
from ui.policy_words import PolicyWords


@dataclass(frozen=True)
class Said:
    """One thing that differs, in words; empty where there was, or is, nothing."""

    where: str
    old: str
    new: str


def clause_changes(old: Mapping[str, Any], new: Mapping[str, Any], words: PolicyWords) -> list[Said]:
    """Clause by clause, in the order of the standard. What a draft has that cannot be read is as built in."""
    found: list[Said] = []
    was, now = (_names(each) for each in (old, new))
    if was != now:
        found.append(Said(words._(N_("Name")), *(" / ".join(each) for each in (was, now))))
    for kind in KINDS:
        before, after = (words.clauses.rule(kind, rule_of(each, kind)) for each in (old, new))
        for level in Risk:
            texts = [words.listed(each.levels[level]) for each in (before, after)]
            if texts[0] != texts[1]:
                found.append(Said(words.listed((before.name, label("risk", level, words.language))), *texts))
        for one, other, part in (
            (before.wording_zh, after.wording_zh, N_("wording in Chinese")),
            (before.wording_en, after.wording_en, N_("wording in English")),
        ):
            if one != other:
                found.append(Said(words.listed((before.name, words._(part))), one, other))
    return found


def _names(document: Mapping[str, Any]) -> tuple[str, ...]:
    name = document.get("name")
    if not isinstance(name, dict):
        name = ClauseStandard.model_fields["name"].default.model_dump()
    return tuple(str(name.get(language, "")) for language in ("zh", "en"))


def rule_of(document: Mapping[str, Any], kind: str) -> ClauseRule:
    """The document's rule for a kind, or the built-in one where it has none or one that cannot be read."""
    rules = document.get("rules")
    one = {kind: rules[kind]} if isinstance(rules, dict) and kind in rules else {}
    try:
        found = load(ClauseStandard, {"engine": 1, "rules": one}).rules.get(kind)
    except Refused:
        found = None
    return found or built_in().rules[kind]
