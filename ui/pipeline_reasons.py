"""Why deals of a pipeline are won and lost: the reasons of its draft, in their order and both languages."""

from __future__ import annotations

import json
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.deal import Reasons
from domain.refusal import Refused
from locales import N_
from ui.acting import say
from ui.pipeline_edit import PipelineKind
from ui.policy_edit import Do, Revision
from ui.policy_editor import Editing, editing, kept, refusal_shown
from ui.reason_form import Line, rearranged_reasons, reasons_json, shown_reasons, typed_reasons
from ui.render import page

router = APIRouter(
    prefix="/policies/{kind}/edit/reasons",
    include_in_schema=False,
    dependencies=[Depends(require(Action.POLICY_MANAGE))],
)

End = Literal["won", "lost"]
TITLES: dict[End, str] = {"won": N_("Reasons for a win"), "lost": N_("Reasons for a loss")}
REASONS: TypeAdapter[Any] = TypeAdapter(Reasons)


@router.get("/{end}")
async def ask_reasons(
    request: Request, kind: PipelineKind, end: End, actor: CurrentActor, services: Provided
) -> Response:
    now = await editing(request, services, actor, kind)
    return await _form(request, now, end, shown_reasons(now.document.get(f"{end}_reasons")), now.revision)


@router.post("/{end}")
async def set_reasons(
    request: Request, kind: PipelineKind, end: End, actor: CurrentActor, services: Provided, revision: Revision,
    do: Do = "save",
) -> Response:  # fmt: skip
    """`do`: save, or as `rearranged_reasons`. Nothing is kept before it is saved."""
    now = await editing(request, services, actor, kind)
    lines = typed_reasons(await request.form())
    if do != "save":
        return await _form(request, now, end, rearranged_reasons(lines, do), revision)
    try:
        made = reasons_json(lines)
        REASONS.validate_json(json.dumps(made))
        document = {**now.document, f"{end}_reasons": made}
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except ValidationError:
        return await _form(request, now, end, lines, revision, say(request, N_("Something here needs another look.")))
    except Refused as refused:
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


async def _form(
    request: Request, now: Editing, end: End, lines: list[Line], revision: int, error: str = ""
) -> Response:
    return await page(
        request, "policy/reasons.html", status=422 if error else 200, editing=now, revision=revision,
        typed={"lines": lines}, errors={"": error} if error else {}, title=say(request, TITLES[end]),
        path=f"reasons/{end}",
    )  # fmt: skip
