"""What the policies about leads say in the words of an office: points, groups, and why somebody got a lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.approver import PersonApprover
from domain.lead_assignment import Group, LeadAssignmentPolicy
from domain.lead_score import Points
from domain.policy import canonical
from locales import N_
from ui.policy_words import PolicyWords

GROUP = TypeAdapter(Group)
POINTS = TypeAdapter(Points)

OVER = {
    "away": N_("%(who)s is away"),
    "full": N_("%(who)s has as many open leads as the policy allows"),
    "had": N_("%(who)s had it before"),
}
"""Why somebody of the group did not get a lead."""


def points_lines(then: Mapping[str, Any], words: PolicyWords) -> list[dict[str, str]]:
    """As the sheet of a policy shows what a row gives; nothing where it cannot be read."""
    try:
        points = POINTS.validate_json(canonical(then))
    except (ValidationError, ValueError):
        return []
    reason = points.reason.called(words.language)
    return [{"state": "plain", "role": reason, "note": "", "end": words.points(points)}]


def group_lines(then: Mapping[str, Any], words: PolicyWords) -> list[dict[str, str]]:
    try:
        group = GROUP.validate_json(canonical(then))
    except (ValidationError, ValueError):
        return []
    return [{"state": "plain", "role": words.member(one), "note": "", "end": ""} for one in group.to]


def people_in_group(then: Any) -> set[str]:
    """The ids of the people a row's group names, also one of a draft."""
    try:
        group = GROUP.validate_json(canonical(then))
    except (ValidationError, ValueError, TypeError):
        return set()
    return {one.person for one in group.to if isinstance(one, PersonApprover) and one.known}


def people_in_why(why: Mapping[str, Any]) -> set[str]:
    over = (why.get("choice") or {}).get("over", ())
    return {person for person in (why.get("by"), *(one["person"] for one in over)) if person}


def why_told(why: Mapping[str, Any], policy: LeadAssignmentPolicy | None, words: PolicyWords) -> list[str]:
    """Why its owner has a lead, sentence by sentence; `policy` is the one it was assigned by."""
    how, choice = why.get("how"), why.get("choice")
    if how is None:
        return []
    if how != "turn" or choice is None:
        return [_told_plainly(how, words.names.person(why.get("by")), words)]
    told = []
    row = next((row for row in policy.table.rows if row.id == choice["row"]), None) if policy else None
    if policy and row:
        case = words.when(policy.table, row) if row.when else words._(N_("every lead"))
        group = words.group(row.then)
        told.append(words._(N_("Rule %(no)s: %(case)s → %(group)s."), no=choice["no"], case=case, group=group))
    told.append(_turn(choice, words))
    reasons = [(one["why"], words.names.person(one["person"])) for one in choice.get("over", ())]
    over = [words._(OVER[why], who=who) for why, who in reasons]
    if over:
        told.append(words._(N_("Left out: %(over)s."), over=words._(N_("; ")).join(over)))
    return told


def _turn(choice: Mapping[str, Any], words: PolicyWords) -> str:
    if choice.get("last") is None:
        text = N_("It was their turn: of %(num)d who could take it, they have not had a lead yet.")
        return words._(text, num=choice["of"])
    last = words.formats.exact(datetime.fromisoformat(choice["last"]))
    text = N_("It was their turn: of %(num)d who could take it, their last lead was longest ago (%(last)s).")
    return words._(text, num=choice["of"], last=last)


PLAIN = {
    "hand": N_("It was entered by hand for them."),
    "claimed": N_("They claimed it from the pool."),
    "kept": N_("It was theirs before."),
    "turn": N_("It was their turn."),
}


def _told_plainly(how: str, by: str, words: PolicyWords) -> str:
    if how == "given":
        return words._(N_("%(by)s gave it to them."), by=by)
    return words._(PLAIN[how])
