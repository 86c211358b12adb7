"""Invoices of deals: read, and noted as issued once the tax system has given their number."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.quote import invoices_of
from db.scope import visible
from domain.access import Action
from domain.ids import RecordId
from domain.quote import QuoteBody

router = APIRouter(prefix="/api/invoices", tags=["invoices"], dependencies=[Depends(require(Action.INVOICE_READ))])

FISCAL_NUMBER_LENGTH = 40


class InvoiceView(BaseModel):
    """`body` has the lines it bills, `document` is the hash of its PDF once finance has prepared it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    deal_id: str
    customer_id: str
    owner_id: str
    title: str
    amount: int = Field(description="In minor units of `currency`, with tax.")
    currency: str
    status: str = Field(description="draft, prepared, issued or withdrawn.")
    body: QuoteBody
    invoice_title: str | None
    tax_number: str | None
    fiscal_number: str | None = Field(description="The number the tax system gave, once it is issued.")
    note: str | None
    document: str | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int


class IssueBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fiscal_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=FISCAL_NUMBER_LENGTH)
    ]


@router.get("")
async def list_invoices(deal_id: RecordId, actor: CurrentActor, services: Provided) -> list[InvoiceView]:
    """A deal's invoices, the newest first."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "deal", deal_id)
        return [InvoiceView.model_validate(invoice) for invoice in await invoices_of(session, deal_id)]


@router.get("/{invoice_id}")
async def get_invoice(invoice_id: RecordId, actor: CurrentActor, services: Provided) -> InvoiceView:
    async with services.db.session(actor.id) as session:
        return InvoiceView.model_validate(await visible(session, actor, "invoice", invoice_id))


@router.post("/{invoice_id}/issue", responses=ACCEPTED)
async def issue_invoice(
    invoice_id: RecordId, body: IssueBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Note the prepared invoice as issued under the number the tax system gave: with this its process ends."""
    return answered(out, invoice_id, await services.invoices.issue(actor, key, invoice_id, body.fiscal_number))
