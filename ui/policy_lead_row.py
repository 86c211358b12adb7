"""Asks for what one row of the policies about leads gives: points with their reason, or who together have a turn."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.person import Person, PersonRole
from domain.access import Action
from domain.lead_assignment import SELLING, LeadAssignmentPolicy
from domain.lead_score import MOST, LeadScorePolicy
from domain.policy_draft import row_of, set_row
from domain.refusal import Refused, invalid
from locales.labels import label
from ui.form import mistakes
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

RowId = Annotated[str, Query(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
NOTE_MOST = 500
REASON_MOST = 60


async def sellers_called(services: Services, language: str) -> list[tuple[str, str]]:
    """Everybody who sells, by name."""
    selling = select(PersonRole.person_id).where(PersonRole.role.in_([role.value for role in SELLING]))
    async with services.db.session() as session:
        found = await session.scalars(
            select(Person).where(Person.active, Person.id.in_(selling)).order_by(Person.email)
        )
        return [(person.id, person.called(language)) for person in found]


@router.get("/lead_score/edit/row")
async def ask_points(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadScorePolicy.kind)
    asked = row_of(now.document, row)
    then = asked.get("then")
    then = then if isinstance(then, dict) else {}
    reason = then.get("reason")
    reason = reason if isinstance(reason, dict) else {}
    typed = {"points": then.get("points", ""), "zh": reason.get("zh", ""), "en": reason.get("en", "")}
    return await _points(request, now, row, typed | {"note": asked.get("note", "")})


@router.post("/lead_score/edit/row")
async def set_points(
    request: Request, row: RowId, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    now = await editing(request, services, actor, LeadScorePolicy.kind)
    typed = _text(await request.form(), "points", "zh", "en", "note")
    try:
        points = typed["points"].replace("−", "-").replace("+", "")
        if not points.lstrip("-").isdecimal() or len(points) > 9 or abs(int(points)) > MOST:
            raise invalid("number_unreadable", "points")
        if not (typed["zh"] or typed["en"]):
            raise invalid("field_needed", "zh")
        reason = {"zh": (typed["zh"] or typed["en"])[:REASON_MOST], "en": (typed["en"] or typed["zh"])[:REASON_MOST]}
        then = {"points": int(points), "reason": reason}
        document = set_row(now.document, row, then=then, note=typed["note"][:NOTE_MOST])
        await services.policy_drafts.save(actor, LeadScorePolicy.kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _points(request, now, row, typed, mistakes(request, refused))
        return await refusal_shown(request, services, actor, LeadScorePolicy.kind, refused)
    return kept(request, LeadScorePolicy.kind)


async def _points(
    request: Request, now: Editing, row: str, typed: dict[str, Any], errors: dict[str, str] | None = None
) -> Response:
    return await _form(request, "policy/lead_points.html", now, row, typed, errors)


@router.get("/lead_assignment/edit/row")
async def ask_group(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadAssignmentPolicy.kind)
    asked = row_of(now.document, row)
    then = asked.get("then")
    members = then.get("to") if isinstance(then, dict) else None
    chosen = [
        f"{one['by']}:{one[one['by']]}"
        for one in (members if isinstance(members, list) else [])
        if isinstance(one, dict) and one.get("by") in ("role", "unit", "person") and one["by"] in one
    ]
    return await _group(request, services, now, row, {"to": chosen, "note": asked.get("note", "")})


@router.post("/lead_assignment/edit/row")
async def set_group(
    request: Request, row: RowId, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    now = await editing(request, services, actor, LeadAssignmentPolicy.kind)
    form = await request.form()
    typed: dict[str, Any] = {**_text(form, "note"), "to": [str(value) for value in form.getlist("to")]}
    try:
        to = [_member(one) for one in typed["to"]]
        if not to:
            raise invalid("values_needed", "to")
        document = set_row(now.document, row, then={"to": to}, note=typed["note"][:NOTE_MOST])
        await services.policy_drafts.save(actor, LeadAssignmentPolicy.kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _group(request, services, now, row, typed, mistakes(request, refused))
        return await refusal_shown(request, services, actor, LeadAssignmentPolicy.kind, refused)
    return kept(request, LeadAssignmentPolicy.kind)


def _member(chosen: str) -> dict[str, str]:
    by, _, key = chosen.partition(":")
    if by not in ("role", "unit", "person") or not key or len(key) > 60:
        raise invalid("values_needed", "to")
    return {"by": by, by: key}


async def _group(
    request: Request,
    services: Services,
    now: Editing,
    row: str,
    typed: dict[str, Any],
    errors: dict[str, str] | None = None,
) -> Response:
    language = now.called.language
    units = sorted(now.called.units.values(), key=lambda unit: unit.code)
    return await _form(
        request, "policy/lead_group.html", now, row, typed, errors,
        roles=[(f"role:{role.value}", label("role", role, language)) for role in SELLING],
        units=[(f"unit:{unit.code}", unit.called(language)) for unit in units],
        people=[(f"person:{person}", name) for person, name in await sellers_called(services, language)],
    )  # fmt: skip


def _text(form: FormData, *names: str) -> dict[str, str]:
    return {name: str(form.get(name, "")).strip() for name in names}


async def _form(
    request: Request,
    template: str,
    now: Editing,
    row: str,
    typed: dict[str, Any],
    errors: dict[str, str] | None,
    **more: Any,
) -> Response:
    words = words_for(request, now.called)
    lines = sheet(now.document, words)
    return await page(
        request,
        template,
        status=422 if errors else 200,
        editing=now,
        row=row,
        line=next((line for line in lines.rows if line.id == row), None),
        facts={column.key: words.fact(column.key) for column in lines.columns},
        typed=typed,
        errors=errors or {},
        **more,
    )
