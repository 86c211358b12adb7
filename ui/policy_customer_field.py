"""Asks for one field of customers: what it holds, what is asked of it, and which roles see it whole, in part or not."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided
from domain.access import Action, Role
from domain.customer_field import BUILT_IN, KEYS, CustomerFieldPolicy, fields
from domain.field import CHOSEN, DISTINCT, LIMITED, MADE, TYPES, Field
from domain.money import parse_amount, plain_amount
from domain.policy import canonical, problems_of
from domain.refusal import Refused, invalid, not_found
from locales.labels import label
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import page

KIND = CustomerFieldPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
FieldKey = Annotated[str, Query(max_length=60)]
TEXTS = ("key", "zh", "en", "help_zh", "help_en", "type", "decimals", "currency", "least", "most", "formula", "pattern")
SIGHTS = ("whole", "part", "nothing")


@router.get("/field")
async def ask(
    request: Request, actor: CurrentActor, services: Provided, key: FieldKey = "", type: FieldKey = ""
) -> Response:
    """`type` is that of a new field."""
    now = await editing(request, services, actor, KIND)
    return await _form(request, now, key, _shown(now, key, type), now.revision)


@router.post("/field")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    key: FieldKey = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save or remove."""
    now = await editing(request, services, actor, KIND)
    form = await request.form()
    filled = _filled(form)
    try:
        document = _without(now.document, key) if do == "remove" else _kept(now, key, filled)
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {_place(problem.where): words.said(problem) for problem in problems_of(error)}
        return await _form(request, now, key, filled, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, now, key, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _place(where: str) -> str:
    """The form's field for a place in a field's document."""
    first, _, rest = where.partition(".")
    return {"label": rest, "help": f"help_{rest}"}.get(first, first)


def _filled(form: FormData) -> dict[str, Any]:
    texts = {name: str(form.get(name, "")).strip() for name in TEXTS}
    sight = {role: str(form.get(f"sight-{role}", "whole")) for role in Role}
    return texts | {
        "options": str(form.get("options", "")).replace("\r\n", "\n"),
        "required": bool(form.get("required")),
        "unique": bool(form.get("unique")),
        "kinds": [str(one) for one in form.getlist("kinds")],
        "sight": sight,
    }


def _shown(now: Editing, key: str, kind: str) -> dict[str, Any]:
    """What the form begins with; a field of the draft, or of the product, or a new one."""
    known = next((one for one in now.document.get("fields", ()) if one.get("key") == key), None) if key else None
    empty: dict[str, Any] = dict.fromkeys(TEXTS, "") | {
        "type": kind if kind in TYPES else "text", "decimals": "2", "currency": "CNY", "options": "", "required": False,
        "unique": False, "kinds": [], "sight": dict.fromkeys(Role, "whole"),
    }  # fmt: skip
    if key in KEYS:
        field = next(one for one in BUILT_IN if one.key == key)
        known = field.model_dump(mode="json") | now.document.get("builtin", {}).get(key, {})
    if known is None:
        return empty
    label, help_ = known.get("label", {}), known.get("help") or {}
    plain_ = {
        name: str(known[name])
        for name in ("key", "type", "decimals", "currency", "formula", "pattern")
        if name in known
    }
    limits = {name: _limit_text(known, name) for name in ("least", "most")}
    hidden, masked = set(known.get("hidden_from", ())), set(known.get("masked_for", ()))
    return empty | plain_ | limits | {
        "zh": label.get("zh", ""), "en": label.get("en", ""), "help_zh": help_.get("zh", ""),
        "help_en": help_.get("en", ""), "required": bool(known.get("required")), "unique": bool(known.get("unique")),
        "options": "\n".join(_line(option) for option in known.get("options", ())), "kinds": known.get("kinds", []),
        "sight": {one: "nothing" if one in hidden else "part" if one in masked else "whole" for one in Role},
    }  # fmt: skip


def _limit_text(known: dict[str, Any], name: str) -> str:
    limit = known.get(name)
    if limit is None or known["type"] != "money":
        return "" if limit is None else str(limit)
    return ("-" if limit < 0 else "") + plain_amount(abs(limit), known.get("currency", "CNY"))


def _line(option: dict[str, Any]) -> str:
    """`gold | 金牌 | Gold`; one that is not offered any more begins with a minus."""
    said = f"{option['value']} | {option['label']['zh']} | {option['label']['en']}"
    return f"- {said}" if option.get("retired") else said


def _option(line: str) -> dict[str, Any]:
    retired = line.startswith("- ")
    parts = [part.strip() for part in line.removeprefix("- ").replace("｜", "|").split("|")]
    value, zh, en = (
        (parts * 3)[:3] if len(parts) == 1 else (parts[0], parts[1], parts[2] if len(parts) > 2 else parts[1])
    )
    return {"value": value, "label": {"zh": zh, "en": en}} | ({"retired": True} if retired else {})


def _kept(now: Editing, key: str, filled: dict[str, Any]) -> dict[str, Any]:
    """The draft with the field. Raises Refused and ValidationError."""
    sight = {
        "hidden_from": sorted(role for role, seen in filled["sight"].items() if seen == "nothing"),
        "masked_for": sorted(role for role, seen in filled["sight"].items() if seen == "part"),
    }
    if key in KEYS:
        rule = {name: value for name, value in {"required": filled["required"], **sight}.items() if value}
        builtin = {**now.document.get("builtin", {}), key: rule}
        return {**now.document, "builtin": {one: rule for one, rule in builtin.items() if rule}}
    others = list(now.document.get("fields", ()))
    at = next((no for no, one in enumerate(others) if one.get("key") == key), None) if key else None
    if key and at is None:
        raise not_found("customer_field")
    made = _field(filled, key or _key(filled, {one["key"] for one in others}), sight)
    Field.model_validate_json(canonical(made))
    if at is None:
        return {**now.document, "fields": [*others, made]}
    published = {one["key"]: one["type"] for one in now.current.document.get("fields", ())}
    if published.get(key, made["type"]) != made["type"]:
        raise invalid("field_type_fixed", "type")
    others[at] = made
    return {**now.document, "fields": others}


def _field(filled: dict[str, Any], key: str, sight: dict[str, list[str]]) -> dict[str, Any]:
    kind = filled["type"]
    made: dict[str, Any] = {"key": key, "label": {"zh": filled["zh"], "en": filled["en"] or filled["zh"]}, "type": kind}
    if filled["help_zh"] or filled["help_en"]:
        made["help"] = {"zh": filled["help_zh"] or filled["help_en"], "en": filled["help_en"] or filled["help_zh"]}
    if kind in CHOSEN:
        made["options"] = [_option(line.strip()) for line in filled["options"].split("\n") if line.strip()]
    if kind in ("number", "percent"):
        made["decimals"] = _whole(filled, "decimals") or 0
    if kind == "money":
        made["currency"] = filled["currency"].upper()
    if kind in LIMITED:
        made |= {name: limit for name in ("least", "most") if (limit := _limit(filled, name)) is not None}
    for name, its in (("formula", "formula"), ("pattern", "serial")):
        if kind == its:
            made[name] = filled[name]
    if filled["required"] and kind not in MADE:
        made["required"] = True
    if filled["unique"] and kind in DISTINCT:
        made["unique"] = True
    return made | {name: value for name, value in {"kinds": filled["kinds"], **sight}.items() if value}


def _key(filled: dict[str, Any], taken: set[str]) -> str:
    """As it was typed, else made of the English name: people need not think of one."""
    if filled["key"]:
        if filled["key"] in taken:
            raise invalid("field_key_doubled", "key")
        return str(filled["key"])
    words = re.sub(r"[^a-z0-9]+", "_", filled["en"].lower()).strip("_")[:40]
    stem = words if words[:1].isalpha() else f"field_{words}".strip("_")
    names = [stem, *(f"{stem}_{no}" for no in range(2, 400))]
    return next(name for name in names if name not in taken | KEYS)


def _whole(filled: dict[str, Any], name: str) -> int | None:
    try:
        return int(filled[name]) if filled[name] else None
    except ValueError:
        raise invalid("number_format", name) from None


def _limit(filled: dict[str, Any], name: str) -> int | None:
    if filled["type"] == "money" and filled[name]:
        return parse_amount(filled[name], filled["currency"].upper(), name)
    return _whole(filled, name)


def _without(document: dict[str, Any], key: str) -> dict[str, Any]:
    """Neither among the fields nor in any layout. What customers have in it stays where it is, and is shown nowhere."""
    layouts = {
        kind: [{**section, "fields": [one for one in section["fields"] if one != key]} for section in sections]
        for kind, sections in document.get("layouts", {}).items()
    }
    return {**document, "fields": [one for one in document["fields"] if one["key"] != key], "layouts": layouts}


async def _form(
    request: Request, now: Editing, key: str, filled: dict[str, Any], revision: int,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    language = language_of(request)
    published = {one["key"] for one in now.current.document.get("fields", ())}
    kinds = [(one["key"], one["name"]["en" if language == "en" else "zh"]) for one in now.document.get("kinds", ())]
    known = (
        [field for field in fields(now.policy) if not field.made] if isinstance(now.policy, CustomerFieldPolicy) else []
    )
    return await page(
        request, "policy/customer_field_form.html", status=422 if errors else 200, editing=now, key=key, typed=filled,
        revision=revision, errors=errors or {}, builtin=key in KEYS, fixed=key in published, kinds=kinds, known=known,
        types=[(one, label("field_type", one, language)) for one in TYPES],
        roles=[(one, label("role", one, language)) for one in Role], sights=SIGHTS,
        limited=LIMITED, chosen=CHOSEN, distinct=DISTINCT, made=MADE,
    )  # fmt: skip
