"""The form of a row's steps: what is typed for each becomes a step of the policy, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

from pydantic import TypeAdapter
from starlette.datastructures import FormData

from domain.approval import Escalate, PassOn, Step
from domain.approver import Approver, HeadApprover, PersonApprover, RoleApprover
from domain.document import duplicates
from domain.refusal import invalid

WHO: TypeAdapter[tuple[Approver, ...]] = TypeAdapter(tuple[Approver, ...])
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
MOST = 20


@dataclass(frozen=True)
class ApproverTyped:
    """`who` is role:cfo, superior, head, head:legal or person; `person` is an e-mail address."""

    who: str = ""
    person: str = ""
    levels: str = "1"


@dataclass(frozen=True)
class StepTyped:
    key: str = ""
    name_zh: str = ""
    name_en: str = ""
    who: list[ApproverTyped] = field(default_factory=lambda: [ApproverTyped()])
    mode: str = "any"
    allowed: str = "8"
    allowed_unit: str = "h"
    remind: str = ""
    remind_unit: str = "h"
    calendar: str = ""
    timeout: str = "escalate"
    passed: ApproverTyped = field(default_factory=ApproverTyped)
    proof: str = "none"
    copy_to: list[ApproverTyped] = field(default_factory=list)
    bulk: bool = False


PLAIN = (
    "key", "name_zh", "name_en", "mode", "allowed", "allowed_unit", "remind", "remind_unit", "calendar", "timeout",
    "proof",
)  # fmt: skip


def shown(step: Step, emails: Mapping[str, str]) -> StepTyped:
    """A step as its form shows it; `emails` are people's by id."""
    allowed, allowed_unit = _length_text(step.allowed, by_calendar=step.calendar is not None)
    remind, remind_unit = _length_text(step.remind, by_calendar=step.calendar is not None) if step.remind else ("", "h")
    return StepTyped(
        key=step.key,
        name_zh=step.name.zh if step.name else "",
        name_en=step.name.en if step.name else "",
        who=[_approver_text(one, emails) for one in step.who],
        mode=step.mode,
        allowed=allowed,
        allowed_unit=allowed_unit,
        remind=remind,
        remind_unit=remind_unit,
        calendar=step.calendar or "",
        timeout=step.timeout.do,
        passed=_approver_text(step.timeout.to, emails) if isinstance(step.timeout, PassOn) else ApproverTyped(),
        proof=step.proof,
        copy_to=[_approver_text(one, emails) for one in step.copy_to],
        bulk=step.bulk,
    )


def _length_text(length: timedelta, *, by_calendar: bool) -> tuple[str, str]:
    # A working day is not 24 hours, so by a calendar time is shown in hours.
    fitting = [u for u in ("d", "h") if length % UNITS[u] == timedelta(0) and not (by_calendar and u == "d")]
    unit = fitting[0] if fitting else "m"
    return f"{Decimal(int(length.total_seconds())) / int(UNITS[unit].total_seconds()):f}", unit


def _approver_text(approver: Approver, emails: Mapping[str, str]) -> ApproverTyped:
    match approver:
        case PersonApprover():
            return ApproverTyped("person", person=emails.get(approver.person, ""))
        case RoleApprover():
            return ApproverTyped(f"role:{approver.role}")
        case HeadApprover():
            return ApproverTyped(f"head:{approver.unit}" if approver.unit else "head")
        case _:
            return ApproverTyped("superior", levels=str(approver.levels))


def typed(form: FormData) -> list[StepTyped]:
    """The steps in the order in which the form has them."""
    return [_step_typed(form, str(no)) for no in form.getlist("step")][:MOST]


def _step_typed(form: FormData, no: str) -> StepTyped:
    plain = {name: str(form.get(f"{no}.{name}", "")).strip() for name in PLAIN}
    return StepTyped(
        **plain,
        who=_approvers_typed(form, f"{no}.who"),
        passed=(_approvers_typed(form, f"{no}.passed") or [ApproverTyped()])[0],
        copy_to=_approvers_typed(form, f"{no}.copy_to"),
        bulk=f"{no}.bulk" in form,
    )


def _approvers_typed(form: FormData, name: str) -> list[ApproverTyped]:
    lists = [[str(v).strip() for v in form.getlist(f"{name}.{part}")] for part in ("by", "person", "levels")]
    return [ApproverTyped(*line) for line in zip(*lists, strict=False)][:MOST]


