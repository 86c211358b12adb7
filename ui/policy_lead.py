"""Asks for what the policies about leads say beside their tables: times, reasons, grades, how much one may have."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.policy import current_policy
from domain.access import Action, Actor
from domain.calendar import CalendarPolicy
from domain.contract import ContractPolicy
from domain.document import Problem
from domain.lead import GRADES, OUTCOMES, LeadPolicy
from domain.lead_assignment import SELLING, LeadAssignmentPolicy
from domain.lead_score import LeadScorePolicy
from domain.policy import load
from domain.refusal import Refused, invalid
from domain.ticket import ServicePolicy
from locales import N_
from locales.labels import label
from ui.acting import say
from ui.form import mistakes
from ui.length import UNIT_WORDS, length_json, length_text
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_lead_row import sellers_called
from ui.problem_words import ProblemWords
from ui.reason_form import Line, rearranged_reasons, reasons_json, shown_reasons, typed_reasons
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

Revision = Annotated[int, Form(ge=0)]
Typed = dict[str, Any]


def number(form: FormData, name: str, least: int, most: int) -> int:
    """Raises Refused (422)."""
    text = str(form.get(name, "")).strip().replace("−", "-")
    if not re.fullmatch(r"-?\d{1,7}", text) or not least <= int(text) <= most:
        raise invalid("number_unreadable", name)
    return int(text)


async def keep(
    request: Request,
    services: Services,
    actor: Actor,
    kind: str,
    revision: int,
    made: Callable[[Editing, FormData], dict[str, Any]],
    again: Callable[[Editing, Typed, dict[str, str]], Awaitable[Response]],
) -> Response:
    """Keeps what a form makes of the draft, or shows the form with what is wrong in it."""
    now = await editing(request, services, actor, kind)
    form = await request.form()
    try:
        document = made(now, form)
        load(_MODELS[kind], document)
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        if refused.code == "policy_invalid":
            problem = refused.params["problems"][0]
            return await again(now, _typed(form), _worded(request, now, problem))
        if refused.status == 422 and refused.field != "document":
            return await again(now, _typed(form), mistakes(request, refused))
        return await refusal_shown(request, services, actor, kind, refused)
    return kept(request, kind)


_MODELS: dict[str, Any] = {
    model.kind: model for model in (LeadPolicy, LeadScorePolicy, LeadAssignmentPolicy, ContractPolicy, ServicePolicy)
}


def _worded(request: Request, now: Editing, problem: dict[str, Any]) -> dict[str, str]:
    return {"": ProblemWords(words_for(request, now.called), []).said(Problem.model_validate(problem))}


def _typed(form: FormData) -> Typed:
    return {name: form.getlist(name) if len(form.getlist(name)) > 1 else form[name] for name in form}


# --- grades ---------------------------------------------------------------------------------------------------------


@router.get("/lead_score/edit/grades")
async def ask_grades(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadScorePolicy.kind)
    known = now.document.get("grades")
    return await _grades(request, now, known if isinstance(known, dict) else {})


@router.post("/lead_score/edit/grades")
async def set_grades(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    def made(now: Editing, form: FormData) -> dict[str, Any]:
        return {**now.document, "grades": {grade: number(form, grade, -1_000, 10_000) for grade in "abc"}}

    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _grades(request, now, typed, errors)

    return await keep(request, services, actor, LeadScorePolicy.kind, revision, made, again)


async def _grades(request: Request, now: Editing, typed: Typed, errors: dict[str, str] | None = None) -> Response:
    return await _form(request, "policy/lead_grades.html", now, typed, errors)


# --- how much one may have ------------------------------------------------------------------------------------------


@router.get("/lead_assignment/edit/capacity")
async def ask_capacity(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadAssignmentPolicy.kind)
    known = now.document.get("capacity")
    known = known if isinstance(known, dict) else {}
    typed = {role.value: known.get(role.value) for role in SELLING}
    people = known.get("people")
    claims = now.document.get("claims")
    claims = claims if isinstance(claims, dict) else {}
    typed |= {f"claims:{role.value}": claims.get(role.value) for role in SELLING}
    typed |= {f"person:{person}": most for person, most in (people if isinstance(people, dict) else {}).items()}
    return await _capacity(request, services, now, typed)


@router.post("/lead_assignment/edit/capacity")
async def set_capacity(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    def made(now: Editing, form: FormData) -> dict[str, Any]:
        filled = [name for name in form if str(form[name]).strip()]
        limits = {role.value: number(form, role, 0, 100_000) if role in filled else None for role in SELLING}
        people = {n.removeprefix("person:"): number(form, n, 0, 100_000) for n in filled if n.startswith("person:")}
        daily = {name: number(form, f"claims:{name}", 0, 100_000) for name in limits if f"claims:{name}" in filled}
        before = now.document.get("claims")
        claims = {**(before if isinstance(before, dict) else {}), **dict.fromkeys(limits), **daily}
        return {**now.document, "capacity": {**limits, "people": people}, "claims": claims}

    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _capacity(request, services, now, typed, errors)

    return await keep(request, services, actor, LeadAssignmentPolicy.kind, revision, made, again)


async def _capacity(
    request: Request, services: Services, now: Editing, typed: Typed, errors: dict[str, str] | None = None
) -> Response:
    people = await sellers_called(services, now.called.language)
    roles = [(role.value, label("role", role, now.called.language)) for role in SELLING]
    return await _form(request, "policy/lead_capacity.html", now, typed, errors, roles=roles, people=people)


# --- times ----------------------------------------------------------------------------------------------------------


@router.get("/lead/edit/times")
async def ask_times(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadPolicy.kind)
    policy = now.policy
    typed = _times_typed(policy) if isinstance(policy, LeadPolicy) else {}
    return await _times(request, services, now, typed)


@router.post("/lead/edit/times")
async def set_times(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _times(request, services, now, typed, errors)

    return await keep(request, services, actor, LeadPolicy.kind, revision, _times_json, again)


LENGTHS = {"returns_within": True, "sleeps": True}
"""Lengths beside those of the grades."""


def _times_typed(policy: LeadPolicy) -> Typed:
    typed: Typed = {
        "calendar": policy.calendar or "", "passes": policy.passes, "returns": policy.returns,
        "counts": list(policy.counts),
    }  # fmt: skip
    targets = {grade: policy.targets.of(grade) for grade in GRADES} | {"pool": policy.pool}
    for name, target in targets.items():
        typed[f"{name}.allowed"], typed[f"{name}.unit"] = length_text(target.allowed, days=policy.calendar is None)
        typed[f"{name}.percent"] = "" if target.remind else target.remind_percent
        if target.remind:
            typed[f"{name}.remind"], typed[f"{name}.remind_unit"] = length_text(
                target.remind, days=policy.calendar is None
            )
    for name in LENGTHS:
        typed[name], typed[f"{name}_unit"] = length_text(getattr(policy, name))
    return typed


def _times_json(now: Editing, form: FormData) -> dict[str, Any]:
    def target(name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"allowed": _length(form, f"{name}.allowed", f"{name}.unit")}
        if str(form.get(f"{name}.remind", "")).strip():
            made["remind"] = _length(form, f"{name}.remind", f"{name}.remind_unit")
        elif str(form.get(f"{name}.percent", "")).strip():
            made["remind_percent"] = number(form, f"{name}.percent", 1, 99)
        return made

    counts = [one for one in OUTCOMES if one in form.getlist("counts")]
    if not counts:
        raise invalid("values_needed", "counts")
    calendar = str(form.get("calendar", ""))
    return {
        **now.document,
        "calendar": calendar or None,
        "targets": {grade.lower(): target(grade) for grade in GRADES},
        "pool": target("pool"),
        "passes": number(form, "passes", 0, 50),
        "counts": counts,
        "returns": str(form.get("returns", "")),
        **{name: _length(form, name, f"{name}_unit") for name in LENGTHS},
    }


def _length(form: FormData, name: str, unit: str) -> str:
    return length_json(str(form.get(name, "")).strip(), str(form.get(unit, "")), name)


async def _times(
    request: Request, services: Services, now: Editing, typed: Typed, errors: dict[str, str] | None = None
) -> Response:
    async with services.db.session() as session:
        _, calendars = await current_policy(session, CalendarPolicy.kind)
    language = now.called.language
    if isinstance(typed.get("counts"), str):
        typed = {**typed, "counts": [typed["counts"]]}
    return await _form(
        request, "policy/lead_times.html", now, typed, errors,
        calendars=[("", say(request, N_("by the clock")))]
        + [(key, label("calendar", key, language)) for key in calendars["calendars"]],
        units=[(unit, say(request, text)) for unit, text in UNIT_WORDS.items()],
        outcomes=[(one, label("contact_outcome", one, language)) for one in OUTCOMES],
    )  # fmt: skip


# --- reasons --------------------------------------------------------------------------------------------------------


@router.get("/lead/edit/reasons")
async def ask_reasons(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, LeadPolicy.kind)
    return await _reasons(request, now, shown_reasons(now.document.get("reasons")))


@router.post("/lead/edit/reasons")
async def set_reasons(
    request: Request, actor: CurrentActor, services: Provided, revision: Revision, do: Do = "save"
) -> Response:
    """`do`: save, or as `rearranged_reasons`. Nothing is kept before it is saved."""
    lines = typed_reasons(await request.form())
    if do != "save":
        now = await editing(request, services, actor, LeadPolicy.kind)
        return await _reasons(request, now, rearranged_reasons(lines, do))

    def made(now: Editing, form: FormData) -> dict[str, Any]:
        return {**now.document, "reasons": reasons_json(lines)}

    async def again(now: Editing, typed: Typed, errors: dict[str, str]) -> Response:
        return await _reasons(request, now, lines, errors)

    return await keep(request, services, actor, LeadPolicy.kind, revision, made, again)


async def _reasons(request: Request, now: Editing, lines: list[Line], errors: dict[str, str] | None = None) -> Response:
    title = say(request, N_("Reasons to close a lead"))
    return await _form(request, "policy/reasons.html", now, {"lines": lines}, errors, title=title, path="reasons")


async def _form(
    request: Request, template: str, now: Editing, typed: Typed, errors: dict[str, str] | None, **more: Any
) -> Response:
    status = 422 if errors else 200
    return await page(request, template, status=status, editing=now, typed=typed, errors=errors or {}, **more)
