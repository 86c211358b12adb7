"""What a deal's stages set going by themselves: each action once per visit, in order, tried again until it is done."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.letter import LetterActivities, LetterRequest
    from activities.stage_action import StageActivities, WebhookRequest
    from domain.access import Role, person_key, role_key
    from domain.pipeline import NO_CONTRACT, Stage
    from domain.process import Command
    from domain.refusal import Refused, not_found
    from domain.stage_action import (
        DueAction,
        FieldAction,
        InvoiceDraftAction,
        MailAction,
        PaymentReminderAction,
        QuoteAction,
        StageAction,
        TaskAction,
        WebhookAction,
        When,
        told,
    )
    from domain.task import Pace, ladder_of
    from workflows.contract import FIXED, ContractStart, ContractWorkflow, contract_workflow_id
    from workflows.deal_record import DealRecord
    from workflows.human_task import TaskCommand
    from workflows.invoice import InvoiceStart, InvoiceWorkflow, invoice_workflow_id
    from workflows.process import command
    from workflows.quote import QuoteWorkflow
    from workflows.quote_message import QuoteNews, QuoteStart, quote_workflow_id
    from workflows.search import TROUBLE

NO_QUOTE = (None, "refused", "lapsed", "withdrawn")
"""What a quote's status is where a new one may be begun."""
QUOTE_DONE = (None, "accepted", "withdrawn")
"""What it is where nothing is left to take back."""


class ActionCommand(Command):
    """`action` is its key (`3/entry/0`)."""

    action: str


class FinishTask(TaskCommand):
    comment: str | None = None


