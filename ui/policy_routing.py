"""Asks for what the policy of ticket routing says: a row's queue, the queues, lists of words, limits; tries a text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.policy import find_version
from db.ticket_routing import current_model
from domain.access import Action
from domain.document import Problem, duplicates
from domain.order import Tier
from domain.policy import load
from domain.policy_draft import row_of, set_row
from domain.refusal import Refused, invalid
from domain.routing import CHANNELS, KINDS, PRIORITIES, Guess, Routing, RoutingPolicy, Ruled, choose_queue
from domain.sentiment import sentiment
from domain.ticket_model import TicketModel, unpack
from domain.ticket_text import plain
from locales.labels import label
from ui.environment import pages_of
from ui.form import mistakes
from ui.length import length_json, length_text
from ui.policy_editor import Editing, drafted_name, editing, kept, refusal_shown, words_for
from ui.policy_sheet import sheet
from ui.problem_words import ProblemWords
from ui.render import page
from ui.routing_words import RoutingWords

KIND = RoutingPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
try_router = APIRouter(
    prefix=f"/policies/{KIND}", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_READ))]
)

RowId = Annotated[str, Query(max_length=60)]
Revision = Annotated[int, Form(ge=0)]
Part = Annotated[str, Query(pattern="^(queues|words|limits)$")]
NUMBERS = {"confidence": 100, "least_precision": 100, "negative": 100, "senior_level": 3}
BETWEEN = re.compile(r"[,，、;；\n]+")
EMPTY = 2
"""Lines that a form shows beside those there are."""


# --- which queue a row gives ------------------------------------------------------------------------------------------


@router.get("/row")
async def ask(request: Request, row: RowId, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    asked = row_of(now.document, row)
    then = asked.get("then")
    said = then if isinstance(then, dict) else {}
    typed = {"queue": str(said.get("queue", "")), "firm": said.get("firm", True), "note": str(asked.get("note", ""))}
    return await _row_form(request, now, row, typed)


@router.post("/row")
async def keep(request: Request, row: RowId, actor: CurrentActor, services: Provided, revision: Revision) -> Response:
    now = await editing(request, services, actor, KIND)
    form = await request.form()
    typed: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in ("queue", "note")}
    typed["firm"] = bool(form.get("firm"))
    try:
        if not typed["queue"]:
            raise invalid("field_needed", "queue")
        then = {"queue": typed["queue"], "firm": typed["firm"]}
        document = set_row(now.document, row, then=then, note=typed["note"][:500])
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _row_form(request, now, row, typed, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


async def _row_form(
    request: Request, now: Editing, row: str, typed: Mapping[str, Any], errors: dict[str, str] | None = None
) -> Response:
    words = words_for(request, now.called)
    lines = sheet(now.document, words)
    return await page(
        request, "policy/routing_row.html", status=422 if errors else 200, editing=now, row=row, typed=typed,
        line=next((line for line in lines.rows if line.id == row), None), errors=errors or {},
        facts={column.key: words.fact(column.key) for column in lines.columns},
        queues=[(key, drafted_name(queue, words.language)) for key, queue in _queues(now.document).items()],
    )  # fmt: skip


def _queues(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """As the draft has them, whatever else is wrong with it."""
    listed = document.get("queues")
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one.get("key", "")): one for one in known}


# --- queues, words, limits --------------------------------------------------------------------------------------------


@router.get("/part")
async def ask_part(request: Request, part: Part, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    return await _part_form(request, now, part, _shown(part, now.document))


@router.post("/part")
async def keep_part(
    request: Request, part: Part, actor: CurrentActor, services: Provided, revision: Revision
) -> Response:
    now = await editing(request, services, actor, KIND)
    form = await request.form()
    typed = _typed(part, form)
    try:
        document = {**now.document, **_made(part, typed, now.document)}
        load(RoutingPolicy, document)
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.code == "policy_invalid":
            problem = Problem.model_validate(refused.params["problems"][0])
            said = ProblemWords(words_for(request, now.called), []).said(problem)
            return await _part_form(request, now, part, typed, {"": said})
        if refused.status == 422 and refused.field != "document":
            return await _part_form(request, now, part, typed, mistakes(request, refused))
        return await refusal_shown(request, services, actor, KIND, refused)
    return kept(request, KIND)


def _shown(part: str, document: Mapping[str, Any]) -> dict[str, Any]:
    if part == "queues":
        return {"lines": [
            {"key": key, "zh": drafted_name(one, "zh_CN"), "en": drafted_name(one, "en"),
             "skills": " ".join(map(str, one.get("skills") or ()))}
            for key, one in _queues(document).items()
        ]}  # fmt: skip
    if part == "words":
        lists = document.get("keywords")
        known = lists if isinstance(lists, dict) else {}
        return {"lines": [{"key": key, "words": ", ".join(map(str, words))} for key, words in known.items()]}
    try:
        policy = RoutingPolicy.model_validate({**RoutingPolicy.default, **document, "table": None}, strict=False)
    except ValidationError:
        policy = load(RoutingPolicy, dict(RoutingPolicy.default))
    shown: dict[str, Any] = {name: getattr(policy, name) for name in NUMBERS}
    shown |= {"each": policy.capacity.each, "senior_tiers": " ".join(policy.senior_tiers)}
    for name in ("tell_lead_after", "look_again"):
        length = getattr(policy, name)
        shown[name], shown[f"{name}_unit"] = length_text(length) if length else ("", "m")
    return shown


def _typed(part: str, form: FormData) -> dict[str, Any]:
    if part == "limits":
        return {name: str(value).strip() for name, value in form.items()}
    names = ("key", "zh", "en", "skills") if part == "queues" else ("key", "words")
    lists = [[str(value).strip() for value in form.getlist(name)] for name in names]
    lines = [dict(zip(names, line, strict=True)) for line in zip(*lists, strict=False)]
    return {"lines": [line for line in lines if any(line.values())]}


def _made(part: str, typed: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Refused (422) naming the field."""
    if part == "queues":
        known = _queues(document)
        return {"queues": [
            {**known.get(line["key"], {}), "key": line["key"], "name": {"zh": line["zh"], "en": line["en"]},
             "skills": BETWEEN.sub(" ", line["skills"]).split()}
            for line in typed["lines"]
        ]}  # fmt: skip
    if part == "words":
        for key in duplicates([line["key"] for line in typed["lines"]]):
            raise invalid("keywords_doubled", "", key=key)
        lists = {line["key"]: [w.strip() for w in BETWEEN.split(line["words"]) if w.strip()] for line in typed["lines"]}
        return {"keywords": lists, "table": _with_lists(document.get("table"), list(lists))}
    made: dict[str, Any] = {}
    for name, most in NUMBERS.items():
        made[name] = _number(typed, name, most)
    capacity = document.get("capacity")
    made["capacity"] = {**(capacity if isinstance(capacity, dict) else {}), "each": _number(typed, "each", 10_000)}
    made["senior_tiers"] = BETWEEN.sub(" ", typed.get("senior_tiers", "")).split()
    for name in ("tell_lead_after", "look_again"):
        text = typed.get(name, "")
        made[name] = length_json(text, typed.get(f"{name}_unit", "m"), name) if text or name == "look_again" else None
    return made


