"""Moving a deal: at once between open stages, after a question where it is won or lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from db import board
from db.board import Card
from db.deal_part import parts_of
from db.pipeline import Pinned
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused, invalid, not_found
from domain.text import one_line
from locales import N_
from locales.labels import label
from ui.acting import done, say
from ui.acting import typed as sent
from ui.card import pinned
from ui.environment import pages_of
from ui.form import mistakes
from ui.order_plan import proposal, read_plan
from ui.render import fragment, page, wants_fragment
from ui.stage import Pipelines, pipelines

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])

ASKED_AGAIN = ("gate_failed", "amount_fixed")
"""Refusals that a form which is already open says by itself."""

Stage = Annotated[str, Form(max_length=60)]
Asked = Annotated[str, Query(max_length=60)]


@router.get("/{deal_id}/ask")
async def ask(
    request: Request, deal_id: RecordId, stage: Asked, actor: CurrentActor, services: Provided
) -> HTMLResponse:
    """What is asked before a deal goes to a stage: a confirmation, or the reason why it was lost."""
    return await _ask(request, actor, services, deal_id, stage)


@router.post("/{deal_id}/move")
async def move(
    request: Request,
    deal_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    stage: Stage,
    from_stage: Stage,
    reason: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    competitor: Annotated[str, Form(max_length=120)] = "",
    confirmed: Annotated[str, Form(max_length=5)] = "",
    amount: Annotated[str, Form(max_length=40)] = "",
    close_on: Annotated[str, Form(max_length=10)] = "",
    next_step: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """`amount`, `close_on` and `next_step` are what the stage asks for first; `plan...` how a won deal is paid."""
    typed = await _planned(request) | {
        "reason": reason, "note": note, "competitor": competitor, "amount": amount, "close_on": close_on,
        "next_step": next_step,
    }  # fmt: skip
    card, known = await _card(request, actor, services, deal_id)
    if known.stage(stage).kind == "won" and not confirmed:
        return await _ask(request, actor, services, deal_id, stage, status=422)
    try:
        answer = await services.deals.move(
            actor, key, deal_id, from_stage=from_stage, to_stage=stage, reason=reason or None,
            note=one_line(note) or None, competitor=one_line(competitor) or None,
            amount=parse_amount(amount, card.deal.currency) if amount.strip() else None,
            close_on=_day(close_on), next_step=one_line(next_step) or None, plan=read_plan(typed),
        )  # fmt: skip
    except Refused as refused:
        again = refused.status == 422 or refused.code == "fields_missing"
        if not again and not (confirmed and refused.code in ASKED_AGAIN):
            raise
        return await _ask(request, actor, services, deal_id, stage, status=422, refused=refused, typed=typed)
    card, known = await _card(request, actor, services, deal_id)
    said = say(request, N_("%(title)s moved to %(stage)s."), title=card.deal.title, stage=known.name(stage))
    undo = ""
    if card.deal.stage == stage and known.can_be_undone(card.deal, pinned(card), was=from_stage):
        undo = f"/deals/{deal_id}/undo?{urlencode({'stage': from_stage, 'from_stage': stage})}"
    return done(request, f"/deals/{deal_id}", answer, said, undo)


@router.post("/{deal_id}/priority")
async def prioritise(
    request: Request,
    deal_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    priority: Annotated[int, Form(ge=0, le=3)],
) -> Response:
    answer = await services.deals.prioritise(actor, key, deal_id, priority)
    level = label("priority", str(priority), language_of(request))
    return done(request, f"/deals/{deal_id}", answer, say(request, N_("Priority: %(level)s"), level=level))


@router.post("/{deal_id}/undo")
async def undo(
    request: Request,
    deal_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    stage: Asked,
    from_stage: Asked,
) -> Response:
    """Back to where it was, if nobody moved it since."""
    answer = await services.deals.move(actor, key, deal_id, from_stage=from_stage, to_stage=stage)
    card, known = await _card(request, actor, services, deal_id)
    said = say(request, N_("%(title)s is back in %(stage)s."), title=card.deal.title, stage=known.name(stage))
    return done(request, f"/deals/{deal_id}", answer, said)


async def _card(request: Request, actor: Actor, services: Services, deal_id: str) -> tuple[Card, Pipelines]:
    async with services.db.session(actor.id) as session:
        card = await board.card(session, actor, deal_id)
        if card is None:
            raise not_found("deal")
        version = pinned(card)
        known = await pipelines(
            session,
            pages_of(request).language(request),
            [Pinned(card.deal.pipeline_key, version)] if version else [],
            key=card.deal.pipeline_key,
        )
    return card, known


async def _planned(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await sent(request)).items() if name == "plan" or name.startswith("plan_")}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid("date_unreadable", "close_on") from None


def _mistakes(request: Request, refused: Refused | None) -> dict[str, str]:
    """Fields still missing are marked each by itself."""
    if refused is not None and refused.code == "fields_missing":
        return {name: say(request, N_("Please fill this in.")) for name in refused.params["fields"]}
    return mistakes(request, refused) if refused else {}


async def _ask(
    request: Request,
    actor: Actor,
    services: Services,
    deal_id: str,
    stage: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
    typed: Mapping[str, str] | None = None,
) -> HTMLResponse:
    card, known = await _card(request, actor, services, deal_id)
    move = next((move for move in known.moves(card.deal, pinned(card)) if move.key == stage), None)
    if move is None:
        raise not_found("stage")
    async with services.db.session(actor.id) as session:
        plan = None
        if move.kind == "won" and actor.scope(Action.CONTRACT_READ) is not None:
            plan = await proposal(session, card.deal, pages_of(request).language(request), typed or {})
        competitors = (await parts_of(session, deal_id)).competitors
    aside = wants_fragment(request)
    shown: dict[str, Any] = {
        "deal": card.deal, "customer": card.customer, "to": move, "aside": aside, "typed": typed or {},
        "reasons": known.reasons(card.deal, pinned(card), move.kind), "competitors": competitors, "plan": plan,
        "errors": _mistakes(request, refused),
    }  # fmt: skip
    if aside:
        return await fragment(request, "deal/ask_dialog.html", "dialog", status=status, **shown)
    return await page(request, "deal/ask.html", status=status, **shown)