def rearranged(steps: list[StepTyped], do: str) -> list[StepTyped]:
    """What a button of the form makes of what is typed: `add`, `remove:0`, `up:1`, `down:0`, `who+:0`, `copy-:0:1`."""
    act, *at = do.split(":")
    where = [int(no) for no in at if no.isdigit()]
    if act == "add":
        return [*steps, StepTyped()]
    if not where or where[0] >= len(steps):
        return steps
    no = where[0]
    if act == "remove":
        return [*steps[:no], *steps[no + 1 :]]
    if act in ("up", "down"):
        to = min(max(no + (-1 if act == "up" else 1), 0), len(steps) - 1)
        rest = [*steps[:no], *steps[no + 1 :]]
        return [*rest[:to], steps[no], *rest[to:]]
    return [*steps[:no], _with_approvers(steps[no], act, where[1] if len(where) > 1 else None), *steps[no + 1 :]]


def _with_approvers(step: StepTyped, act: str, line: int | None) -> StepTyped:
    name = "copy_to" if act.startswith("copy") else "who"
    lines: list[ApproverTyped] = getattr(step, name)
    lines = [*lines, ApproverTyped()] if act.endswith("+") else [one for no, one in enumerate(lines) if no != line]
    return replace(step, copy_to=lines) if name == "copy_to" else replace(step, who=lines)


def route_json(
    steps: list[StepTyped], ids: Mapping[str, str], elsewhere: Mapping[str, tuple[Approver, ...]] | None = None
) -> dict[str, Any]:
    """The row's outcome; `ids` are people's by e-mail. Raises Refused (422) at `<step>.<field>`.

    `elsewhere` says whom the steps of other rows ask, by key. A key is asked once, by whichever rows apply, so one
    that asks others there is not this step's.
    """
    keys: list[str] = []
    made: list[dict[str, Any]] = []
    for no, step in enumerate(steps):
        one = _step_json(step, str(no), ids)
        who = WHO.validate_python(one["who"], strict=False)
        others = [key for key, asked in (elsewhere or {}).items() if asked != who]
        kept = step.key and step.key not in others
        one["key"] = step.key if kept else _key_for(one["who"][0], [*keys, *(s.key for s in steps), *others])
        keys.append(one["key"])
        made.append(one)
    if duplicates(keys):
        raise invalid("step_doubled", "")
    return {"steps": made}


def _step_json(step: StepTyped, no: str, ids: Mapping[str, str]) -> dict[str, Any]:
    who = [_approver_json(one, f"{no}.who", ids) for one in step.who if one.who]
    if not who:
        raise invalid("step_empty", f"{no}.who")
    made: dict[str, Any] = {
        "who": who,
        "mode": step.mode,
        "allowed": _length(step.allowed, step.allowed_unit, f"{no}.allowed"),
    }
    if step.name_zh or step.name_en:
        made["name"] = {"zh": step.name_zh or step.name_en, "en": step.name_en or step.name_zh}
    if step.remind:
        made["remind"] = _length(step.remind, step.remind_unit, f"{no}.remind")
    if step.calendar:
        made["calendar"] = step.calendar
    if step.timeout == "pass":
        made["timeout"] = {"do": "pass", "to": _approver_json(step.passed, f"{no}.passed", ids)}
    elif step.timeout != Escalate().do:
        made["timeout"] = {"do": step.timeout}
    if step.proof != "none":
        made["proof"] = step.proof
    if copies := [_approver_json(one, f"{no}.copy_to", ids) for one in step.copy_to if one.who]:
        made["copy_to"] = copies
    if step.bulk:
        made["bulk"] = True
    return made


def _approver_json(approver: ApproverTyped, where: str, ids: Mapping[str, str]) -> dict[str, Any]:
    by, _, key = approver.who.partition(":")
    if by == "role":
        return {"by": "role", "role": key}
    if by == "head":
        return {"by": "head", "unit": key} if key else {"by": "head"}
    if by == "superior":
        return {"by": "superior", "levels": int(approver.levels) if approver.levels.isdigit() else 1}
    if by != "person":
        raise invalid("step_empty", where)
    if (person := ids.get(approver.person.lower())) is None:
        raise invalid("approver_unknown", where)
    return {"by": "person", "person": person}


def _length(text: str, unit: str, where: str) -> str:
    try:
        seconds = Decimal(text) * int(UNITS[unit].total_seconds())
    except (InvalidOperation, KeyError) as error:
        raise invalid("number_unreadable", where) from error
    if not seconds.is_finite() or seconds <= 0 or seconds > 10**8:
        raise invalid("number_unreadable", where)
    whole = int(seconds)
    return f"PT{whole // 3600}H" if whole % 3600 == 0 else f"PT{whole}S"


def _key_for(approver: Mapping[str, Any], taken: list[str]) -> str:
    """A new step is called after whom it asks, so that rows which all apply ask the same role once."""
    words = str(approver.get("role") or approver.get("unit") or approver["by"])
    base = re.sub("[^a-z0-9_]", "_", words.lower())[:50]
    base = base if base[:1].isalpha() else f"u_{base}"
    return next(key for no in count(1) if (key := base if no == 1 else f"{base}_{no}") not in taken)
