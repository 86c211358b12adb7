"""Asks for the parts of the collection policy: a payment plan, which order gets which, reminders and overdue levels."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.policy import current_policy
from domain.access import Action, Actor
from domain.collection import TOLD, PaymentPlanPolicy
from domain.letter import LetterPolicy
from domain.money import parse_amount, plain_amount
from domain.order import Tier
from domain.payment_plan import EVENTS
from domain.refusal import Refused, invalid
from ui.acting import typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.pipeline_form import length_text, read_length
from ui.policy_edit import Do
from ui.policy_editor import Editing, editing, kept, refusal_shown
from ui.render import page

KIND = PaymentPlanPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
Key = Annotated[str, Query(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
Filled = dict[str, str]
EMPTY_ROWS = 3
MOST = 60
REMINDERS = 3


# --- a payment plan ---------------------------------------------------------------------------------------------------


@router.get("/plan")
async def ask_plan(request: Request, actor: CurrentActor, services: Provided, key: Key = "") -> Response:
    now = await editing(request, services, actor, KIND)
    shown = _readable(now, lambda document: _plan_shown(document, key, services.settings.currency))
    return await _plan_form(request, services, now, key, shown)


@router.post("/plan")
async def set_plan(
    request: Request, actor: CurrentActor, services: Provided, revision: Revision, key: Key = "", do: Do = "save"
) -> Response:
    """`do`: save or remove."""

    def change(document: dict[str, Any], filled: Filled) -> dict[str, Any]:
        plans = {**_plans(document)}
        if do == "remove":
            plans.pop(key, None)
            return {**document, "plans": plans}
        called = key or filled.get("key", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", called) or (not key and called in plans):
            raise invalid("key_unusable", "key")
        name = {"zh": filled.get("name_zh", ""), "en": filled.get("name_en", "")}
        for tongue, text in name.items():
            if not text:
                raise invalid("field_needed", f"name_{tongue}")
        plans[called] = {"name": name, "parts": _parts(filled, services.settings.currency)}
        return {**document, "plans": plans}

    async def again(now: Editing, filled: Filled, errors: Mapping[str, str]) -> Response:
        return await _plan_form(request, services, now, key, filled, errors, revision)

    return await _keep(request, services, actor, revision, change, again)


def _plan_shown(document: Mapping[str, Any], key: str, currency: str) -> Filled:
    plan = _plans(document).get(key) or {}
    name = plan.get("name") or {}
    shown = {"key": key, "name_zh": name.get("zh", ""), "name_en": name.get("en", "")}
    parts = plan.get("parts", ())
    for no, part in enumerate(parts):
        how = "share" if part.get("share_bp") else "amount" if part.get("amount") else "rest"
        value = ""
        if how == "share":
            value = f"{Decimal(part['share_bp']) / 100:f}"
        elif how == "amount":
            value = plain_amount(part["amount"], currency)
        shown |= {
            f"how.{no}": how, f"value.{no}": value, f"event.{no}": part.get("event", "order"),
            f"days.{no}": str(part.get("days", 0)),
        }  # fmt: skip
    return shown


def _parts(filled: Filled, currency: str) -> list[dict[str, Any]]:
    """A row that says neither how much nor the rest is left out."""
    parts = []
    for no in range(MOST):
        how, value, days = filled.get(f"how.{no}", ""), filled.get(f"value.{no}", ""), filled.get(f"days.{no}") or "0"
        if how not in ("share", "amount", "rest") or (how != "rest" and not value):
            continue
        if not (days.isdecimal() and len(days) <= 4):
            raise invalid("days_unreadable", "parts")
        part: dict[str, Any] = {"event": filled.get(f"event.{no}", "order"), "days": int(days)}
        if how == "share":
            part["share_bp"] = _share(value)
        elif how == "amount":
            part["amount"] = parse_amount(value, currency, "parts")
        parts.append(part)
    if not parts:
        raise invalid("field_needed", "parts")
    return parts


def _share(text: str) -> int:
    """Percent as basis points."""
    try:
        points = Decimal(text.rstrip("%％ ")) * 100
    except InvalidOperation:
        raise invalid("percent_unreadable", "parts") from None
    if points != points.to_integral_value() or not 0 < points <= 10_000:
        raise invalid("percent_unreadable", "parts")
    return int(points)


async def _plan_form(
    request: Request, services: Services, now: Editing, key: str, filled: Filled,
    errors: Mapping[str, str] | None = None, revision: int | None = None,
) -> Response:  # fmt: skip
    choices = now.document.get("choices", ())
    used = (
        {choice.get("plan") for choice in choices if isinstance(choice, dict)} if isinstance(choices, list) else set()
    )
    return await page(
        request, "policy/collection_plan.html", status=422 if errors else 200, editing=now, key=key, typed=filled,
        revision=now.revision if revision is None else revision, errors=errors or {}, rows=_count(filled, "how"),
        events=EVENTS, currency=services.settings.currency, used=key in used,
    )  # fmt: skip


# --- which order gets which -------------------------------------------------------------------------------------------


@router.get("/choices")
async def ask_choices(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    shown = _readable(now, lambda document: _choices_shown(document, services.settings.currency))
    return await _choices_form(request, services, now, shown)


def _choices_shown(document: Mapping[str, Any], company: str) -> Filled:
    shown: Filled = {}
    for no, choice in enumerate(document.get("choices", ())):
        currency = choice.get("currency") or company
        least = choice.get("at_least")
        shown |= {
            f"at_least.{no}": plain_amount(least, currency) if least is not None else "",
            f"currency.{no}": currency if least is not None or choice.get("currency") else "",
            f"tier.{no}": choice.get("tier") or "", f"plan.{no}": choice.get("plan", ""),
        }  # fmt: skip
    return shown


@router.post("/choices")
async def set_choices(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    def change(document: dict[str, Any], filled: Filled) -> dict[str, Any]:
        rows = [row for no in range(200) if (row := _choice(filled, no, services.settings.currency))]
        # What fits every order comes last: a row put in below it is meant to come before.
        rows.sort(key=lambda row: set(row) == {"plan"})
        return {**document, "choices": rows}

    async def again(now: Editing, filled: Filled, errors: Mapping[str, str]) -> Response:
        return await _choices_form(request, services, now, filled, errors, revision)

    return await _keep(request, services, actor, revision, change, again)


def _choice(filled: Filled, no: int, company: str) -> dict[str, Any] | None:
    plan = filled.get(f"plan.{no}", "")
    if not plan:
        return None
    row: dict[str, Any] = {"plan": plan}
    currency = filled.get(f"currency.{no}", "").upper()
    if least := filled.get(f"at_least.{no}"):
        row["currency"] = currency or company
        row["at_least"] = parse_amount(least, row["currency"], "choices")
    elif currency:
        row["currency"] = currency
    if tier := filled.get(f"tier.{no}"):
        row["tier"] = tier
    return row


async def _choices_form(
    request: Request, services: Services, now: Editing, filled: Filled, errors: Mapping[str, str] | None = None,
    revision: int | None = None,
) -> Response:  # fmt: skip
    tongue = "en" if pages_of(request).language(request) == "en" else "zh"
    plans = [(key, plan.get("name", {}).get(tongue, key)) for key, plan in _plans(now.document).items()]
    return await page(
        request, "policy/collection_choices.html", status=422 if errors else 200, editing=now, typed=filled,
        revision=now.revision if revision is None else revision, errors=errors or {}, rows=_count(filled, "plan"),
        plans=plans, tiers=get_args(Tier), currency=services.settings.currency,
    )  # fmt: skip


# --- reminders and levels ---------------------------------------------------------------------------------------------


@router.get("/rules")
async def ask_rules(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    shown = _readable(now, _rules_shown)
    return await _rules_form(request, services, now, shown)


def _rules_shown(document: Mapping[str, Any]) -> Filled:
    rules = document.get("rules", {})
    shown: Filled = {"reminder_letter": rules.get("reminder_letter") or ""}
    for no, reminder in enumerate(rules.get("reminders", ())):
        shown[f"reminder.{no}"], shown[f"reminder.{no}_unit"] = length_text(reminder)
    for no, level in enumerate(rules.get("levels", ())):
        shown[f"after.{no}"], shown[f"after.{no}_unit"] = length_text(level.get("after"))
        shown |= {f"tell.{no}.{who}": "1" for who in level.get("tell", ())}
        shown |= {f"letter.{no}": level.get("letter") or "", f"hold.{no}": "1" if level.get("hold") else ""}
    return shown


@router.post("/rules")
async def set_rules(request: Request, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    def change(document: dict[str, Any], filled: Filled) -> dict[str, Any]:
        reminders = [
            length
            for no in range(REMINDERS)
            if (length := read_length(filled.get(f"reminder.{no}", ""), filled.get(f"reminder.{no}_unit", ""), "rules"))
        ]
        rules: dict[str, Any] = {"reminders": reminders, "levels": _levels(filled)}
        if letter := filled.get("reminder_letter"):
            rules["reminder_letter"] = letter
        return {**document, "rules": rules}

    async def again(now: Editing, filled: Filled, errors: Mapping[str, str]) -> Response:
        return await _rules_form(request, services, now, filled, errors, revision)

    return await _keep(request, services, actor, revision, change, again)


def _levels(filled: Filled) -> list[dict[str, Any]]:
    """A row without a time is left out."""
    levels = []
    for no in range(MOST):
        after = read_length(filled.get(f"after.{no}", ""), filled.get(f"after.{no}_unit", ""), "rules")
        if after is None:
            continue
        level: dict[str, Any] = {"after": after, "tell": [who for who in TOLD if filled.get(f"tell.{no}.{who}")]}
        if letter := filled.get(f"letter.{no}"):
            level["letter"] = letter
        if filled.get(f"hold.{no}"):
            level["hold"] = True
        levels.append(level)
    return levels


async def _rules_form(
    request: Request, services: Services, now: Editing, filled: Filled, errors: Mapping[str, str] | None = None,
    revision: int | None = None,
) -> Response:  # fmt: skip
    async with services.db.session() as session:
        _, letters = await current_policy(session, LetterPolicy.kind)
    tongue = "en" if pages_of(request).language(request) == "en" else "zh"
    named = [(key, letter["name"][tongue]) for key, letter in letters["letters"].items()]
    return await page(
        request, "policy/collection_rules.html", status=422 if errors else 200, editing=now, typed=filled,
        revision=now.revision if revision is None else revision, errors=errors or {}, rows=_count(filled, "after"),
        reminders=REMINDERS, letters=named, told=TOLD,
    )  # fmt: skip


# --- all of them ------------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any], Filled], dict[str, Any]]
Again = Callable[[Editing, Filled, Mapping[str, str]], Awaitable[Response]]


async def _keep(
    request: Request, services: Services, actor: Actor, revision: int, change: Change, again: Again
) -> Response:
    """The draft with the change in it; or the form with what is wrong in it. The editor's checks say the rest."""
    now = await editing(request, services, actor, KIND)
    filled = await typed(request)
    try:
        document = change(now.document, filled)
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await again(now, filled, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _plans(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    plans = document.get("plans")
    return {key: plan for key, plan in plans.items() if isinstance(plan, dict)} if isinstance(plans, dict) else {}


def _readable(now: Editing, show: Callable[[Mapping[str, Any]], Filled]) -> Filled:
    """The draft as the form shows it; where a program wrote what cannot be shown, the version in force."""
    try:
        return show(now.document)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        return show(now.current.document)


def _count(filled: Filled, name: str) -> int:
    """How many rows the form shows: those there are, and some empty ones."""
    rows = [key.removeprefix(f"{name}.") for key, value in filled.items() if key.startswith(f"{name}.") and value]
    there = [int(row) + 1 for row in rows if row.isdecimal() and len(row) < 4]
    return min(max(there, default=0) + EMPTY_ROWS, MOST)
