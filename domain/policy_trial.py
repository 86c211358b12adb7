"""Trying an approval policy before it is published: what it would change for real cases."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from domain.approval import ApprovalPolicy, Step
from domain.approver import Approver
from domain.document import Strict
from domain.refusal import Refused


class Case(NamedTuple):
    """A request as it was: its id, what it is called, all its facts, and the contract it asked for where it was one."""

    id: str
    name: str
    facts: Mapping[str, Any]
    contract_id: str | None = None


class Shift(Strict):
    """Cases in which somebody is asked who was not (`joins`), or is no longer asked."""

    approver: Approver
    joins: bool
    cases: tuple[str, ...]


class Trial(Strict):
    """What another version would do to cases, by their ids.

    `unfit`: no row takes them, or a fact cannot be read. `otherwise`: the same approvers, but other steps: their
    order, their time or what they ask for.
    """

    cases: int
    shifts: tuple[Shift, ...]
    otherwise: tuple[str, ...]
    unfit: tuple[str, ...]

    @property
    def touched(self) -> frozenset[str]:
        return frozenset({case for shift in self.shifts for case in shift.cases} | {*self.otherwise, *self.unfit})


def compare_on(cases: Iterable[Case], current: ApprovalPolicy, draft: ApprovalPolicy) -> Trial:
    """What changes where the draft decides in place of the current version.

    A case that the current version cannot decide went to nobody so far.
    """
    joined: dict[Approver, list[str]] = {}
    left: dict[Approver, list[str]] = {}
    otherwise: list[str] = []
    unfit: list[str] = []
    count = 0
    for case in cases:
        count += 1
        before, after = _steps(current, case.facts) or [], _steps(draft, case.facts)
        if after is None:
            unfit.append(case.id)
            continue
        asked, asks = _asked(before), _asked(after)
        for approver in asks:
            if approver not in asked:
                joined.setdefault(approver, []).append(case.id)
        for approver in asked:
            if approver not in asks:
                left.setdefault(approver, []).append(case.id)
        if set(asked) == set(asks) and before != after:
            otherwise.append(case.id)
    shifts = [
        Shift(approver=approver, joins=joins, cases=tuple(found))
        for joins, shift in ((True, joined), (False, left))
        for approver, found in sorted(shift.items(), key=lambda item: -len(item[1]))
    ]
    return Trial(cases=count, shifts=tuple(shifts), otherwise=tuple(otherwise), unfit=tuple(unfit))


def _steps(policy: ApprovalPolicy, facts: Mapping[str, Any]) -> list[Step] | None:
    try:
        _, route = policy.route(facts)
    except Refused:
        return None
    return [step for _, step in route]


def _asked(steps: Iterable[Step]) -> list[Approver]:
    return list(dict.fromkeys(approver for step in steps for approver in step.who))
