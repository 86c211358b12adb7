"""An invoice draft: finance completes it once, and notes the invoice's number when the tax system has issued it."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.invoice import InvoiceActivities, InvoiceBeginning, InvoiceBegun, InvoiceState
    from domain.access import Action, Role, role_key
    from domain.process import Command, Waiting
    from domain.quote import QuoteBody, check_complete, reckon
    from domain.refusal import Refused, forbidden
    from domain.task import Pace, ladder_of
    from workflows.human_task import TaskCommand, TaskProcess
    from workflows.process import command

PREPARE = Pace(allowed=timedelta(days=2), remind=timedelta(days=1))


def invoice_workflow_id(invoice_id: str) -> str:
    return f"invoice/{invoice_id}"


class InvoiceStart(BaseModel):
    invoice_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    state: InvoiceState | None = None


class PrepareInvoice(TaskCommand):
    """Decided once, by whoever holds the task. `document` is the hash of its PDF."""

    body: QuoteBody
    invoice_title: str
    tax_number: str | None = None
    note: str | None = None
    document: str | None = None


class IssueInvoice(Command):
    """`fiscal_number` is the one the tax system gave."""

    fiscal_number: str


@workflow.defn(name="InvoiceWorkflow")
class InvoiceWorkflow(TaskProcess[InvoiceState]):
    projection = InvoiceActivities.project_invoice

    @workflow.init
    def __init__(self, start: InvoiceStart) -> None:
        fields = start.model_dump(exclude={"invoice_id", "state"})
        self.begin(start.state or InvoiceState(record_id=start.invoice_id, **fields))
        self.start = start

    def renewed(self) -> InvoiceStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: InvoiceStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        if not state.begun:
            await self._begin()
        while state.stage not in ("issued", "withdrawn"):
            await self.wait(lambda: state.stage in ("issued", "withdrawn") or state.stale)
            if state.stale:
                await self._take_lines()
        self.cancel_tasks()
        self.close(state.stage)
        self.change(f"invoice.{state.stage}")

    async def _read(self) -> InvoiceBegun:
        state = self.state
        state.stale = False
        asked = InvoiceBeginning(
            deal_id=state.deal_id, customer_id=state.customer_id or "", title=state.title, amount=state.amount or 0
        )
        return await self.perform(InvoiceActivities.begin_invoice, asked, "read the quote's lines")

    async def _take_lines(self) -> None:
        """The quote was sent or accepted after the draft began: it bills what the customer was offered."""
        begun, state = await self._read(), self.state
        if state.stage != "draft" or begun.body == state.body:
            return
        state.body, state.amount = begun.body, reckon(begun.body).total
        self.change("invoice.lines_taken", amount=state.amount)
        for task in state.open_tasks:
            task.amount = state.amount

    async def _begin(self) -> None:
        begun, state = await self._read(), self.state
        if state.stage != "draft":
            return
        state.body, state.invoice_title, state.tax_number = begun.body, begun.invoice_title, begun.tax_number
        state.amount, state.begun = reckon(begun.body).total, True
        self.change("invoice.opened", amount=state.amount)
        self.open_task(
            "prepare_invoice", [role_key(Role.FINANCE, state.region_id)], PREPARE,
            ladder=ladder_of(Role.FINANCE, state.region_id), from_id=state.owner_id,
        )  # fmt: skip

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_prepare(self, asked: PrepareInvoice) -> None:
        self.decidable(asked)
        if self.state.stage != "draft":
            raise Refused("invoice_not_draft", 409)
        check_complete(asked.body)

    @command(_may_prepare)
    def prepare(self, asked: PrepareInvoice) -> None:
        state = self.state
        task = state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        state.body, state.invoice_title, state.tax_number = asked.body, asked.invoice_title, asked.tax_number
        state.note, state.amount, state.stage = asked.note, reckon(asked.body).total, "prepared"
        state.document = asked.document
        self.change("invoice.prepared", actor=asked.actor.id, amount=state.amount)
        self.close_task(task, asked.actor.id, "prepared", behalf_of=task.on_behalf(asked.actor))

    def _may_issue(self, asked: IssueInvoice) -> None:
        state = self.state
        if not asked.actor.reaches(Action.INVOICE_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.INVOICE_WORK)
        if state.stage != "prepared":
            raise Refused("process_ended" if state.stage == "issued" else "not_decidable", 409)

    @command(_may_issue)
    def issue(self, asked: IssueInvoice) -> None:
        self.state.stage, self.state.fiscal_number = "issued", asked.fiscal_number

    @workflow.signal
    def take_lines(self, _: None = None) -> None:
        self.state.stale = self.state.stage == "draft"

    @workflow.signal
    def withdraw(self, by: str) -> None:
        if self.state.stage in ("draft", "prepared"):
            self.state.stage = "withdrawn"

    def waiting(self) -> list[Waiting]:
        if self.state.stage == "prepared":
            finance = [role_key(Role.FINANCE, self.state.region_id)]
            return [Waiting(reason="invoice.prepared", since=self.state.changed_at, holders=finance)]
        return super().waiting()
