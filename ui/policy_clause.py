"""The editor of a standard's draft: levels and wording of one kind of clause, and what the standard is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.clause.standard import KINDS, ClauseRule, ClauseStandard, Risk, is_standard
from domain.clause.value import NAMED, OPEN, UNITS, may_be_named
from domain.policy import load
from domain.refusal import Refused, invalid, not_found
from locales.labels import label
from ui.acting import say, typed
from ui.clause_changes import rule_of
from ui.clause_words import UNIT_WORDS
from ui.form import mistakes
from ui.policy_edit import Revision
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

BOUNDS = 4
"""Rows for bounds that the form shows at least; there is always one more than are filled in."""
OTHERS = 2
"""Rows for laws, places and currencies that have no row of their own."""
_SCALE = {"share": Decimal(100), "daily": Decimal(100)}
_SIZE = re.compile(r"\d{1,9}(\.\d{1,8})?")


def standard_only(kind: Annotated[str, Path(max_length=60)]) -> str:
    if not is_standard(kind):
        raise not_found("policy")
    return kind


StandardKind = Annotated[str, Depends(standard_only)]
Clause = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True)
class RuleTyped:
    """As the form shows it. `bounds`: level, least and most of each; `named`: a level, or "" for as otherwise, for each
    value with a row of its own; `others`: value and level of each other."""

    bounds: list[tuple[str, str, str]] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    others: list[tuple[str, str]] = field(default_factory=list)
    otherwise: str = "high"
    wording_zh: str = ""
    wording_en: str = ""


@router.get("/{kind}/edit/clause")
async def ask(
    request: Request, kind: StandardKind, actor: CurrentActor, services: Provided, of: Clause = ""
) -> Response:
    now = await editing(request, services, actor, kind)
    return await _form(request, now, _known(of), _shown(of, rule_of(now.document, of)), now.revision)


@router.post("/{kind}/edit/clause")
async def keep(
    request: Request, kind: StandardKind, actor: CurrentActor, services: Provided, revision: Revision, of: Clause = ""
) -> Response:
    now = await editing(request, services, actor, kind)
    filled = _typed(await request.form(), _known(of))
    try:
        rules = now.document.get("rules")
        document = {**now.document, "rules": {**(rules if isinstance(rules, dict) else {}), of: _read(of, filled)}}
        _require_fit(document, of)
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, now, of, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


def _known(clause: str) -> str:
    if clause not in KINDS:
        raise not_found("clause")
    return clause


def _shown(clause: str, rule: ClauseRule) -> RuleTyped:
    own = NAMED.get(clause, ())
    return RuleTyped(
        [(bound.level, _size_text(clause, bound.least), _size_text(clause, bound.most)) for bound in rule.bounds],
        {value: rule.values.get(value, "") for value in own},
        [(value, level) for value, level in rule.values.items() if value not in own],
        rule.otherwise, rule.wording_zh, rule.wording_en,
    )  # fmt: skip


def _size_text(clause: str, size: str | None) -> str:
    if size is None:
        return ""
    return f"{(Decimal(size) * _SCALE.get(UNITS.get(clause, ''), Decimal(1))).normalize():f}"


def _typed(form: FormData, clause: str) -> RuleTyped:
    def all_of(name: str) -> list[str]:
        return [unicodedata.normalize("NFKC", str(value)).strip() for value in form.getlist(name)]

    def text(name: str) -> str:
        return str(form.get(name, "")).replace("\r\n", "\n").strip()

    return RuleTyped(
        list(zip(all_of("level"), all_of("least"), all_of("most"), strict=False)),
        {value: text(f"value.{value}") for value in NAMED.get(clause, ())},
        list(zip(all_of("other"), all_of("other_level"), strict=False)),
        text("otherwise"), text("wording_zh"), text("wording_en"),
    )  # fmt: skip


def _read(clause: str, filled: RuleTyped) -> dict[str, Any]:
    """The rule as a document. Raises Refused (422) naming the field."""
    bounds: list[dict[str, str]] = []
    for no, (level, least, most) in enumerate(filled.bounds):
        sizes = {"least": _size(clause, least, f"least_{no}"), "most": _size(clause, most, f"most_{no}")}
        if any(sizes.values()):
            bounds.append(
                {"level": _level(level, f"level_{no}"), **{side: size for side, size in sizes.items() if size}}
            )
    values = {value: _level(level, f"value.{value}") for value, level in filled.named.items() if level}
    for no, (value, level) in enumerate(filled.others):
        if value and not may_be_named(clause, value):
            raise invalid("clause_value_unknown", f"other_{no}", value=value)
        if value and level:
            values[value] = _level(level, f"other_{no}")
    return {
        "values": values, "bounds": bounds, "otherwise": _level(filled.otherwise, "otherwise"),
        "wording_zh": filled.wording_zh, "wording_en": filled.wording_en,
    }  # fmt: skip


def _level(level: str, field_name: str) -> str:
    if level not in set(Risk):
        raise invalid("field_needed", field_name)
    return level


def _size(clause: str, text: str, field_name: str) -> str | None:
    """As typed in the unit shown, to the unit of the document."""
    if not text:
        return None
    try:
        size = Decimal(text.removesuffix("%").strip()) / _SCALE.get(UNITS.get(clause, ""), Decimal(1))
    except InvalidOperation:
        raise invalid("number_format", field_name) from None
    plain = f"{size.normalize():f}" if size.is_finite() else ""
    if not _SIZE.fullmatch(plain):
        raise invalid("number_format", field_name)
    return plain


def _require_fit(document: Mapping[str, Any], clause: str) -> None:
    """What is wrong with this clause is said at its field; the rest of the draft waits for the checks."""
    standard = load(ClauseStandard, {"engine": 1, "rules": {clause: document["rules"][clause]}})
    for problem in standard.problems():
        parts = problem.where.split(".")
        raise invalid(
            problem.code, f"most_{parts[3]}" if len(parts) > 3 and parts[2] == "bounds" else "", **problem.params
        )


async def _form(
    request: Request,
    now: Editing,
    clause: str,
    filled: RuleTyped,
    revision: int,
    errors: Mapping[str, str] | None = None,
) -> Response:
    words = words_for(request, now.called)
    shown = max(BOUNDS, len(filled.bounds) + 1) if clause in UNITS else 0
    blank = shown - len(filled.bounds)
    return await page(
        request, "policy/clause_form.html", status=422 if errors else 200, kind=now.kind, clause=clause, typed=filled,
        revision=revision, errors=errors or {}, name=label("clause", clause, words.language),
        bounds=[*filled.bounds, *[("", "", "")] * blank],
        others=[*filled.others, *[("", "")] * OTHERS] if clause in OPEN else [],
        named=[(value, words.clauses.value(clause, value)) for value in filled.named],
        unit=say(request, UNIT_WORDS[UNITS[clause]]) if clause in UNITS else "",
        levels=[(level.value, label("risk", level.value, words.language)) for level in Risk],
    )  # fmt: skip


# --- what it is called ------------------------------------------------------------------------------------------------


@router.get("/{kind}/edit/name")
async def ask_name(request: Request, kind: StandardKind, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, kind)
    name = now.document.get("name") or ClauseStandard.model_fields["name"].default.model_dump()
    return await _name_form(request, kind, name if isinstance(name, dict) else {}, now.revision)


@router.post("/{kind}/edit/name")
async def set_name(
    request: Request, kind: StandardKind, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    now = await editing(request, services, actor, kind)
    form = await typed(request)
    try:
        for language in ("zh", "en"):
            if not form.get(language):
                raise invalid("field_needed", language)
        name = {"zh": form["zh"][:60], "en": form["en"][:60]}
        await services.policy_drafts.save(actor, kind, {**now.document, "name": name}, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _name_form(request, kind, form, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


async def _name_form(
    request: Request, kind: str, form: Mapping[str, Any], revision: int, errors: Mapping[str, str] | None = None
) -> Response:
    return await page(
        request, "policy/standard_name.html", status=422 if errors else 200, kind=kind, typed=form, revision=revision,
        errors=errors or {},
    )  # fmt: skip
