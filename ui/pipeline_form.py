"""The form of one stage: what is typed for each kind of condition and action becomes the stage, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from domain.document import Duration
from domain.money import parse_amount, plain_amount
from domain.pipeline import FACTS
from domain.refusal import Refused, invalid
from domain.stage_action import KINDS

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
COMPARISONS = ("ge", "gt", "le", "lt")
LENGTH: TypeAdapter[timedelta] = TypeAdapter(Duration)
ACTION_PARTS = ("title_zh", "title_en", "who", "within", "within_unit", "template", "field", "value", "target")


@dataclass(frozen=True)
class ConditionTyped:
    """`op`: one of COMPARISONS, in, not_in, filled, empty; `value` as typed, `values` the keys ticked."""

    fact: str
    op: str = "filled"
    value: str = ""
    values: Sequence[str] = ()
    zh: str = ""
    en: str = ""
    message: str = ""


@dataclass(frozen=True)
class StageTyped:
    """`joined`: all or any of the conditions; `tree` is a gate too involved for the form, which keeps it."""

    key: str = ""
    kind: str = "open"
    name_zh: str = ""
    name_en: str = ""
    win_percent: str = "10"
    expected: str = ""
    expected_unit: str = "d"
    needs: Sequence[str] = ()
    joined: str = "all"
    conditions: Sequence[ConditionTyped] = ()
    tree: dict[str, Any] | None = None
    actions: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=lambda: {"entry": (), "leave": ()})


def length_text(text: object) -> tuple[str, str]:
    """`P14D` is ("14", "d")."""
    try:
        length = LENGTH.validate_python(text)
    except ValidationError:
        return "", "d"
    unit = next((name for name, one in UNITS.items() if length % one == timedelta()), "s")
    return f"{(Decimal(str(length.total_seconds())) / int(UNITS[unit].total_seconds())).normalize():f}", unit


def read_length(text: str, unit: str, where: str) -> str | None:
    """As the policy writes it; none for an empty one. Raises Refused (422)."""
    if not text.strip():
        return None
    try:
        seconds = Decimal(text.strip()) * int(UNITS.get(unit, UNITS["d"]).total_seconds())
        length = timedelta(seconds=float(seconds))
        return LENGTH.dump_python(LENGTH.validate_python(length), mode="json")  # type: ignore[no-any-return]
    except (InvalidOperation, OverflowError, ValueError, ValidationError):
        raise invalid("duration_format", where) from None


# --- shown ------------------------------------------------------------------------------------------------------------


def shown(stage: Mapping[str, Any], messages: Mapping[str, Any], currency: str) -> StageTyped:
    """A stage of a draft as its form shows it."""
    name = stage.get("name") if isinstance(stage.get("name"), dict) else {}
    expected, unit = length_text(stage.get("expected"))
    joined, conditions, tree = _gate(stage.get("gate"), messages, currency)
    return StageTyped(
        key=str(stage.get("key", "")),
        kind=str(stage.get("kind", "open")),
        name_zh=str((name or {}).get("zh", "")),
        name_en=str((name or {}).get("en", "")),
        win_percent=str(stage.get("win_percent", "")),
        expected=expected,
        expected_unit=unit,
        needs=[str(one) for one in stage.get("needs", ())],
        joined=joined,
        conditions=conditions,
        tree=tree,
        actions={when: [_action(one) for one in stage.get(when, ())] for when in ("entry", "leave")},
    )


def _gate(
    gate: Any, messages: Mapping[str, Any], currency: str
) -> tuple[str, list[ConditionTyped], dict[str, Any] | None]:
    if not isinstance(gate, dict):
        return "all", [], None
    joined = next((form for form in ("all", "any") if form in gate), "all")
    leaves = gate.get(joined, [gate])
    if "not" in gate or any(not isinstance(leaf, dict) or "fact" not in leaf for leaf in leaves):
        return "all", [], gate
    return joined, [_condition(leaf, messages, currency) for leaf in leaves], None


def _condition(leaf: Mapping[str, Any], messages: Mapping[str, Any], currency: str) -> ConditionTyped:
    fact, cell, message = str(leaf["fact"]), leaf.get("cell", {}), str(leaf.get("message", ""))
    said = messages.get(message) if isinstance(messages.get(message), dict) else {}
    words = {"zh": str((said or {}).get("zh", "")), "en": str((said or {}).get("en", "")), "message": message}
    if cell.get("op") == "range":
        limit = next((name for name in COMPARISONS if name in cell), "ge")
        return ConditionTyped(fact, limit, _limit_text(fact, cell.get(limit, 0), currency), **words)
    values = [str(one).lower() if isinstance(one, bool) else str(one) for one in cell.get("values", ())]
    return ConditionTyped(fact, str(cell.get("op", "filled")), "", values, **words)


def _limit_text(fact: str, limit: int, currency: str) -> str:
    match FACTS[fact].type if fact in FACTS else "":
        case "money":
            return plain_amount(limit, currency)
        case "date":
            return date.fromordinal(limit).isoformat()
        case _:
            return str(limit)


def _action(action: Mapping[str, Any]) -> dict[str, str]:
    title = action.get("title") if isinstance(action.get("title"), dict) else {}
    within, unit = length_text(action.get("within"))
    kept = {name: str(action[name]) for name in ("who", "template", "field", "value", "target") if action.get(name)}
    return dict.fromkeys(ACTION_PARTS, "") | {
        "do": str(action.get("do", "task")), "title_zh": str((title or {}).get("zh", "")),
        "title_en": str((title or {}).get("en", "")), "within": within, "within_unit": unit, **kept,
    }  # fmt: skip


# --- typed ------------------------------------------------------------------------------------------------------------


def typed(form: FormData, was: StageTyped) -> StageTyped:
    """What the form says; key, kind and an involved gate are the stage's own."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    numbers = _numbers(form, "c")
    return StageTyped(
        key=was.key, kind=was.kind, tree=None if text("drop_tree") else was.tree,
        name_zh=text("name_zh"), name_en=text("name_en"), win_percent=text("win_percent"),
        expected=text("expected"), expected_unit=text("expected_unit") or "d",
        needs=[str(one) for one in form.getlist("needs")], joined="any" if text("joined") == "any" else "all",
        conditions=[
            ConditionTyped(
                text(f"c{no}.fact"), text(f"c{no}.op") or "filled", text(f"c{no}.value"),
                [str(one) for one in form.getlist(f"c{no}.values")], text(f"c{no}.zh"), text(f"c{no}.en"),
                text(f"c{no}.message"),
            )
            for no in numbers
        ],
        actions={
            when: [
                {"do": text(f"{when}{no}.do")} | {part: text(f"{when}{no}.{part}") for part in ACTION_PARTS}
                for no in _numbers(form, when)
            ]
            for when in ("entry", "leave")
        },
    )  # fmt: skip