def _number(typed: Mapping[str, Any], name: str, most: int) -> int:
    text = str(typed.get(name, ""))
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= most):
        raise invalid("number_unreadable", name)
    return int(text)


def _with_lists(table: Any, lists: list[str]) -> Any:
    """The table asks for the lists that there are."""
    if not isinstance(table, dict) or not isinstance(table.get("columns"), list):
        return table
    columns = [
        {**column, "values": lists} if isinstance(column, dict) and column.get("key") == "keywords" else column
        for column in table["columns"]
    ]
    return {**table, "columns": columns}


async def _part_form(
    request: Request, now: Editing, part: str, typed: Mapping[str, Any], errors: dict[str, str] | None = None
) -> Response:
    return await page(
        request, "policy/routing_part.html", status=422 if errors else 200, editing=now, part=part, typed=typed,
        errors=errors or {}, empty=EMPTY,
    )  # fmt: skip


# --- trying a text ----------------------------------------------------------------------------------------------------


@try_router.get("/try")
async def attempt(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    text: Annotated[str, Query(max_length=4_000)] = "",
    kind: Annotated[str, Query(max_length=20)] = "question",
    channel: Annotated[str, Query(max_length=20)] = "mail",
    tier: Annotated[str, Query(max_length=20)] = "standard",
    fault_code: Annotated[str, Query(max_length=60)] = "",
    draft: bool = False,
) -> Response:
    """Where a ticket with this text would go, by the version in force or by the draft; nothing is kept."""
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        document = (await find_version(session, KIND)).document
    if draft and actor.scope(Action.POLICY_MANAGE) is not None:
        now = await editing(request, services, actor, KIND)
        document = now.document if isinstance(now.policy, RoutingPolicy) else document
    policy = load(RoutingPolicy, document)
    asked = {"kind": kind, "channel": channel, "tier": tier, "fault_code": fault_code}
    said = await _attempted(services, policy, text, asked) if text.strip() else None
    return await page(
        request, "policy/routing_try.html", said=said, typed={"text": text, **asked}, draft=draft,
        words=RoutingWords(policy, language),
        kinds=[(one, label("ticket_kind", one, language)) for one in KINDS],
        channels=[(one, label("channel", one, language)) for one in CHANNELS],
        tiers=[(one, label("tier", one, language)) for one in get_args(Tier)],
    )  # fmt: skip


async def _attempted(services: Services, policy: RoutingPolicy, text: str, asked: Mapping[str, str]) -> dict[str, Any]:
    heard = sentiment(text)
    negative = heard.score * 100 <= -policy.negative
    keywords = policy.keywords_in(plain(text))
    ruled: Ruled | None = policy.rule({
        "ticket_kind": asked["kind"] if asked["kind"] in KINDS else KINDS[0],
        "channel": asked["channel"] if asked["channel"] in CHANNELS else CHANNELS[0],
        "tier": asked["tier"] or None, "fault_code": asked["fault_code"] or None, "keywords": keywords,
        "negative": negative, "priority": PRIORITIES[1],
    })  # fmt: skip
    model = await _model(services)
    guesses: list[Guess] = model.guess(text) if model else []
    trusted = frozenset(queue for queue, one in model.measures(text).items() if one.used) if model else frozenset()
    routing: Routing = choose_queue(policy, ruled, guesses, trusted)
    row = None
    if ruled is not None and policy.table is not None:
        row = next(no for no, one in enumerate(policy.table.rows, start=1) if one.id == ruled.row)
    return {
        "routing": routing, "ruled": ruled, "row": row, "guesses": guesses, "trusted": trusted, "keywords": keywords,
        "heard": heard, "negative": negative, "model": model is not None,
    }  # fmt: skip


async def _model(services: Services) -> TicketModel | None:
    async with services.db.session() as session:
        known = await current_model(session)
    if known is None:
        return None
    try:
        document = await asyncio.to_thread(services.documents.store.path(known.document).read_bytes)
        return await asyncio.to_thread(unpack, document)
    except (OSError, Refused):
        return None