class DealActions(DealRecord):
    """The actions of the stages. None of them ever holds up a move, or another action.

    `quote_asked_back` is the quote, and how it stood, when the deal last took one back.
    """

    quote_asked_back: tuple[str | None, str | None] | None = None

    def enter(self, stage: Stage) -> None:
        state = self.state
        state.entered[stage.key] = state.entered.get(stage.key, 0) + 1
        self._ask_for(stage, "entry")

    def leave(self, stage: Stage) -> None:
        """Before `visit` goes on to the next one."""
        self._ask_for(stage, "leave")

    def _ask_for(self, stage: Stage, when: When) -> None:
        for no, action in enumerate(stage.entry if when == "entry" else stage.leave):
            self._append(f"{self.state.visit}/{when}/{no}", stage, when, action)

    def _append(self, key: str, stage: Stage, when: When, action: StageAction) -> None:
        due = DueAction(key=key, id=self.new_id(), stage=stage.key, when=when, action=action)
        self.state.actions.append(due)

    def contract_again(self) -> None:
        """A contract that came to nothing is followed by another one while its stage lasts."""
        stage, state = self.pipeline.stage(self.state.stage), self.state
        waits = any(due.kind == "contract" for due in state.actions)
        for no, action in enumerate(stage.entry):
            if action.do == "contract" and not waits:
                self._append(f"{state.visit}/entry/{no}/{state.revision}", stage, "entry", action)
                return

    @workflow.signal
    def quote_changed(self, news: QuoteNews) -> None:
        """A quote made by hand is the deal's where it has none alive. What was sent says what the deal is worth."""
        state = self.state
        if news.quote_id != state.quote_id and state.quote_status not in NO_QUOTE:
            return
        changed = (news.quote_id, news.status) != (state.quote_id, state.quote_status)
        state.quote_id, state.quote_status = news.quote_id, news.status
        free = state.contract_status not in FIXED and self._kind == "open"
        if news.status in ("sent", "accepted") and free and news.amount != state.amount:
            state.amount, state.amount_news, changed = news.amount, True, True
        if changed:
            state.lines_news = state.lines_news or (news.status in ("sent", "accepted") and bool(state.invoice_id))
            self._active()
            self.change("deal.quote_changed", status=news.status, amount=news.amount, version=news.version)

    async def withdraw_invoice(self, by: str) -> None:
        """Its draft; what was issued stays."""
        if self.state.invoice_id:
            await self.signal(invoice_workflow_id(self.state.invoice_id), InvoiceWorkflow.withdraw, by)

    @property
    def quote_is_left(self) -> bool:
        """Whether a quote lies there that nobody will answer: not with its customer, and not asked back yet."""
        state = self.state
        return state.quote_status not in (*QUOTE_DONE, "sent") and self._quote_now != self.quote_asked_back

    async def withdraw_quote(self, by: str) -> None:
        """Of a deal that has ended: what is not accepted is taken back."""
        if self.state.quote_id and self.state.quote_status not in QUOTE_DONE:
            self.quote_asked_back = self._quote_now
            await self.signal(quote_workflow_id(self.state.quote_id), QuoteWorkflow.withdraw, by)

    @property
    def _quote_now(self) -> tuple[str | None, str | None]:
        return self.state.quote_id, self.state.quote_status

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_act_on(self, asked: ActionCommand) -> None:
        self._may_touch(asked)
        due = self._due(asked.action)
        if due is None:
            raise not_found("action")
        if due.error is None:
            raise Refused("action_running", 409)

    def _due(self, key: str) -> DueAction | None:
        return next((due for due in self.state.actions if due.key == key), None)

    @command(_may_act_on)
    def try_action(self, asked: ActionCommand) -> None:
        """At once, instead of when it would be tried by itself."""
        due = self._due(asked.action)
        assert due is not None  # noqa: S101 - the validator saw it in the same turn
        due.retry_at = None
        self.change("deal.action_retried", actor=asked.actor.id, **told(due))

    @command(_may_act_on)
    def give_up_action(self, asked: ActionCommand) -> None:
        due = self._due(asked.action)
        assert due is not None  # noqa: S101 - the validator saw it in the same turn
        self._end(due)
        self.change("deal.action_given_up", actor=asked.actor.id, **told(due))

    def give_up_all(self) -> None:
        """Of a deal that has ended: what fails is not tried for ever, and says so."""
        for due in list(self.state.actions):
            self._end(due)
            self.change("deal.action_given_up", error=due.error, **told(due))

    def _may_finish(self, asked: FinishTask) -> None:
        if self.decidable(asked).kind != "stage_task":
            raise Refused("not_decidable", 409)

    @command(_may_finish)
    def finish_task(self, asked: FinishTask) -> None:
        task = self.state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        self.close_task(task, asked.actor.id, "done", asked.comment, task.on_behalf(asked.actor))

    # --- the runner -----------------------------------------------------------------------------------------------

    async def run_actions(self) -> None:
        """Does what is due, one after the other; what fails waits for its next try while others go on."""
        while True:
            now = workflow.now()
            due = next((one for one in self.state.actions if one.is_due(now)), None)
            if due is not None:
                await self._do(due)
                continue
            wake = self._next_try()
            timeout = None if wake is None else max(wake - now, timedelta())
            try:
                await workflow.wait_condition(
                    lambda: self._next_try() != wake or any(one.retry_at is None for one in self.state.actions),  # noqa: B023 - awaited before wake changes
                    timeout=timeout,
                    timeout_summary="try a failed action again",
                )
            except TimeoutError:
                continue

    def _next_try(self) -> datetime | None:
        return min((one.retry_at for one in self.state.actions if one.retry_at), default=None)

    async def _do(self, due: DueAction) -> None:
        failing = due.error is not None
        try:
            await self._carry(due, due.action)
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            due.failed(_why(failure), workflow.now())
            if not failing:
                self.change("deal.action_failed", error=due.error, **told(due))
            else:
                self.change("deal.action_still_failing", error=due.error, **told(due))
            workflow.upsert_search_attributes([TROUBLE.value_set("stage_action")])
            return
        if self._due(due.key) is not None:  # else somebody gave it up meanwhile
            self._end(due)

    def _end(self, due: DueAction) -> None:
        self.state.actions = [one for one in self.state.actions if one.key != due.key]
        self._next_revision()  # the rows may have been written while it was being done
        if due.error is not None and not any(one.error for one in self.state.actions):
            workflow.upsert_search_attributes([TROUBLE.value_unset()])

    async def _carry(self, due: DueAction, action: StageAction) -> None:
        match action:
            case TaskAction():
                self._open_stage_task(due, action, title=action.title.model_dump())
            case PaymentReminderAction():
                self._open_stage_task(due, action)
            case FieldAction():
                self._write_field(action)
            case MailAction():
                await self._write_letter(due, action)
                self.change("deal.action_done", **told(due))
            case WebhookAction():
                await self._call_webhook(due, action)
                self.change("deal.action_done", **told(due))
            case _:
                await self.make(due, action)

    async def make(self, due: DueAction, action: StageAction) -> None:
        """What makes a record of its own. Its id was chosen when the visit began: however often tried, there is one."""
        match action:
            case QuoteAction():
                await self._begin_quote(due, action)
            case InvoiceDraftAction():
                await self._draft_invoice(due)
            case _:
                await self._open_contract(due)

    def _open_stage_task(
        self, due: DueAction, action: TaskAction | PaymentReminderAction, title: dict[str, str] | None = None
    ) -> None:
        state = self.state
        role = Role.SALES if action.who == "owner" else Role(action.who)
        holder = person_key(state.owner_id or "") if action.who == "owner" else role_key(role, state.region_id)
        pace = Pace(allowed=action.within, remind=action.within * 0.75 if action.within else None)
        params: dict[str, Any] = {"action": due.kind, "stage": due.stage} | ({"words": title} if title else {})
        self.open_task("stage_task", [holder], pace, ladder=ladder_of(role, state.region_id), params=params)

    def _write_field(self, action: FieldAction) -> None:
        if getattr(self.state, action.field) != action.value:
            setattr(self.state, action.field, action.value)
            self.state.version += 1
            self.change("deal.edited", **{action.field: str(action.value)})

    async def _write_letter(self, due: DueAction, action: MailAction) -> None:
        state = self.state
        contact = next((one.contact_id for one in state.people), None)
        letter = LetterRequest(
            key=f"deal/{state.record_id}/{due.key}", customer_id=state.customer_id, contact_id=contact,
            template=action.template, line_id=state.line_id,
            params={"title": state.title, "amount": state.amount, "currency": state.currency},
        )  # fmt: skip
        await self.attempt(LetterActivities.send_letter, letter, f"letter {action.template}")

    async def _call_webhook(self, due: DueAction, action: WebhookAction) -> None:
        state = self.state
        request = WebhookRequest(
            key=f"deal/{state.record_id}/{due.key}", target=action.target, event=f"deal.stage_{_PAST[due.when]}",
            record_id=state.record_id, stage=due.stage, pipeline=state.pipeline_key, visit=int(due.key.split("/")[0]),
            at=workflow.now(),
        )  # fmt: skip
        await self.attempt(StageActivities.queue_webhook, request, f"webhook {action.target}")

    async def attempt(self, activity: Any, argument: Any, summary: str) -> Any:
        """Three times within a minute; then it counts as failed, and the deal goes on."""
        return await workflow.execute_activity_method(
            activity,
            argument,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=3),
            summary=summary,
        )

    @property
    def _shared(self) -> dict[str, Any]:
        """What every record made for this deal begins with."""
        state = self.state
        return {
            "deal_id": state.record_id, "line_id": state.line_id, "customer_id": state.customer_id or "",
            "region_id": state.region_id or "", "owner_id": state.owner_id or "", "title": state.title,
            "amount": state.amount or 0, "currency": state.currency or "",
        }  # fmt: skip

    async def _begin_quote(self, due: DueAction, action: QuoteAction) -> None:
        state = self.state
        if state.quote_status not in NO_QUOTE and state.quote_id != due.id:
            return  # the one before is alive
        if state.quote_id != due.id:
            state.quote_id, state.quote_status = due.id, "draft"
            self.change("deal.quote_begun")
        start = QuoteStart(quote_id=due.id, by=state.moved_by or "system", template=action.template, **self._shared)
        await self.start_once(QuoteWorkflow.run, start, quote_workflow_id(due.id))

    async def _draft_invoice(self, due: DueAction) -> None:
        """One a deal: it is completed once there is something to invoice."""
        state = self.state
        if state.invoice_id not in (None, due.id):
            return
        if state.invoice_id is None:
            state.invoice_id = due.id
            self.change("deal.invoice_drafted")
        start = InvoiceStart(invoice_id=due.id, **self._shared)
        await self.start_once(InvoiceWorkflow.run, start, invoice_workflow_id(due.id))

    async def _open_contract(self, due: DueAction) -> None:
        state = self.state
        if state.contract_status not in NO_CONTRACT and state.contract_id != due.id:
            return  # the one before is alive
        contract = ContractStart(contract_id=due.id, **self._shared)
        if state.contract_id != due.id:
            state.contract_id, state.contract_status = due.id, "draft"
            self.change("deal.contract_opened")
        await self.start_once(ContractWorkflow.run, contract, contract_workflow_id(due.id))


_PAST = {"entry": "entered", "leave": "left"}


def _why(failure: FailureError) -> str:
    """What the activity said, not that it failed."""
    cause = failure.cause if isinstance(failure, ActivityError) and failure.cause else failure
    return str(cause)