def _numbers(form: FormData, prefix: str) -> list[int]:
    """The numbers of a list's lines, in order."""
    names = {name.partition(".")[0].removeprefix(prefix) for name in form if name.startswith(prefix) and "." in name}
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def stage_document(filled: StageTyped, key: str, currency: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The stage and the words of its gate, as the document has them. Raises Refused (422) with the field at fault."""
    if not (filled.win_percent.isascii() and filled.win_percent.isdigit()):
        raise invalid("number_unreadable", "win_percent")
    made: dict[str, Any] = {
        "key": key, "name": {"zh": filled.name_zh, "en": filled.name_en}, "kind": filled.kind,
        "win_percent": int(filled.win_percent),
    }  # fmt: skip
    if expected := read_length(filled.expected, filled.expected_unit, "expected"):
        made["expected"] = expected
    if filled.needs:
        made["needs"] = list(filled.needs)
    gate, messages = _gate_document(filled, key, currency)
    if gate is not None:
        made["gate"] = gate
    for when in ("entry", "leave"):
        if filled.actions[when]:
            made[when] = [_action_document(one, f"{when}{no}") for no, one in enumerate(filled.actions[when])]
    return made, messages


def _gate_document(filled: StageTyped, key: str, currency: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    messages: dict[str, Any] = {}
    leaves = []
    for no, condition in enumerate(filled.conditions):
        message = condition.message or f"{key[:40]}_{condition.fact[:12]}_{no}"
        if condition.zh or condition.en:
            if not (condition.zh and condition.en):
                raise invalid("field_needed", f"c{no}.zh" if not condition.zh else f"c{no}.en")
            messages[message] = {"zh": condition.zh, "en": condition.en}
        elif not condition.message:
            raise invalid("field_needed", f"c{no}.zh")
        leaves.append({"fact": condition.fact, "cell": _cell(condition, f"c{no}", currency), "message": message})
    if not leaves:
        return filled.tree, messages
    return (leaves[0] if len(leaves) == 1 else {filled.joined: leaves}), messages


def _cell(condition: ConditionTyped, where: str, currency: str) -> dict[str, Any]:
    column = FACTS.get(condition.fact)
    if column is None:
        raise invalid("fact_unknown", f"{where}.fact", fact=condition.fact)
    if condition.op in ("filled", "empty"):
        return {"op": condition.op}
    if column.type == "bool":
        return {"op": "in", "values": ["true" in condition.values]}
    if column.type == "enum":
        if not condition.values:
            raise invalid("values_needed", f"{where}.values")
        return {"op": "not_in" if condition.op == "not_in" else "in", "values": list(condition.values)}
    limit = _limit(column.type, condition.value, f"{where}.value", currency)
    return {"op": "range", condition.op if condition.op in COMPARISONS else "ge": limit}


def _limit(kind: str, text: str, where: str, currency: str) -> int:
    try:
        if kind == "money":
            return parse_amount(text, currency, where)
        return date.fromisoformat(text).toordinal() if kind == "date" else int(text)
    except Refused:
        raise
    except ValueError:
        raise invalid("number_unreadable", where) from None


def _action_document(action: Mapping[str, str], where: str) -> dict[str, Any]:
    made: dict[str, Any] = {"do": action["do"]}
    if action["do"] not in KINDS:
        raise invalid("values_needed", f"{where}.do")
    if action["do"] == "task":
        for language in ("zh", "en"):
            if not action[f"title_{language}"]:
                raise invalid("field_needed", f"{where}.title_{language}")
        made["title"] = {"zh": action["title_zh"], "en": action["title_en"]}
    if action["do"] in ("task", "payment_reminder"):
        made["who"] = action["who"] or "owner"
        if within := read_length(action["within"], action["within_unit"], f"{where}.within"):
            made["within"] = within
    for name in _PARTS.get(action["do"], ()):
        if action[name]:
            made[name] = action[name]
        elif (action["do"], name) != ("quote", "template"):
            raise invalid("field_needed", f"{where}.{name}")
    if made.get("field") == "priority":
        if made["value"] not in ("0", "1", "2", "3"):
            raise invalid("field_value", f"{where}.value")
        made["value"] = int(made["value"])
    return made


_PARTS: Mapping[str, Iterable[str]] = {
    "mail": ("template",), "quote": ("template",), "webhook": ("target",), "field": ("field", "value"),
}  # fmt: skip
