"""Asks for what a row of the service levels promises, for warnings and the ladder; shows when a ticket would be due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.calendar import Calendars, calendars
from db.policy import current_policy, find_version
from domain.access import Action
from domain.calendar import CalendarPolicy
from domain.document import Problem
from domain.instant import read_instant
from domain.policy import canonical, load
from domain.policy_draft import row_of, set_row
from domain.refusal import Refused, invalid
from domain.sla import ACTS, CLOCKS, WHOM, Promise, Rung, SlaPolicy, Warn
from locales import N_
from locales.labels import label
from ui.acting import say, typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.length import length_json, length_text
from ui.names import names
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet
from ui.policy_words import PolicyWords
from ui.problem_words import ProblemWords
from ui.render import page

KIND = SlaPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
preview_router = APIRouter(
    prefix=f"/policies/{KIND}", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_READ))]
)

RowId = Annotated[str, Query(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
Filled = dict[str, str]
HOW = ("share", "before")
EMPTY = 2
"""Steps of the ladder that the form shows beside those there are."""


# --- what a row promises ----------------------------------------------------------------------------------------------


@router.get("/row")
async def ask(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    asked = row_of(now.document, row)
    filled = {"calendar": "office", "note": str(asked.get("note", ""))}
    try:
        promise = Promise.model_validate_json(canonical(asked.get("then", {})))
    except ValidationError:
        return await _row_form(request, services, now, row, filled)
    filled["calendar"] = promise.calendar
    for clock in CLOCKS:
        if target := promise.target(clock):
            filled[clock], filled[f"{clock}_unit"] = length_text(target, days=False)
    return await _row_form(request, services, now, row, filled)


@router.post("/row")
async def keep(request: Request, row: RowId, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    """What the row has of its own beside its times, a ladder or warnings, stays."""
    now = await editing(request, services, actor, KIND)
    filled = await typed(request)
    then = row_of(now.document, row).get("then")
    own = {key: value for key, value in then.items() if key not in CLOCKS} if isinstance(then, dict) else {}
    try:
        times = {
            clock: length_json(filled[clock], filled.get(f"{clock}_unit", "h"), clock)
            for clock in CLOCKS
            if filled.get(clock)
        }
        if not times:
            raise invalid("field_needed", CLOCKS[0])
        promised = own | times | {"calendar": filled.get("calendar", "")}
        document = set_row(now.document, row, then=promised, note=filled.get("note", "")[:500])
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _row_form(request, services, now, row, filled, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


async def _row_form(
    request: Request,
    services: Services,
    now: Editing,
    row: str,
    filled: Filled,
    errors: Mapping[str, str] | None = None,
) -> Response:
    words = words_for(request, now.called)
    lines = sheet(now.document, words)
    async with services.db.session() as session:
        known = load(CalendarPolicy, (await current_policy(session, CalendarPolicy.kind))[1]).calendars
    return await page(
        request, "policy/sla_row.html", status=422 if errors else 200, editing=now, row=row,
        line=next((line for line in lines.rows if line.id == row), None),
        facts={column.key: words.fact(column.key) for column in lines.columns},
        calendars=[(key, words.calendar(key)) for key in known], clocks=CLOCKS, typed=filled, errors=errors or {},
    )  # fmt: skip


# --- warnings and the ladder ------------------------------------------------------------------------------------------


@router.get("/ladder")
async def ask_ladder(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    return await _ladder_form(request, now, _ladder_shown(now.document))


@router.post("/ladder")
async def keep_ladder(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    now = await editing(request, services, actor, KIND)
    filled = await typed(request)
    try:
        parts: dict[str, Any] = {"ladder": _rungs(filled)}
        parts |= {colour: _warn(filled, colour) for colour in ("amber", "red")}
        load(SlaPolicy, {**now.document, **parts})
        await services.policy_drafts.save(actor, KIND, {**now.document, **parts}, revision=revision)
    except Refused as refused:
        if refused.code == "policy_invalid":
            problem = Problem.model_validate(refused.params["problems"][0])
            said = ProblemWords(words_for(request, now.called), []).said(problem)
            return await _ladder_form(request, now, filled, {problem.where: said})
        if refused.status == 422 and refused.field != "document":
            return await _ladder_form(request, now, filled, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _ladder_shown(document: Mapping[str, Any]) -> Filled:
    filled: Filled = {}
    for colour in ("amber", "red"):
        try:
            warn = Warn.model_validate_json(
                canonical(document.get(colour) or {"share": 60 if colour == "amber" else 85})
            )
        except ValidationError:
            continue
        filled[f"{colour}.how"] = "before" if warn.before else "share"
        if warn.share is not None:
            filled[f"{colour}.share"] = str(warn.share)
        elif warn.before is not None:
            filled[f"{colour}.before"], filled[f"{colour}.before_unit"] = length_text(warn.before, days=False)
    for no, known in enumerate(document.get("ladder") or ()):
        try:
            rung = Rung.model_validate_json(canonical(known))
        except ValidationError:
            continue
        filled |= {f"act.{no}": rung.act, f"who.{no}": rung.who, f"after.{no}": "0"}
        if rung.after is not None:
            filled[f"after.{no}"], filled[f"after.{no}_unit"] = length_text(rung.after, days=False)
    return filled


def _warn(filled: Filled, colour: str) -> dict[str, Any]:
    if filled.get(f"{colour}.how") == "before":
        unit = filled.get(f"{colour}.before_unit", "h")
        return {"before": length_json(filled.get(f"{colour}.before", ""), unit, f"{colour}.before")}
    share = filled.get(f"{colour}.share", "")
    if not (share.isdecimal() and len(share) <= 2 and int(share)):
        raise invalid("number_unreadable", f"{colour}.share")
    return {"share": int(share)}


def _rungs(filled: Filled) -> list[dict[str, Any]]:
    """Steps without anything to do are left out."""
    found: list[dict[str, Any]] = []
    for no in range(_steps(filled)):
        act, after = filled.get(f"act.{no}", ""), filled.get(f"after.{no}", "").strip()
        if not act:
            continue
        rung: dict[str, Any] = {"act": act, "who": filled.get(f"who.{no}", "")}
        if after and after.strip("0."):
            rung["after"] = length_json(after, filled.get(f"after.{no}_unit", "h"), f"after.{no}")
        found.append(rung)
    return found


def _steps(filled: Filled) -> int:
    numbers = [name[4:] for name in filled if name.startswith("act.")]
    return max((int(no) + 1 for no in numbers if no.isdecimal() and len(no) < 3), default=0)


async def _ladder_form(
    request: Request, now: Editing, filled: Filled, errors: Mapping[str, str] | None = None
) -> Response:
    language = now.called.language
    used = sum(1 for no in range(_steps(filled)) if filled.get(f"act.{no}"))
    return await page(
        request, "policy/sla_ladder.html", status=422 if errors else 200, editing=now, typed=filled,
        errors=errors or {}, rungs=max(_steps(filled), used + EMPTY),
        acts=[("", say(request, N_("nothing"))), *((act, label("ladder_act", act, language)) for act in ACTS)],
        whom=[(who, label("ladder_whom", who, language)) for who in WHOM],
    )  # fmt: skip


# --- a ticket that comes then is due ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    """What one row promises a ticket: per clock its target, and when it warns and is due."""

    row: str
    when: str
    clocks: Sequence[tuple[str, str, datetime, datetime, datetime]]


@preview_router.get("/preview")
async def preview(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    at: Annotated[str, Query(max_length=40)] = "",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """`at`: wall-clock time in the company's zone; without it, Friday five minutes before the office closes."""
    zone = ZoneInfo(services.settings.zone)
    errors: dict[str, str] = {}
    opened = friday(datetime.now(zone))
    try:
        opened = read_instant(at, "at", zone) if at else opened
    except Refused as refused:
        errors = mistakes(request, refused)
    async with services.db.session(actor.id) as session:
        shown = await find_version(session, KIND, version)
        known = await calendars(session)
        called = await names(session, pages_of(request).language(request), set())
    words = words_for(request, called)
    policy = load(SlaPolicy, shown.document)
    return await page(
        request, "policy/sla_preview.html", status=422 if errors else 200, policy=policy, shown=shown,
        at=at or opened.astimezone(zone).strftime("%Y-%m-%dT%H:%M"), opened=opened,
        dues=[] if errors else dues(policy, known, opened, words), errors=errors,
    )  # fmt: skip


def friday(now: datetime) -> datetime:
    """The next Friday, 17:55 by the wall clock."""
    day = now + timedelta(days=(4 - now.weekday()) % 7)
    return day.replace(hour=17, minute=55, second=0, microsecond=0).astimezone(UTC)


def dues(policy: SlaPolicy, known: Calendars, opened: datetime, words: PolicyWords) -> list[Due]:
    found: list[Due] = []
    for row in policy.table.rows:
        hours = known.working_time(row.then.calendar)
        amber, red = policy.warnings(row.then)
        clocks = [
            (
                clock, words.span(target, row.then.calendar), hours.due(opened, amber.after(target)),
                hours.due(opened, red.after(target)), hours.due(opened, target),
            )
            for clock in CLOCKS
            if clock != "next_response" and (target := row.then.target(clock))
        ]  # fmt: skip
        found.append(
            Due(row.id, words.when(policy.table, row) if row.when else words._(N_("every other ticket")), clocks)
        )
    return found
