"""Asks how contracts go: when legal reads one, what a new version opens again, who signs and how long that may take."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.policy import current_policy
from domain.access import Action
from domain.calendar import CalendarPolicy
from domain.clause.standard import Risk
from domain.contract import ContractPolicy
from domain.refusal import invalid
from locales import N_
from locales.labels import label
from ui.acting import say
from ui.length import length_json, length_text
from ui.policy_editor import Editing, editing
from ui.policy_lead import Typed, keep
from ui.render import page

KIND = ContractPolicy.kind
REOPENS = ("amount", "findings", "clauses", "words")
MOST_REMINDERS = 5
LEADS = 3
"""Reminders before a day of a contract that the form asks for; a file may have more."""
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)


@router.get("/rules")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    policy = now.policy
    return await _form(
        request, services, now, _shown(policy if isinstance(policy, ContractPolicy) else ContractPolicy(engine=1))
    )


@router.post("/rules")
async def set_rules(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _form(request, services, now, typed, errors)

    return await keep(request, services, actor, KIND, revision, _read, again)


def _shown(policy: ContractPolicy) -> Typed:
    legal, signing = policy.legal, policy.signing
    typed: Typed = {
        "from_level": legal.from_level, "order": legal.order, "calendar": legal.calendar or "",
        "reopens": list(policy.versions.reopens), "ours": signing.ours, "customer": "1" if signing.customer else "",
    }  # fmt: skip
    worked = legal.calendar is None
    typed["allowed"], typed["allowed_unit"] = length_text(legal.allowed, days=worked)
    typed["remind"], typed["remind_unit"] = length_text(legal.remind, days=worked) if legal.remind else ("", "h")
    typed["expires"], typed["expires_unit"] = length_text(signing.expires)
    term = policy.term
    for name in ("without_notice", "soon", "confirm"):
        typed[name], typed[f"{name}_unit"] = length_text(getattr(term, name))
    for name, lengths in (("notice", term.notice), ("warranty", term.warranty)):
        for no in range(LEADS):
            lead = lengths[no] if no < len(lengths) else None
            typed[f"{name}_{no}"], typed[f"{name}_{no}_unit"] = length_text(lead) if lead else ("", "d")
    for no in range(MOST_REMINDERS):
        length = signing.reminders[no] if no < len(signing.reminders) else None
        typed[f"reminder_{no}"], typed[f"reminder_{no}_unit"] = length_text(length) if length else ("", "d")
    return typed


def _read(now: Editing, form: FormData) -> dict[str, Any]:
    def length(name: str) -> str:
        return length_json(str(form.get(name, "")).strip(), str(form.get(f"{name}_unit", "")), name)

    filled = [f"reminder_{no}" for no in range(MOST_REMINDERS) if str(form.get(f"reminder_{no}", "")).strip()]
    lengths = {name: length(name) for name in filled}
    expires = length("expires")
    for name, reminder in lengths.items():
        if _seconds(reminder) >= _seconds(expires):
            raise invalid("reminder_after_expiry", name)
    return {
        **now.document,
        "legal": {
            "from_level": str(form.get("from_level", "")),
            "order": str(form.get("order", "")),
            "allowed": length("allowed"),
            "remind": length("remind") if str(form.get("remind", "")).strip() else None,
            "calendar": str(form.get("calendar", "")) or None,
        },
        "versions": {"reopens": [one for one in REOPENS if one in form.getlist("reopens")]},
        "signing": {
            "ours": str(form.get("ours", "")),
            "customer": form.get("customer") == "1",
            "reminders": sorted(lengths.values(), key=_seconds),
            "expires": expires,
        },
        "term": {
            **{name: length(name) for name in ("without_notice", "soon", "confirm")},
            **{
                name: [length(f"{name}_{no}") for no in range(LEADS) if str(form.get(f"{name}_{no}", "")).strip()]
                for name in ("notice", "warranty")
            },
        },
    }


def _seconds(length: str) -> timedelta:
    """Of what `length_json` made."""
    return timedelta(seconds=float(re.sub(r"[PTS]", "", length)))


async def _form(
    request: Request, services: Services, now: Editing, typed: Typed, errors: dict[str, str] | None = None
) -> Response:
    async with services.db.session() as session:
        _, calendars = await current_policy(session, CalendarPolicy.kind)
    language = now.called.language
    if isinstance(typed.get("reopens"), str):
        typed = {**typed, "reopens": [typed["reopens"]]}
    return await page(
        request, "policy/contract_form.html", status=422 if errors else 200, editing=now, typed=typed,
        errors=errors or {},
        levels=[(level.value, label("risk", level.value, language)) for level in Risk],
        calendars=[("", say(request, N_("by the clock")))]
        + [(key, label("calendar", key, language)) for key in calendars["calendars"]],
        reopens=[(one, label("reopens", one, language)) for one in REOPENS],
        reminders=range(MOST_REMINDERS), leads=range(LEADS),
    )  # fmt: skip
