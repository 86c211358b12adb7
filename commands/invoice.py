"""Invoice drafts: opened, prepared by finance, noted as issued."""

from __future__ import annotations

from commands.desk import Desk
from commands.idempotency import claim
from commands.temporal import update_id
from db.deal import Deal
from db.process import Task
from db.quote import Invoice
from db.scope import visible
from domain.access import Action, Actor
from domain.process import Answer, Command
from domain.quote import QuoteBody, tax_number
from domain.refusal import forbidden, invalid, not_found
from workflows.invoice import InvoiceStart, InvoiceWorkflow, IssueInvoice, PrepareInvoice, invoice_workflow_id


class InvoiceCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def open(self, actor: Actor, key: str, deal_id: str) -> tuple[str, Answer]:
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            works = actor.reaches(Action.DEAL_WORK, owner=deal.owner_id, region=deal.region_id)
            if not works and actor.scope(Action.INVOICE_WORK) is None:
                raise forbidden(Action.INVOICE_WORK)
            invoice_id = await claim(session, actor, key, "OpenInvoice", "invoice", {"deal": deal_id})
        start = InvoiceStart(
            invoice_id=invoice_id, deal_id=deal.id, line_id=deal.line_id, customer_id=deal.customer_id,
            region_id=deal.region_id, owner_id=deal.owner_id, title=deal.title, amount=deal.amount,
            currency=deal.currency,
        )  # fmt: skip
        opened = Command(actor=actor, key=update_id(actor, key))
        answer = await self.desk.processes.open(
            InvoiceWorkflow.run, start, invoice_workflow_id(invoice_id), InvoiceWorkflow.opened, opened
        )
        return invoice_id, answer

    async def prepare(
        self, actor: Actor, key: str, invoice_id: str, task_id: str, *, invoice_title: str, number: str | None,
        note: str | None = None, body: QuoteBody | None = None,
    ) -> Answer:  # fmt: skip
        """`number` is the customer's tax number. Without a `body` the lines stay those of the quote."""
        if not invoice_title.strip():
            raise invalid("field_needed", "invoice_title")
        checked = tax_number(number) if number and number.strip() else None
        async with self.desk.db.session(actor.id) as session:
            invoice: Invoice = await visible(session, actor, "invoice", invoice_id)
            task = await session.get(Task, task_id)
            if task is None or task.record_id != invoice_id:
                raise not_found("task")
        return await self.desk.update(
            actor, key, "invoice", invoice_id, InvoiceWorkflow.prepare, PrepareInvoice,
            task_id=task_id, body=body or QuoteBody.model_validate(invoice.body),
            invoice_title=invoice_title.strip(), tax_number=checked, note=note,
        )  # fmt: skip

    async def issue(self, actor: Actor, key: str, invoice_id: str, fiscal_number: str) -> Answer:
        if not fiscal_number.strip():
            raise invalid("field_needed", "fiscal_number")
        return await self.desk.update(
            actor, key, "invoice", invoice_id, InvoiceWorkflow.issue, IssueInvoice, fiscal_number=fiscal_number.strip()
        )
