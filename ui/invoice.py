"""A deal's invoices on its page, and the form by which finance notes one as issued."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.invoice import FISCAL_NUMBER_LENGTH, IssueBody
from api.problem import named
from api.services import Provided, Services
from db.deal import Deal
from db.quote import Invoice, invoices_of
from db.scope import visible
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.refusal import Refused, forbidden
from locales import N_
from ui.acting import body, done, say, typed
from ui.form import mistakes
from ui.render import fragment, page, wants_fragment

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.INVOICE_READ))])

STATES = {"issued": "ok", "prepared": "info"}


def may_issue(actor: Actor, deal: Deal | Invoice) -> bool:
    return actor.reaches(Action.INVOICE_WORK, owner=deal.owner_id, region=deal.region_id)


async def invoices_on_deal(session: AsyncSession, actor: Actor, deal: Deal) -> dict[str, Any]:
    """What the deal's page shows of its invoices."""
    if not actor.reaches(Action.INVOICE_READ, owner=deal.owner_id, region=deal.region_id):
        return {"invoices": [], "may_issue": False}
    return {
        "invoices": await invoices_of(session, deal.id),
        "may_issue": may_issue(actor, deal),
        "invoice_states": STATES,
    }


@router.get("/invoices/{invoice_id}/issue")
async def ask(request: Request, invoice_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _ask(request, actor, services, await _invoice(actor, services, invoice_id))


@router.post("/invoices/{invoice_id}/issue")
async def issue(
    request: Request, invoice_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    invoice = await _invoice(actor, services, invoice_id)
    try:
        number = body(IssueBody, form, "fiscal_number").fiscal_number
        answer = await services.invoices.issue(actor, key, invoice_id, number)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused):
            if error.status not in (409, 422):
                raise
            error = await named(request, error)
        status = error.status if isinstance(error, Refused) else 422
        invoice = await _invoice(actor, services, invoice_id)
        return await _ask(
            request, actor, services, invoice, status=status, typed=form, errors=mistakes(request, error)
        )  # fmt: skip
    said = say(request, N_("Invoice %(number)s is noted as issued."), number=invoice.number)
    return done(request, f"/deals/{invoice.deal_id}", answer, said)


async def _invoice(actor: Actor, services: Services, invoice_id: str) -> Invoice:
    """Raises Refused: 404 where it is not to be seen, 403 for who may only read it."""
    async with services.db.session(actor.id) as session:
        invoice: Invoice = await visible(session, actor, "invoice", invoice_id)
    if not may_issue(actor, invoice):
        raise forbidden(Action.INVOICE_WORK)
    return invoice


async def _ask(
    request: Request,
    actor: Actor,
    services: Services,
    invoice: Invoice,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        deal = await session.get_one(Deal, invoice.deal_id)
    shown: dict[str, Any] = {
        "invoice": invoice, "deal": deal, "states": STATES, "longest": FISCAL_NUMBER_LENGTH,
        "typed": typed or {}, "errors": errors or {}, "aside": wants_fragment(request),
    }  # fmt: skip
    if shown["aside"]:
        return await fragment(request, "invoice/dialog.html", "dialog", status=status, **shown)
    return await page(request, "invoice/page.html", status=status, **shown)
