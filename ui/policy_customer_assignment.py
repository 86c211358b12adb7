"""Asks which regions follow the customers of one row, whose they are in each, and of which tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.colleague import sellers_by_region
from db.person import OrgUnit, people_by_id
from db.policy_reference import unfit_sellers
from domain.access import Action
from domain.customer_assignment import HOME, CustomerAssignmentPolicy
from domain.customer_pool import TIERS
from domain.lead_assignment import SELLING
from domain.policy_check import Reference
from domain.policy_draft import row_of, set_row
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say
from ui.environment import pages_of
from ui.form import mistakes
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet
from ui.problem_words import ProblemWords
from ui.render import page

KIND = CustomerAssignmentPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
RowId = Annotated[str, Query(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
PLACES = 4
"""Regions that a form offers; a row may have more through the API."""
EMPTY = {"region": "", "to": "pool", "tier": "C"}


@router.get("/row")
async def ask(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    asked = row_of(now.document, row)
    return await _form(request, services, now, row, {"follow": _shown(asked), "note": str(asked.get("note", ""))})


@router.post("/row")
async def keep(request: Request, row: RowId, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    now = await editing(request, services, actor, KIND)
    form = await request.form()
    lists = [[str(one) for one in form.getlist(name)] for name in ("region", "to", "tier")]
    follow = [dict(zip(EMPTY, one, strict=True)) for one in zip(*lists, strict=False)]
    typed = {"follow": follow, "note": str(form.get("note", "")).strip()[:500]}
    try:
        chosen = {no: _kept(one) for no, one in enumerate(follow) if one["region"]}
        if not chosen:
            raise invalid("field_needed", "region")
        if errors := await _unfit(request, services, now, chosen):
            return await _form(request, services, now, row, typed, errors)
        document = set_row(now.document, row, then={"follow": [*chosen.values()]}, note=typed["note"])
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, services, now, row, typed, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


@router.post("/others")
async def show_others(
    request: Request, actor: CurrentActor, services: Provided, revision: Revision,
    shown: Annotated[str, Form(max_length=1)] = "",
) -> Response:  # fmt: skip
    now = await editing(request, services, actor, KIND)
    try:
        document = {**now.document, "others_shown": bool(shown)}
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _shown(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As the form has it: to whom is one choice, `person:<id>` for a person, `pool:<key>` for a pool that is named."""
    then = row.get("then")
    known = then.get("follow", ()) if isinstance(then, dict) else ()
    return [
        EMPTY | {**one, "to": ":".join(filter(None, (one.get("to", "pool"), one.get("person") or one.get("pool"))))}
        for one in known
        if isinstance(one, dict)
    ]


def _kept(one: Mapping[str, str]) -> dict[str, Any]:
    kind, _, named = one["to"].partition(":")
    to = {kind: named} if kind in ("person", "pool") and named else {}
    return {"region": one["region"], "tier": one["tier"], "to": kind, **to}


async def _unfit(
    request: Request, services: Services, now: Editing, chosen: Mapping[int, Mapping[str, Any]]
) -> dict[str, str]:
    """By the place in the form: who does not sell in the region they are named for."""
    named = [
        Reference("seller", one["person"], f"to-{no}", one["region"] if one["region"] != HOME else "")
        for no, one in chosen.items()
        if "person" in one
    ]
    async with services.db.session() as session:
        problems = await unfit_sellers(session, named)
    words = ProblemWords(words_for(request, now.called), ())
    return {problem.where: words.said(problem) for problem in problems}


async def _form(
    request: Request, services: Services, now: Editing, row: str, typed: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    language = pages_of(request).language(request)
    follow = [*typed["follow"], *[EMPTY] * (PLACES - len(typed["follow"]))]
    async with services.db.session() as session:
        units = list(await session.scalars(select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code)))
        sellers = await sellers_by_region(session, [unit.id for unit in units], SELLING)
        people = await people_by_id(session, {person for each in sellers.values() for person in each})
    lines = sheet(now.document, words_for(request, now.called))
    named = sorted((person.called(language), person.id) for person in people.values())
    return await page(
        request, "policy/customer_assignment_form.html", status=422 if errors else 200, editing=now, row=row,
        line=next((line for line in lines.rows if line.id == row), None), errors=errors or {},
        typed={"follow": follow, "note": typed["note"]}, tiers=[(tier, tier) for tier in TIERS],
        regions=[
            ("", "–"), (HOME, say(request, N_("the region of who enters it"))),
            *((unit.code, unit.called(language)) for unit in units),
        ],
        people=[
            ("pool", say(request, N_("the pool"))),
            *((f"pool:{key}", name) for key, name in now.called.pools.items()),
            ("turn", say(request, N_("somebody by turn"))),
            *((f"person:{person}", name) for name, person in named),
        ],
    )  # fmt: skip
