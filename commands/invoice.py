"""Invoice drafts: opened, prepared by finance, noted as issued."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.desk import Desk
from commands.document import Documents
from commands.idempotency import claim
from commands.paper import draw
from commands.quote_paper import Paper
from commands.temporal import update_id
from db.customer import Customer
from db.deal import Deal
from db.person import Person
from db.policy import current_policy
from db.process import Task
from db.quote import Invoice
from db.scope import visible
from domain.access import Action, Actor
from domain.policy import load
from domain.process import Answer, Command
from domain.quote import QuoteBody, check_complete, tax_number
from domain.quote_template import QuotePolicy
from domain.refusal import forbidden, invalid, not_found
from locales.formats import Formats
from workflows.invoice import InvoiceStart, InvoiceWorkflow, IssueInvoice, PrepareInvoice, invoice_workflow_id


class InvoiceCommands:
    def __init__(self, desk: Desk, documents: Documents) -> None:
        self.desk = desk
        self.documents = documents

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
        """Finance's word, and the PDF that goes with reminders. `number` is the customer's tax number. Without a `body`
        the lines stay those of the quote."""
        if not invoice_title.strip():
            raise invalid("field_needed", "invoice_title")
        checked = tax_number(number) if number and number.strip() else None
        subject, buyer = f"invoice/{invoice_id}", invoice_title.strip()
        asked = {"task_id": task_id, "body": body, "invoice_title": buyer, "tax_number": checked, "note": note}
        async with self.desk.db.session(actor.id) as session:
            invoice: Invoice = await visible(session, actor, "invoice", invoice_id)
            task = await session.get(Task, task_id)
            if task is None or task.record_id != invoice_id:
                raise not_found("task")
            await claim(session, actor, key, PrepareInvoice.__name__, subject, asked)
        lines = body or QuoteBody.model_validate(invoice.body)
        check_complete(lines)
        document = invoice.document or await self._keep(actor, invoice, lines, buyer, checked)
        prepare = PrepareInvoice(
            actor=actor, key=update_id(actor, key), task_id=task_id, body=lines, invoice_title=buyer,
            tax_number=checked, note=note, document=document,
        )  # fmt: skip
        return await self.desk.send(actor, key, subject, InvoiceWorkflow.prepare, prepare)

    async def _keep(self, actor: Actor, invoice: Invoice, body: QuoteBody, buyer: str, number: str | None) -> str:
        """Its PDF in the customer's language, on the page of quotes: the hash. Finance's note stays in the house."""
        settings = self.desk.settings
        async with self.desk.db.session(actor.id) as session:
            _, policy = await current_policy(session, QuotePolicy.kind)
            customer = await session.get_one(Customer, invoice.customer_id)
            owner = await session.get_one(Person, invoice.owner_id)
        language = customer.language or settings.language
        data = Paper(Formats(language, settings.zone, settings.currency), invoice.currency).invoice(
            company=settings.company, number=invoice.number, title=invoice.title, buyer=buyer,
            tax_number=number or "", owner=owner.called(language), body=body, on=datetime.now(UTC),
        )  # fmt: skip
        pdf = await draw(load(QuotePolicy, policy).page, data)
        return await self.documents.keep(actor, f"{invoice.number}.pdf", pdf)

    async def issue(self, actor: Actor, key: str, invoice_id: str, fiscal_number: str) -> Answer:
        if not fiscal_number.strip():
            raise invalid("field_needed", "fiscal_number")
        return await self.desk.update(
            actor, key, "invoice", invoice_id, InvoiceWorkflow.issue, IssueInvoice, fiscal_number=fiscal_number.strip()
        )
