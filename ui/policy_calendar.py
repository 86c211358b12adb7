"""Asks for one working calendar: its zone, the hours of each weekday, its public holidays and other days."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.problem import worded
from api.services import Provided, Services
from commands.calendar_feed import LARGEST, read_feed
from domain.access import Action, Actor
from domain.calendar import WEEKDAYS, Calendar, CalendarPolicy
from domain.calendar_feed import with_feed
from domain.holiday import with_public_holidays
from domain.policy import canonical, problems_of
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say, sent_file
from ui.calendar_words import special_days, weekday_name
from ui.form import mistakes
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.problem_words import ProblemWords
from ui.render import page
from worker.feed import fetch_feed

CALENDAR = CalendarPolicy.kind
router = APIRouter(
    prefix=f"/policies/{CALENDAR}/edit",
    include_in_schema=False,
    dependencies=[Depends(require(Action.POLICY_MANAGE))],
)

Key = Annotated[str, Query(max_length=60)]
COUNTRIES = ("CN", "HK", "MO", "TW", "SG", "JP", "KR", "US", "GB", "DE", "FR", "AU")
SPAN = re.compile(r"(\d{1,2}:\d\d)\s*[-–—~至]\s*(\d{1,2}:\d\d)")


@dataclass(frozen=True)
class CalendarTyped:
    key: str
    zone: str
    week: dict[str, str]
    days: list[dict[str, str]] = field(default_factory=list)
    holidays: list[dict[str, Any]] = field(default_factory=list)


class Fed(NamedTuple):
    """`address` is empty where a file was sent."""

    calendar: dict[str, Any]
    address: str
    days: list[dict[str, Any]]


@router.get("/hours")
async def ask_hours(request: Request, actor: CurrentActor, services: Provided, key: Key = "") -> Response:
    now = await editing(request, services, actor, CALENDAR)
    return await _form(request, services, actor, now, key, _shown(now, key, services.settings.zone), now.revision)


@router.post("/hours")
async def set_hours(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Form(ge=0)],
    key: Key = "",
    do: Do = "save",
) -> Response:
    """`do`: save; load, the public holidays of a country and year; feed, days off from an iCal file or address; unfeed,
    no longer fetched every night; add, another day; drop:<no>, one less; remove."""
    now = await editing(request, services, actor, CALENDAR)
    form = await request.form()
    filled = _typed(form, _shown(now, key, services.settings.zone).holidays)
    try:
        if do == "add":
            filled.days.append({"on": "", "name": "", "hours": ""})
            return await _form(request, services, actor, now, key, filled, revision)
        if do == "unfeed":
            await services.calendar_feeds.stop(actor, key)
            return await _form(request, services, actor, now, key, filled, revision)
        if do.startswith("drop:"):
            filled = replace(filled, days=[day for no, day in enumerate(filled.days) if str(no) != do[5:]])
            return await _form(request, services, actor, now, key, filled, revision)
        calendars = {**now.document.get("calendars", {})}
        calendars.pop(key, None)
        fed = await _fed(request, services, form, filled) if do == "feed" else None
        if do != "remove":
            calendars[filled.key] = fed.calendar if fed else _loaded(form, filled) if do == "load" else _checked(filled)
        await services.policy_drafts.save(actor, CALENDAR, {**now.document, "calendars": calendars}, revision=revision)
        if fed and fed.address and "nightly" in form:
            await services.calendar_feeds.keep(actor, filled.key, fed.address, fed.days)
        if do == "remove":
            await services.calendar_feeds.stop(actor, key)
    except ValidationError as error:
        words = ProblemWords(words_for(request, now.called), [])
        said = {problem.where.replace("exceptions", "days"): words.said(problem) for problem in problems_of(error)}
        return await _form(request, services, actor, now, key, filled, revision, said)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _form(request, services, actor, now, key, filled, revision, mistakes(request, refused))
        return await refusal_shown(request, services, actor, CALENDAR, refused)
    return kept(request, CALENDAR)


def _shown(now: Editing, key: str, zone: str) -> CalendarTyped:
    calendars = now.document.get("calendars")
    known = calendars.get(key) if isinstance(calendars, dict) else None
    try:
        calendar = Calendar.model_validate_json(canonical(known)) if known else None
    except ValidationError:
        calendar = None
    if calendar is None:
        ordinary = "09:00-12:00 13:00-18:00"
        return CalendarTyped(key, zone, {day: ordinary if day not in ("sat", "sun") else "" for day in WEEKDAYS})
    written = calendar.model_dump(mode="json", exclude_defaults=True)
    return CalendarTyped(
        key,
        calendar.zone,
        {day: " ".join(f"{s.start}-{s.end}" for s in calendar.week.hours(day)) for day in WEEKDAYS},
        [
            {
                "on": day.on.isoformat(),
                "name": day.name,
                "hours": day.like or " ".join(f"{s.start}-{s.end}" for s in day.spans),
            }
            for day in calendar.exceptions
        ],
        list(written.get("holidays", ())),
    )


def _typed(form: FormData, holidays: list[dict[str, Any]]) -> CalendarTyped:
    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    lists = [[str(value).strip() for value in form.getlist(f"day.{part}")] for part in ("on", "name", "hours")]
    days = [dict(zip(("on", "name", "hours"), line, strict=True)) for line in zip(*lists, strict=False)]
    return CalendarTyped(text("key"), text("zone"), {day: text(day) for day in WEEKDAYS}, days, holidays)


def _checked(filled: CalendarTyped) -> dict[str, Any]:
    """The calendar as the document has it. Raises Refused and ValidationError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", filled.key):
        raise invalid("key_unusable", "key")
    days = [_day(day, no) for no, day in enumerate(filled.days) if day["on"]]
    calendar = {
        "zone": filled.zone,
        "week": {day: _spans(text, day) for day, text in filled.week.items() if text},
        "holidays": filled.holidays,
        "exceptions": days,
    }
    return Calendar.model_validate_json(canonical(calendar)).model_dump(mode="json", exclude_defaults=True)


