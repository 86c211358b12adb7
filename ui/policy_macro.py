"""Asks for one macro: its words in Chinese and English, and what is done with the ticket beside them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided, Services
from domain.access import Action
from domain.macro import VARIABLES, MacroPolicy
from domain.policy import canonical, problems_of
from domain.refusal import Refused, invalid
from domain.ticket import PRIORITIES, TICKET_KINDS
from locales.labels import label
from ui.acting import typed
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import page
from ui.routing_words import routing_words
from ui.ticket_record import THENS

KIND = MacroPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
MacroKey = Annotated[str, Query(max_length=60)]
FIELDS = ("key", "name_zh", "name_en", "zh", "en", "then", "priority", "kind", "queue", "note")


@router.get("/words")
async def ask(request: Request, actor: CurrentActor, services: Provided, key: MacroKey = "") -> Response:
    now = await editing(request, services, actor, KIND)
    return await _form(request, services, now, key, _shown(now, key), now.revision)


@router.post("/words")
async def keep_words(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    key: MacroKey = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save or remove."""
    now = await editing(request, services, actor, KIND)
    form = await typed(request)
    filled = {name: form.get(name, "").replace("\r\n", "\n") for name in FIELDS}
    try:
        macros = {**now.document.get("macros", {})}
        macros.pop(key, None)
        if do != "remove":
            macros[filled["key"]] = _checked(filled, macros)
        await services.policy_drafts.save(actor, KIND, {**now.document, "macros": macros}, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {"_".join(problem.where.split(".")[2:4]): words.said(problem) for problem in problems_of(error)}
        return await _form(request, services, now, key, filled, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, services, now, key, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _shown(now: Editing, key: str) -> dict[str, str]:
    macros = now.document.get("macros")
    known = macros.get(key) if isinstance(macros, dict) else None
    empty = dict.fromkeys(FIELDS, "") | {"key": key, "then": "wait_customer"}
    if not isinstance(known, dict):
        return empty
    name = known.get("name", {})
    plain = {one: str(known[one]) for one in FIELDS if known.get(one)}
    return empty | plain | {"name_zh": name.get("zh", ""), "name_en": name.get("en", "")}


def _checked(filled: dict[str, str], others: dict[str, Any]) -> dict[str, Any]:
    """The macro as the document has it. Raises Refused and ValidationError."""
    key = filled["key"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", key):
        raise invalid("key_unusable", "key")
    if key in others:
        raise invalid("macro_doubled", "key")
    macro: dict[str, Any] = {"name": {"zh": filled["name_zh"], "en": filled["name_en"]}}
    macro |= {name: filled[name] for name in ("zh", "en", "then", "priority", "kind", "queue", "note") if filled[name]}
    MacroPolicy.model_validate_json(canonical({"engine": 1, "macros": {key: macro}}))
    return macro


async def _form(
    request: Request, services: Services, now: Editing, key: str, filled: dict[str, str], revision: int,
    errors: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    language = language_of(request)
    async with services.db.session() as session:
        routing = await routing_words(session, language)
    return await page(
        request, "policy/macro_form.html", status=422 if errors else 200, editing=now, key=key, typed=filled,
        revision=revision, errors=errors or {}, variables=VARIABLES,
        thens=[(one, label("ticket_then", one, language)) for one in THENS],
        priorities=[("", "–"), *((one, label("ticket_priority", one, language)) for one in PRIORITIES)],
        queues=[("", "–"), *routing.queues],
        kinds=[("", "–"), *((one, label("ticket_kind", one, language)) for one in TICKET_KINDS)],
    )  # fmt: skip
