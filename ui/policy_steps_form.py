"""Asks for what a row of the approval lines gives: its steps; and for the rules of all steps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.person import Person
from db.policy import current_policy
from domain.access import Action, Role
from domain.approval import ApprovalPolicy, Route, Rules
from domain.calendar import CalendarPolicy
from domain.policy import canonical, problems_of
from domain.policy_draft import row_of, rows_of, set_row
from domain.refusal import Refused, invalid
from locales import N_
from locales.labels import LABELS, label
from ui.acting import say
from ui.acting import typed as form_typed
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet, steps_of
from ui.policy_steps import StepTyped, rearranged, route_json, shown, typed
from ui.policy_words import RULES
from ui.problem_words import ProblemWords
from ui.render import page

APPROVAL = ApprovalPolicy.kind
router = APIRouter(
    prefix=f"/policies/{APPROVAL}/edit",
    include_in_schema=False,
    dependencies=[Depends(require(Action.POLICY_MANAGE))],
)

ROUTE: TypeAdapter[Route] = TypeAdapter(Route)
CHOSEN = ("mode", "proof", "timeout")
"""Groups of labels that a step's form offers."""
RowId = Annotated[str, Query(max_length=60)]


@router.get("/row")
async def ask_steps(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, APPROVAL)
    asked = row_of(now.document, row)
    emails = {person_id: email for email, person_id in (await _people(services)).items()}
    steps = [shown(step, emails) for step in steps_of(asked)] or [StepTyped()]
    return await _steps_form(request, services, now, row, steps, str(asked.get("note", "")))


@router.post("/row")
async def set_steps(
    request: Request,
    row: RowId,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Form(ge=0)],
    do: Do = "save",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """`do` is `save`, or what a button makes of the steps typed so far: nothing is kept before they are saved."""
    now = await editing(request, services, actor, APPROVAL)
    steps = typed(await request.form())
    if do != "save":
        return await _steps_form(request, services, now, row, rearranged(steps, do), note, revision=revision)
    try:
        others = [other for other in rows_of(now.document) if other.get("id") != row]
        elsewhere = {step.key: step.who for other in others for step in steps_of(other)}
        then = route_json(steps, await _people(services), elsewhere)
        ROUTE.validate_json(canonical(then))
        document = set_row(now.document, row, then=then, note=note.strip())
        await services.policy_drafts.save(actor, APPROVAL, document, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {f"{problem.where.removeprefix('steps.')}": words.said(problem) for problem in problems_of(error)}
        return await _steps_form(request, services, now, row, steps, note, errors=said, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            wrong = mistakes(request, refused)
            return await _steps_form(request, services, now, row, steps, note, errors=wrong, revision=revision)
        return await refusal_shown(request, services, actor, APPROVAL, refused)
    return kept(request, APPROVAL)


async def _people(services: Services) -> dict[str, str]:
    """The ids of everybody at work, by e-mail."""
    async with services.db.session() as session:
        found = await session.execute(select(Person.email, Person.id).where(Person.active).order_by(Person.email))
        return {row.email: row.id for row in found}


async def _steps_form(
    request: Request,
    services: Services,
    now: Editing,
    row: str,
    steps: list[StepTyped],
    note: str,
    *,
    errors: dict[str, str] | None = None,
    revision: int | None = None,
) -> Response:
    words = words_for(request, now.called)
    language = words.language
    async with services.db.session() as session:
        _, calendars = await current_policy(session, CalendarPolicy.kind)
        people = await session.scalars(select(Person).where(Person.active).order_by(Person.email))
        offered = [(person.email, person.called(language)) for person in people]
    units = sorted(now.called.units.values(), key=lambda unit: unit.code)
    asked = [("", say(request, N_("Choose"))), ("person", say(request, N_("A person")))]
    asked += [(f"role:{role}", label("role", role, language)) for role in Role]
    asked += [("superior", say(request, N_("Superiors"))), ("head", say(request, N_("The head of their team")))]
    asked += [(f"head:{unit.code}", words._(N_("the head of %(unit)s"), unit=unit.called(language))) for unit in units]
    lines = sheet(now.document, words)
    return await page(
        request,
        "policy/steps.html",
        status=422 if errors else 200,
        editing=now,
        row=row,
        line=next((line for line in lines.rows if line.id == row), None),
        steps=steps,
        note=note,
        revision=now.revision if revision is None else revision,
        who=asked,
        people=offered,
        facts={column.key: words.fact(column.key) for column in lines.columns},
        **{f"{group}s": [(key, label(group, key, language)) for key in LABELS[group]] for group in CHOSEN},
        calendars=[("", say(request, N_("by the clock")))]
        + [(key, label("calendar", key, language)) for key in calendars["calendars"]],
        errors=errors or {},
    )


@router.get("/rules")
async def ask_rules(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, APPROVAL)
    try:
        rules = Rules.model_validate_json(canonical(now.document.get("rules", {})))
    except ValidationError:
        rules = Rules()
    return await _rules_form(request, now, _rules_typed(rules))


@router.post("/rules")
async def set_rules(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    now = await editing(request, services, actor, APPROVAL)
    filled = await form_typed(request)
    try:
        rules = _rules_json(filled)
        Rules.model_validate_json(canonical(rules))
        await services.policy_drafts.save(actor, APPROVAL, {**now.document, "rules": rules}, revision=revision)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        return await _rules_form(request, now, filled, {one.where: words.said(one) for one in problems_of(error)})
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _rules_form(request, now, filled, mistakes(request, refused))
        return await refusal_shown(request, services, actor, APPROVAL, refused)
    return kept(request, APPROVAL)


def _rules_typed(rules: Rules) -> dict[str, str]:
    minutes = int(rules.nudge_every.total_seconds() // 60)
    chosen = {name: str(getattr(rules, name)) for name in RULES}
    switches = {name: "1" for name in ("delegate", "add_signer") if getattr(rules, name)}
    return {**chosen, **switches, "nudges": str(rules.nudges), "nudge_every": str(minutes)}


def _rules_json(filled: dict[str, str]) -> dict[str, Any]:
    numbers = {name: filled.get(name, "") for name in ("nudges", "nudge_every")}
    for name, text in numbers.items():
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            raise invalid("number_unreadable", name)
    return {
        **{name: filled.get(name, "") for name in RULES},
        "nudges": int(numbers["nudges"]),
        "nudge_every": f"PT{int(numbers['nudge_every'])}M",
        "delegate": "delegate" in filled,
        "add_signer": "add_signer" in filled,
    }


async def _rules_form(
    request: Request, now: Editing, filled: dict[str, str], errors: dict[str, str] | None = None
) -> Response:
    status = 422 if errors else 200
    return await page(
        request, "policy/rules.html", status=status, editing=now, rules=RULES, typed=filled, errors=errors or {}
    )
