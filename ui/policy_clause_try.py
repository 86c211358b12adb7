"""Tries a standard's draft on a contract: which findings would be of another level once it is published."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.document import chunks_of
from api.services import Provided
from domain.access import Action
from domain.refusal import Refused, invalid
from ui.form import mistakes
from ui.policy_clause import StandardKind
from ui.policy_editor import editing, words_for
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])


@router.get("/{kind}/edit/contract")
async def ask(request: Request, kind: StandardKind, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, kind)
    return await page(
        request, "policy/standard_try.html", kind=kind, draft=now.draft, found=None, our_party="", errors={}
    )


@router.post("/{kind}/edit/contract")
async def try_on(request: Request, kind: StandardKind, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, kind)
    form = await request.form()
    file, our_party = form.get("file"), str(form.get("our_party", "")).strip()[:80]
    found: dict[str, Any] | None = None
    errors: dict[str, str] = {}
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("field_needed", "file")
        found = await services.clause_standards.try_on(actor, kind, now.document, chunks_of(file), our_party)
    except Refused as refused:
        if refused.status not in (413, 422):
            raise
        errors = mistakes(request, refused)
    words = words_for(request, now.called)
    return await page(
        request, "policy/standard_try.html", status=422 if errors else 200, kind=kind, draft=now.draft, found=found,
        our_party=our_party, errors=errors, words=words,
    )  # fmt: skip
