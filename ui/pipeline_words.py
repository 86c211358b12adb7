"""A pipeline in the words of an office: what a stage asks for, and what it sets going."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.clause.standard import is_standard
from domain.pipeline import FACTS, Stage, is_pipeline
from domain.pipeline_draft import stages_of
from domain.policy import canonical
from domain.stage_action import StageAction
from locales import N_
from locales.labels import label
from ui.policy_words import PolicyWords
from ui.stage import SWATCHES

STAGE: TypeAdapter[Stage] = TypeAdapter(Stage)


@dataclass(frozen=True)
class StageLine:
    """A stage of a version or of a draft. `deals` stand in it now; `broken`: the draft's cannot be read as a stage."""

    key: str
    name: str
    kind: str
    swatch: str
    chance: str
    expected: str = ""
    asks: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    leave: list[str] = field(default_factory=list)
    deals: int = 0
    broken: bool = False


def lines(document: Mapping[str, Any], words: PolicyWords, deals: Mapping[str, int]) -> list[StageLine]:
    messages = document.get("messages")
    return [
        _line(no, stage, words, deals, messages if isinstance(messages, dict) else {})
        for no, stage in enumerate(stages_of(document))
    ]


def _line(
    no: int, raw: Mapping[str, Any], words: PolicyWords, deals: Mapping[str, int], messages: Mapping[str, Any]
) -> StageLine:
    key, kind = str(raw.get("key", "")), str(raw.get("kind", "open"))
    swatch = {"won": "ok", "lost": "bad"}.get(kind, SWATCHES[no % len(SWATCHES)])
    name = raw.get("name")
    called = str(name.get("en" if words.language == "en" else "zh", key)) if isinstance(name, dict) else key
    try:
        stage = STAGE.validate_json(canonical(raw))
    except (ValidationError, ValueError):
        return StageLine(key, called, kind, swatch, "", deals=deals.get(key, 0), broken=True)
    asks = [words._(N_("Filled in: %(fields)s"), fields=_fields(stage.needs, words))] if stage.needs else []
    if stage.gate is not None:
        asks.append(words.gate(stage.gate, FACTS, messages))
    return StageLine(
        key, called, kind, swatch, words.formats.percent(stage.win_percent / 100),
        words.formats.span(stage.expected) if stage.expected else "", asks,
        [action_words(action, words) for action in stage.entry],
        [action_words(action, words) for action in stage.leave], deals.get(key, 0),
    )  # fmt: skip


def _fields(names: Iterable[str], words: PolicyWords) -> str:
    return words.listed(label("field", name, words.language) for name in names)


def action_words(action: StageAction, words: PolicyWords) -> str:
    """ "Task for Finance: prepare the invoice", "Letter quote_sent"."""
    match action.do:
        case "task":
            title = action.title.called(words.language)
            return words._(N_("Task for %(who)s: %(title)s"), who=_who(action.who, words), title=title)
        case "payment_reminder":
            return words._(N_("Payment reminder for %(who)s"), who=_who(action.who, words))
        case "mail":
            return words._(N_("Letter to the customer: %(template)s"), template=action.template)
        case "webhook":
            return words._(N_("Message to %(target)s"), target=action.target)
        case "field":
            value = label("priority", str(action.value), words.language) if action.field == "priority" else action.value
            return words._(N_("%(field)s: %(value)s"), field=label("field", action.field, words.language), value=value)
        case kind:
            said = label("stage_action", kind, words.language)
            return said[:1].upper() + said[1:]


def _who(who: str, words: PolicyWords) -> str:
    return words._(N_("the owner")) if who == "owner" else label("role", who, words.language)


def removed(
    document: Mapping[str, Any], current: Mapping[str, Any], words: PolicyWords, deals: Mapping[str, int]
) -> list[tuple[str, str, int]]:
    """Stages that deals stand in and a draft does not have: key, name and how many."""
    known = {str(stage.get("key")) for stage in stages_of(document)}
    names = {line.key: line.name for line in lines(current, words, deals)}
    return [(key, names.get(key, key), count) for key, count in sorted(deals.items()) if key not in known]


def base_kind(kind: str) -> str:
    """The kind of which each pipeline is one."""
    return kind.partition(".")[0]


def policy_name(kind: str, document: Mapping[str, Any], language: str) -> str:
    """What people call a policy: a pipeline or a standard by its own name too, any other by its kind."""
    name = document.get("name") if is_pipeline(kind) or is_standard(kind) else None
    if isinstance(name, dict):
        own = str(name.get("en" if language == "en" else "zh", ""))
        return f"{label('policy', base_kind(kind), language)}: {own}"
    return label("policy", base_kind(kind), language)