def _day(day: dict[str, str], no: int) -> dict[str, Any]:
    made: dict[str, Any] = {"on": day["on"], "name": day["name"]}
    if day["hours"] in WEEKDAYS:
        return {**made, "like": day["hours"]}
    return {**made, "spans": _spans(day["hours"], f"days.{no}")}


def _spans(text: str, where: str) -> list[dict[str, str]]:
    found = SPAN.findall(text)
    if text and (not found or SPAN.sub("", text).strip(" ,，、;；")):
        raise invalid("hours_unreadable", where)
    return [{"start": start.zfill(5), "end": end.zfill(5)} for start, end in found]


def _loaded(form: FormData, filled: CalendarTyped) -> dict[str, Any]:
    """With the public holidays of the country and year that were asked for. Raises Refused and ValidationError."""
    year, country = str(form.get("year", "")), str(form.get("country", ""))
    if not (year.isascii() and year.isdigit() and 2000 <= int(year[:4]) <= 2199 and len(year) == 4):
        raise invalid("date_unreadable", "year")
    calendar = Calendar.model_validate_json(canonical(_checked(filled)))
    language, workday = ("zh_CN", "调休上班") if country == "CN" else (None, "")
    filled_up = with_public_holidays(calendar, country, (int(year),), language=language, workday_name=workday)
    return filled_up.model_dump(mode="json", exclude_defaults=True)


async def _fed(request: Request, services: Services, form: FormData, filled: CalendarTyped) -> Fed:
    """With the days off of an iCal file, or of what lies at an address. Raises Refused and ValidationError."""
    calendar = Calendar.model_validate_json(canonical(_checked(filled)))
    file, address = await sent_file(request), str(form.get("feed", "")).strip()
    if file is not None and file.filename:
        raw, address = await file.read(LARGEST + 1), ""
    elif address:
        raw = await fetch_feed(address, private=services.settings.webhook_private)
    else:
        raise invalid("field_needed", "feed")
    year = datetime.now(UTC).year
    events = await read_feed(raw, calendar.zone, year, year + 2)
    return Fed(with_feed(calendar, events).model_dump(mode="json", exclude_defaults=True), address, events)


async def _form(
    request: Request,
    services: Services,
    actor: Actor,
    now: Editing,
    key: str,
    filled: CalendarTyped,
    revision: int,
    errors: dict[str, str] | None = None,
) -> Response:
    words = words_for(request, now.called)
    language = words.language
    feed = await services.calendar_feeds.kept(actor, key)
    holidays = Calendar.model_validate_json(
        canonical({"zone": "UTC", "week": {"mon": [{"start": "09:00", "end": "17:00"}]}, "holidays": filled.holidays})
    )
    return await page(
        request,
        "policy/calendar_form.html",
        status=422 if errors else 200,
        editing=now,
        key=key,
        typed=filled,
        revision=revision,
        weekdays=[(day, weekday_name(day, language)) for day in WEEKDAYS],
        holidays=special_days(holidays, language),
        countries=[(code, code) for code in COUNTRIES],
        feed=feed,
        feed_failed=worded(request, Refused(feed.failed["code"], **feed.failed["params"]))
        if feed and feed.failed
        else "",
        year=datetime.now(UTC).year + 1,
        title=words.calendar(key) if key else say(request, N_("A new calendar")),
        errors=errors or {},
    )
