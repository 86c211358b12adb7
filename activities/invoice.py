"""Invoice drafts: what one begins with, and its row."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from temporalio import activity

from activities.process import ProcessActivities
from db.customer_signpost import living_customer
from db.projection import write_record
from db.quote import Invoice, Quote
from domain.process import ProcessState
from domain.quote import QuoteBody, QuoteLine


class InvoiceState(ProcessState):
    """`stage` is the invoice's status: draft, prepared, issued, withdrawn. `begun` once its lines are known,
    `stale` while newer ones are to be read.

    `document` is the PDF of what finance prepared.
    """

    stage: str = "draft"
    deal_id: str
    body: QuoteBody = QuoteBody()
    invoice_title: str | None = None
    tax_number: str | None = None
    fiscal_number: str | None = None
    note: str | None = None
    document: str | None = None
    begun: bool = False
    stale: bool = False


class InvoiceBeginning(BaseModel):
    deal_id: str
    customer_id: str
    title: str
    amount: int


class InvoiceBegun(BaseModel):
    body: QuoteBody
    invoice_title: str | None
    tax_number: str | None


class InvoiceActivities(ProcessActivities):
    @activity.defn
    async def begin_invoice(self, asked: InvoiceBeginning) -> InvoiceBegun:
        """The lines of the deal's newest quote that has some, and to whom its customer is invoiced.

        A quote begun in the same moment has none yet: then the deal's amount is the one line.
        """
        async with self.db.session() as session:
            lined = func.jsonb_array_length(Quote.body["lines"]) > 0
            quotes = select(Quote.body).where(Quote.deal_id == asked.deal_id, Quote.status != "withdrawn", lined)
            body: dict[str, Any] | None = await session.scalar(
                quotes.order_by((Quote.status == "accepted").desc(), Quote.opened_at.desc()).limit(1)
            )
            customer = await living_customer(session, asked.customer_id)
            title = customer.invoice_title or customer.name
            number = customer.tax_number
        if body is not None:
            return InvoiceBegun(body=QuoteBody.model_validate(body), invoice_title=title, tax_number=number)
        lines = [QuoteLine(name=asked.title or "-", unit_price=asked.amount)] if asked.amount else []
        return InvoiceBegun(body=QuoteBody(lines=lines, tax_included=True), invoice_title=title, tax_number=number)

    @activity.defn
    async def project_invoice(self, state: InvoiceState) -> None:
        async with self.projecting("invoice", state) as session:
            if session is None:
                return
            fields = {
                "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency",
                "invoice_title", "tax_number", "fiscal_number", "note", "document", "opened_at", "closed_at",
                "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "body": state.body.model_dump(mode="json"),
                **state.model_dump(include=fields),
            }
            await write_record(session, Invoice, row, prefix="F", year=self.year(state))
