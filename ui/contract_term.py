"""Contracts that end soon, and how long one runs: its days confirmed, and what is decided about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError, field_validator
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from db.contract_term import ending
from db.policy import current_policy
from db.scope import Whose, narrowed
from domain.access import Action, Actor
from domain.contract import ContractPolicy
from domain.ids import RecordId
from domain.money import parse_amount
from domain.policy import load
from domain.process import Answer
from domain.refusal import Refused
from locales import N_
from ui.acting import done, say, typed
from ui.contract import show_again
from ui.contract_term_panel import DecisionTyped, TermTyped
from ui.environment import pages_of
from ui.names import names
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.CONTRACT_READ))])
PAGE = 50


class EndingWanted(BaseModel):
    show: Literal["soon", "unknown", "ended"] = "soon"
    whose: Whose | None = None
    after: RecordId | None = None

    @field_validator("whose", "after", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    def address(self, **other: str) -> str:
        asked = {**self.model_dump(exclude={"after"}, exclude_defaults=True), **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/contracts/ending?{query}" if query else "/contracts/ending"


@router.get("/contracts/ending")
async def list_ending(
    request: Request, asked: Annotated[EndingWanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    today = datetime.now(ZoneInfo(services.settings.zone)).date()
    whose = widest(actor, Action.CONTRACT_READ, asked.whose)
    async with services.db.session(actor.id) as session:
        _, document = await current_policy(session, ContractPolicy.kind)
        ahead: timedelta = load(ContractPolicy, document).term.soon
        found = await ending(
            session, narrowed(actor, "contract_term", whose), until=today + ahead, show=asked.show, limit=PAGE + 1,
            after=asked.after,
        )  # fmt: skip
        called = await names(session, pages_of(request).language(request), [one.term.owner_id for one in found])
    context: dict[str, Any] = {
        "rows": found[:PAGE], "more": found[PAGE - 1].term.id if len(found) > PAGE else "", "asked": asked,
        "whose": whose, "views": views(actor, Action.CONTRACT_READ), "names": called, "ahead": ahead, "today": today,
    }  # fmt: skip
    return await respond(request, "contract/ending.html", "rows", **context)


@router.get("/contract_terms/{contract_id}")
async def follow(contract_id: RecordId) -> RedirectResponse:
    """Where its notices lead."""
    return RedirectResponse(f"/contracts/{contract_id}#term", 303)


@router.post("/contracts/{contract_id}/term")
async def confirm(
    request: Request, contract_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        sent = TermTyped.model_validate(form)
        answer = await services.terms.confirm(actor, key, contract_id, version=sent.version, terms=sent.terms)
    except (Refused, ValidationError) as error:
        return await show_again(request, actor, services, contract_id, {**form, "form": "days"}, error)
    said = say(request, N_("We remind you in time."))
    return done(request, f"/contracts/{contract_id}#term", answer, said)


@router.post("/contracts/{contract_id}/term/decision")
async def decide(
    request: Request, contract_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        answer = await send_decision(services, actor, key, contract_id, DecisionTyped.model_validate(form))
    except (Refused, ValidationError) as error:
        return await show_again(request, actor, services, contract_id, {**form, "form": "decision"}, error)
    deal = answer.result.get("deal_id")
    where = f"/deals/{deal}" if deal and answer.seen else f"/contracts/{contract_id}#term"
    said = say(request, N_("The deal that renews it is open.") if deal else N_("Kept."))
    return done(request, where, answer, said)


async def send_decision(services: Services, actor: Actor, key: str, contract_id: str, sent: DecisionTyped) -> Answer:
    """Raises Refused, also for an amount that cannot be read."""
    renews = sent.decision == "renew"
    amount = parse_amount(sent.amount, services.settings.currency) if renews and sent.amount else None
    return await services.terms.decide(
        actor, key, contract_id, version=sent.version, decision=sent.decision, comment=sent.comment or None,
        pipeline=(sent.pipeline or None) if renews else None, title=(sent.title or None) if renews else None,
        amount=amount,
    )  # fmt: skip
