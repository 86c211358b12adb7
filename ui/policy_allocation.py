"""Asks when and how one region's pool is allocated by itself."""

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
from api.services import Provided, Services
from db.person import OrgUnit
from db.pool_policy import rules_in_force
from domain.access import Action
from domain.allocation_policy import DAYS, AllocationPolicy
from domain.policy import canonical, problems_of
from domain.refusal import Refused
from locales.labels import label
from ui.environment import pages_of
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import page

KIND = AllocationPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
RegionCode = Annotated[str, Query(max_length=60)]
LISTED = re.compile(r"[,，、;；\n]")
WORDS = ("industries", "provinces", "sources")


@router.get("/weekly")
async def ask(request: Request, actor: CurrentActor, services: Provided, region: RegionCode = "") -> Response:
    now = await editing(request, services, actor, KIND)
    known = next((one for one in _weekly(now.document) if one.get("region") == region), {})
    typed = {**known, **{name: ", ".join(known.get(name, ())) for name in WORDS}}
    return await _form(request, services, now, region, typed, now.revision)


@router.post("/weekly")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)],
    region: RegionCode = "", do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save or remove."""
    now = await editing(request, services, actor, KIND)
    form = await request.form()
    others = [one for one in _weekly(now.document) if one.get("region") != region]
    typed = _typed(form)
    try:
        made = others if do == "remove" else [*others, _checked(typed)]
        document = {**now.document, "weekly": sorted(made, key=lambda one: str(one.get("region")))}
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {problem.where.removeprefix("weekly.0."): words.said(problem) for problem in problems_of(error)}
        return await _form(request, services, now, region, typed, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, services, now, region, typed, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _weekly(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = document.get("weekly")
    return [one for one in known if isinstance(one, dict)] if isinstance(known, list | tuple) else []


def _typed(form: FormData) -> dict[str, Any]:
    text = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    return {**text, **{name: [str(one) for one in form.getlist(name)] for name in ("days", "tiers")}}


def _checked(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as the document has it. Raises ValidationError."""
    entry: dict[str, Any] = {name: typed.get(name, "") for name in ("region", "at", "days", "tiers")}
    entry |= {name: [part.strip() for part in LISTED.split(typed.get(name, "")) if part.strip()] for name in WORDS}
    for name in ("each", "most"):
        if value := typed.get(name):
            entry[name] = int(value) if value.isdecimal() and len(value) < 12 else value
    entry |= {name: typed[name] for name in ("zone", "pool") if typed.get(name)}
    if typed.get("paused"):
        entry["paused"] = True
    AllocationPolicy.model_validate_json(canonical({"engine": 1, "weekly": [entry]}))
    return entry


async def _form(
    request: Request, services: Services, now: Editing, region: str, typed: Mapping[str, Any], revision: int,
    errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    language = pages_of(request).language(request)
    blank = dict.fromkeys(("region", "zone", "pool", "paused", "each", "most", *WORDS), "")
    empty = {**blank, "at": "09:00", "days": ["mon"], "tiers": []}
    async with services.db.session() as session:
        units = await session.scalars(select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code))
        regions = [(unit.code, unit.called(language)) for unit in units]
        pools = (await rules_in_force(session)).policy.pools
    return await page(
        request, "policy/allocation_form.html", status=422 if errors else 200, editing=now, region=region,
        typed={**empty, **typed}, revision=revision, errors=errors or {}, regions=regions,
        days=[(day, label("weekday", day, language)) for day in DAYS],
        pools=[(pool.key, pool.name.called(language)) for pool in pools],
    )  # fmt: skip
