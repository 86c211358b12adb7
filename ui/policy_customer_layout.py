"""Asks for a kind of customer: its name, and which of its fields stand under which heading in which order."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.customer_field import CustomerFieldPolicy, Field, fields
from domain.refusal import Refused, invalid
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown
from ui.render import page

KIND = CustomerFieldPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
SPARE, MOST = 2, 40
Key = Annotated[str, Query(max_length=60)]


@router.get("/kind")
async def ask(request: Request, actor: CurrentActor, services: Provided, kind: Key = "") -> Response:
    now = await editing(request, services, actor, KIND)
    return await _form(request, now, kind, _shown(now, kind), now.revision)


@router.post("/kind")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    kind: Key = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save or remove."""
    now = await editing(request, services, actor, KIND)
    filled = _filled(await request.form())
    try:
        document = _without(now.document, kind) if do == "remove" else _kept(now.document, kind, filled)
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, now, kind, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _all(now: Editing) -> tuple[Field, ...]:
    return fields(now.policy) if isinstance(now.policy, CustomerFieldPolicy) else ()


def _shown(now: Editing, kind: str) -> dict[str, Any]:
    """`places`: for each field the number of its heading (0: none) and its place under it, as text."""
    name: dict[str, str] = next((one["name"] for one in now.document.get("kinds", ()) if one["key"] == kind), {})
    sections = now.document.get("layouts", {}).get(kind, [])
    placed = {
        key: (str(no), str(at)) for no, section in enumerate(sections, 1) for at, key in enumerate(section["fields"], 1)
    }
    return {
        "key": kind, "zh": name.get("zh", ""), "en": name.get("en", ""),
        "sections": [(section["title"]["zh"], section["title"]["en"]) for section in sections],
        "places": {field.key: placed.get(field.key, ("0", "")) for field in _all(now) if field.has(kind)},
    }  # fmt: skip


def _filled(form: FormData) -> dict[str, Any]:
    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    keys = [name.removeprefix("in-") for name in form if name.startswith("in-")]
    sections = [(text(f"zh-{no}"), text(f"en-{no}")) for no in range(1, MOST + 1) if f"zh-{no}" in form]
    return {
        "key": text("key"), "zh": text("zh"), "en": text("en"), "sections": sections,
        "places": {key: (text(f"in-{key}"), text(f"at-{key}")) for key in keys},
    }  # fmt: skip


def _kept(document: dict[str, Any], kind: str, filled: dict[str, Any]) -> dict[str, Any]:
    """The draft with the kind and its layout. Raises Refused (422)."""
    kinds = [dict(one) for one in document.get("kinds", ())]
    if not filled["zh"]:
        raise invalid("field_needed", "zh")
    name = {"zh": filled["zh"][:60], "en": (filled["en"] or filled["zh"])[:60]}
    known = next((one for one in kinds if one["key"] == kind), None)
    if known is None:
        key = filled["key"] or re.sub(r"[^a-z0-9]+", "_", filled["en"].lower()).strip("_")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key) or any(one["key"] == key for one in kinds):
            raise invalid("key_unusable", "key")
        kinds.append({"key": key, "name": name})
    else:
        key, known["name"] = kind, name
    layouts = {**document.get("layouts", {}), key: _layout(filled)}
    return {**document, "kinds": kinds, "layouts": {one: laid for one, laid in layouts.items() if laid}}


def _layout(filled: dict[str, Any]) -> list[dict[str, Any]]:
    """Headings that have a name, each with the fields put under it in the order of their places."""
    laid = []
    for no, (zh, en) in enumerate(filled["sections"], 1):
        here = [(at, key) for key, (section, at) in filled["places"].items() if section == str(no)]
        if not zh and not en:
            if here:
                raise invalid("field_needed", f"zh-{no}")
            continue
        # sorted() keeps those without a place in the order they came in, at the end.
        ordered = sorted(here, key=lambda one: int(one[0]) if one[0].isdecimal() else 10**6)
        laid.append({"title": {"zh": zh or en, "en": en or zh}, "fields": [key for _, key in ordered]})
    return laid


def _without(document: dict[str, Any], kind: str) -> dict[str, Any]:
    kinds = [one for one in document.get("kinds", ()) if one["key"] != kind]
    if not kinds:
        raise invalid("customer_kind_last", "key")
    layouts = {one: laid for one, laid in document.get("layouts", {}).items() if one != kind}
    return {**document, "kinds": kinds, "layouts": layouts}


async def _form(
    request: Request, now: Editing, kind: str, filled: dict[str, Any], revision: int,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    sections = [*filled["sections"], *[("", "")] * SPARE][:MOST]
    return await page(
        request, "policy/customer_kind_form.html", status=422 if errors else 200, editing=now, kind=kind, typed=filled,
        revision=revision, errors=errors or {}, sections=sections, fields={field.key: field for field in _all(now)},
    )  # fmt: skip
