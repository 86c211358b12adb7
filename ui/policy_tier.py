"""Asks for what one row of the service queue's policy gives: the queue the customer waits in."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.order import ServiceTierPolicy, Tier
from domain.policy_draft import row_of, set_row
from domain.refusal import Refused
from ui.form import mistakes
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet
from ui.render import page

KIND = ServiceTierPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)

RowId = Annotated[str, Query(max_length=60)]


@router.get("/row")
async def ask(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    asked = row_of(now.document, row)
    then = asked.get("then")
    tier = then.get("tier", "standard") if isinstance(then, dict) else "standard"
    return await _form(request, now, row, {"tier": str(tier), "note": str(asked.get("note", ""))})


@router.post("/row")
async def keep(
    request: Request,
    row: RowId,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Form(ge=0)],
    tier: Annotated[Tier, Form()],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    now = await editing(request, services, actor, KIND)
    try:
        document = set_row(now.document, row, then={"tier": tier}, note=note.strip())
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, now, row, {"tier": tier, "note": note}, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


async def _form(
    request: Request, now: Editing, row: str, typed: dict[str, str], errors: dict[str, str] | None = None
) -> Response:
    lines = sheet(now.document, words_for(request, now.called))
    return await page(
        request,
        "policy/tier_form.html",
        status=422 if errors else 200,
        editing=now,
        row=row,
        line=next((line for line in lines.rows if line.id == row), None),
        tiers=get_args(Tier),
        typed=typed,
        errors=errors or {},
    )
