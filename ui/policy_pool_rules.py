"""Asks for one pool: what it is called, which regions and product line it is of, who may do what in it, and what it
hides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided, Services
from db.customer_field import field_policy
from db.person import OrgUnit
from domain.access import Action
from domain.customer_pool import HIDDEN, POOL_ROLES, PoolPolicy, PoolRules
from domain.policy import canonical, problems_of
from domain.refusal import Refused, invalid
from locales.labels import label
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, drafted_name, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import page

KIND = PoolPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
PoolKey = Annotated[str, Query(max_length=60)]
TEXTS = ("zh", "en", "product", "back_to")
CHOSEN = ("regions", "see", "claim", "assign", "hidden")


@router.get("/pool")
async def ask(request: Request, actor: CurrentActor, services: Provided, key: PoolKey = "") -> Response:
    """Without a key, a new one."""
    now = await editing(request, services, actor, KIND)
    known: dict[str, Any] = next((one for one in now.document["pools"] if one.get("key") == key), {})
    rules = PoolRules.model_validate_json(canonical({"key": "new", "name": {"zh": "-", "en": "-"}, **known}))
    typed = rules.model_dump(mode="json") | {"zh": "", "en": "", **known.get("name", {})}
    return await _form(request, services, now, key, typed, now.revision)


@router.post("/pool")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    key: PoolKey = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save or remove."""
    now = await editing(request, services, actor, KIND)
    typed = _typed(await request.form())
    try:
        pools = _without(now.document, key) if do == "remove" else _with(now.document, key, typed)
        await services.policy_drafts.save(actor, KIND, {**now.document, "pools": pools}, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {problem.where.rpartition(".")[2]: words.said(problem) for problem in problems_of(error)}
        return await _form(request, services, now, key, typed, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, services, now, key, typed, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _typed(form: FormData) -> dict[str, Any]:
    texts = {name: str(form.get(name, "")).strip() for name in TEXTS}
    return texts | {name: [str(one) for one in form.getlist(name)] for name in CHOSEN}


def _with(document: Mapping[str, Any], key: str, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pools with this one in its place, or as the last. Raises ValidationError."""
    pools = list(document["pools"])
    made: dict[str, Any] = {name: typed[name] for name in CHOSEN}
    made |= {name: typed[name] or None for name in ("product", "back_to")}
    made["name"] = {"zh": typed["zh"] or typed["en"], "en": typed["en"] or typed["zh"]}
    at = next((no for no, one in enumerate(pools) if one.get("key") == key), len(pools)) if key else len(pools)
    made["key"] = key if at < len(pools) else _key(typed["en"], {str(one.get("key")) for one in pools})
    PoolRules.model_validate_json(canonical(made))
    return [*pools[:at], made, *pools[at + 1 :]]


def _without(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Its customers lie in the first pool of their region then. Raises Refused (422) for the last one."""
    others = [one for one in document["pools"] if one.get("key") != key]
    if not others:
        raise invalid("pool_last", "")
    return [{**one, "back_to": None} if one.get("back_to") == key else one for one in others]


def _key(name: str, taken: set[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    stem = words if words[:1].isalpha() else f"pool_{words}".strip("_")
    return next(one for one in (stem, *(f"{stem}_{no}" for no in range(2, 400))) if one not in taken)


async def _form(
    request: Request, services: Services, now: Editing, key: str, typed: Mapping[str, Any], revision: int,
    errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    language = language_of(request)
    async with services.db.session() as session:
        units = await session.scalars(select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code))
        regions = [(unit.code, unit.called(language)) for unit in units]
        own = (await field_policy(session)).fields
    said_by = next((one for one in own if one.key == now.document.get("product_field")), None)
    lines = [(one.value, one.label.called(language)) for one in said_by.options or ()] if said_by else []
    others = [(one["key"], drafted_name(one, language)) for one in now.document["pools"] if one["key"] != key]
    return await page(
        request, "policy/pool_rules_form.html", status=422 if errors else 200, key=key, typed=typed,
        revision=revision, errors=errors or {}, regions=regions, others=others, lines=lines, hidden=HIDDEN,
        roles=[(role.value, label("role", role.value, language)) for role in POOL_ROLES],
    )  # fmt: skip
