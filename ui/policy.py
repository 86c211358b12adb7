"""Policies, read in words: what holds now, every version, and who published it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.pipeline import stages_in_use
from db.policy import current_policies, find_version, versions
from db.policy_draft import find_draft
from db.policy_use import open_cases
from domain.access import Action
from domain.pipeline import is_pipeline, pipeline_key
from domain.policy import known_model, load
from domain.refusal import not_found
from locales import N_
from ui.environment import pages_of
from ui.names import names
from ui.pipeline_words import base_kind, lines, policy_name
from ui.policy_words import PolicyWords, people_in
from ui.render import page
from ui.stage import SWATCHES

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_READ))])

ABOUT = {
    "approval": (N_("Who approves what, and in how much time."), "stamp"),
    "calendar": (
        N_("When work is done: hours, holidays and make-up days that times allowed are counted by."),
        "calendar",
    ),
    "pipeline": (N_("The stages of a deal, their chances, and what must be so before each."), "kanban"),
    "collection": (N_("When an order is to be paid, and when finance is reminded."), "hand-coins"),
    "quote_template": (
        N_("How quotes begin, what nobody need approve, how long they hold, and their page."),
        "file-check",
    ),
    "bank": (N_("How sure a bank line's match must be to be booked by itself, and what is set aside."), "banknote"),
    "contract": (N_("When legal reads a contract, what a new version opens again, and who signs."), "file-check"),
    "clause_standard": (
        N_("Which clauses of contracts are of which risk, and the wording to propose instead."),
        "gavel",
    ),
    "letter": (N_("What customers are written: quotes, reminders, letters about what is overdue."), "mail"),
    "lead": (
        N_("How soon a lead is contacted, when it is passed on or pooled, and why one may be closed."),
        "megaphone",
    ),
    "lead_score": (N_("What a lead's points and grade are made of."), "target"),
    "lead_assignment": (N_("Who gets which lead, and how many one may have at a time."), "users"),
    "sla": (
        N_("How soon which tickets are answered and resolved, when it warns, and what happens once time is up."),
        "timer",
    ),
    "service": (N_("When a resolved ticket closes, may be opened again, or goes back untouched."), "life-buoy"),
    "macro": (N_("Answers with gaps, and what is done with the ticket beside them."), "zap"),
    "ticket_routing": (
        N_("Which ticket goes to which queue, when the text model decides, and who of a queue gets it."),
        "split",
    ),
    "customer_field": (
        N_("Which fields customers have, how they are laid out, and who sees them."),
        "list",
    ),
    "allocation": (
        N_("On which days and how a region's pool is given to its people."),
        "shuffle",
    ),
    "customer_assignment": (
        N_("Which regions follow a new customer, who has it in each, and of which tier it is."),
        "waypoints",
    ),
    "pool": (N_("When a customer goes back to the pool, and how many one may have."), "waves"),
    "service_tier": (N_("Which customers wait in the VIP queue, by what they order."), "star"),
}
"""What each kind of policy rules, and its icon."""


@router.get("")
async def all_kinds(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        current = [policy for policy in await current_policies(session) if base_kind(policy.kind) in ABOUT]
        called = await names(session, pages_of(request).language(request), {p.published_by for p in current})
    language = pages_of(request).language(request)
    titles = {policy.kind: policy_name(policy.kind, policy.document, language) for policy in current}
    return await page(
        request, "policy/list.html", policies=current, names=called, about=ABOUT, titles=titles, base_kind=base_kind,
        manages=actor.scope(Action.POLICY_MANAGE) is not None,
    )  # fmt: skip


@router.get("/{kind}")
async def one_kind(
    request: Request,
    kind: Annotated[str, Path(max_length=60)],
    actor: CurrentActor,
    services: Provided,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    month: Annotated[str, Query(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", description="Of calendars.")] = "",
) -> HTMLResponse:
    if base_kind(kind) not in ABOUT:
        raise not_found("policy")
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        current = await find_version(session, kind)
        shown = current if version is None else await find_version(session, kind, version)
        known = await versions(session, kind)
        policy = load(known_model(kind), shown.document)
        met = {one.published_by for one in known} | people_in(policy)
        called = await (await names(session, pages.language(request), met)).with_pools(session)
        cases = await open_cases(session, kind)
        draft = await find_draft(session, kind)
        deals = await stages_in_use(session, pipeline_key(kind)) if is_pipeline(kind) else {}
    words = PolicyWords(pages.language(request), pages.formats(request), called)
    return await page(
        request,
        "policy/page.html",
        shown=shown,
        current=current,
        draft=draft,
        manages=actor.scope(Action.POLICY_MANAGE) is not None,
        policy=policy,
        versions=known,
        cases=cases,
        names=called,
        words=words,
        month=date.fromisoformat(f"{month}-01")
        if month
        else words.formats.local(datetime.now(UTC)).date().replace(day=1),
        about=ABOUT[base_kind(kind)],
        base=base_kind(kind),
        kind=kind,
        title=policy_name(kind, shown.document, words.language),
        stage_lines=lines(shown.document, words, deals) if is_pipeline(kind) else [],
        edits=False,
        swatches=SWATCHES,
    )
