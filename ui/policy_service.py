"""Asks how the service desk goes: when a resolved ticket closes, may be opened again, or goes back untouched."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.ticket import ServicePolicy
from ui.length import length_json, length_text
from ui.policy_editor import Editing, editing
from ui.policy_lead import Typed, keep
from ui.render import page

KIND = ServicePolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)


@router.get("/rules")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    policy = now.policy if isinstance(now.policy, ServicePolicy) else ServicePolicy(engine=1)
    return await _form(request, now, _shown(policy))


@router.post("/rules")
async def set_rules(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _form(request, now, typed, errors)

    return await keep(request, services, actor, KIND, revision, _read, again)


def _shown(policy: ServicePolicy) -> Typed:
    typed: Typed = {"rating": "1" if policy.rating else "", "confirms": "1" if policy.confirms else ""}
    for name in ("closes", "reopens"):
        typed[name], typed[f"{name}_unit"] = length_text(getattr(policy, name))
    typed["untouched"], typed["untouched_unit"] = length_text(policy.untouched) if policy.untouched else ("", "m")
    return typed


def _read(now: Editing, form: FormData) -> dict[str, Any]:
    def length(name: str) -> str:
        return length_json(str(form.get(name, "")).strip(), str(form.get(f"{name}_unit", "")), name)

    return {
        **now.document,
        "closes": length("closes"),
        "reopens": length("reopens"),
        "untouched": length("untouched") if str(form.get("untouched", "")).strip() else None,
        "rating": form.get("rating") == "1",
        "confirms": form.get("confirms") == "1",
    }


async def _form(request: Request, now: Editing, typed: Typed, errors: dict[str, str] | None = None) -> Response:
    status = 422 if errors else 200
    return await page(request, "policy/service_form.html", status=status, editing=now, typed=typed, errors=errors or {})
