"""An order's payment plan until it is paid: finance is asked for each instalment, reminded before it is due, and what
is late goes up the line."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collection import CollectionActivities, CollectionState, InstalmentState, PaymentState
    from domain.access import Action, Actor, Role, person_key, role_key
    from domain.process import Command, Waiting
    from domain.refusal import Refused, forbidden, invalid
    from domain.task import Pace, ladder_of
    from workflows.human_task import TaskProcess
    from workflows.process import command


def collection_workflow_id(collection_id: str) -> str:
    return f"collection/{collection_id}"


class CollectionStart(BaseModel):
    collection_id: str
    order_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    policy_version: int
    remind_before: timedelta
    escalate_after: timedelta
    instalments: list[InstalmentState]
    state: CollectionState | None = None


class CollectionEnded(BaseModel):
    collection_id: str


class RecordPayment(Command):
    """`amount` in minor units of the collection's currency; it pays the oldest instalments first.

    `paid_before` is the sum that its recorder saw as paid; None: it is not compared.
    """

    amount: int
    received_on: date
    reference: str | None = None
    paid_before: int | None = None


@workflow.defn(name="CollectionWorkflow")
class CollectionWorkflow(TaskProcess[CollectionState]):
    projection = CollectionActivities.project_collection

    @workflow.init
    def __init__(self, start: CollectionStart) -> None:
        self.begin(
            start.state
            or CollectionState(
                record_id=start.collection_id,
                policies={"collection": start.policy_version},
                **start.model_dump(exclude={"collection_id", "policy_version", "state"}),
            )
        )
        self.start = start
        if start.state is None:
            self.change("collection.opened", amount=start.amount, instalments=len(start.instalments))

    def renewed(self) -> CollectionStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: CollectionStart) -> str:
        await self.live(self._collect())
        return self.state.outcome or ""

    async def _collect(self) -> None:
        for instalment in self.state.instalments:
            if instalment.task_id is None:
                self._ask_for(instalment)
        while self.state.outstanding:
            due = self._next_due()
            paid = await self.wait(
                lambda: self._next_due() != due, until=due, summary="instalment due"  # noqa: B023 - awaited here
            )  # fmt: skip
            if not paid:
                self._mark_overdue()
        self.state.stage = "paid"
        self.close("paid")
        self.change("collection.paid")
        ended = CollectionEnded(collection_id=self.state.record_id)
        await self.signal(f"deal/{self.state.deal_id}", "collection_ended", ended)

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_record(self, asked: RecordPayment) -> None:
        if not asked.actor.reaches(Action.COLLECTION_WORK, owner=self.state.owner_id, region=self.state.region_id):
            raise forbidden(Action.COLLECTION_WORK)
        if asked.amount <= 0:
            raise invalid("amount_positive", "amount")
        outstanding = self.state.outstanding
        if not outstanding:
            raise Refused("collection_paid", 409)
        if asked.paid_before not in (None, self.state.paid):
            raise Refused("paid_meanwhile", 409)
        if asked.amount > outstanding:
            raise invalid("more_than_owed", "amount", outstanding=outstanding, currency=self.state.currency)

    @command(_may_record)
    def record_payment(self, asked: RecordPayment) -> dict[str, str]:
        state, left = self.state, asked.amount
        self.change("collection.payment", actor=asked.actor.id, amount=asked.amount, reference=asked.reference,
                    received_on=asked.received_on.isoformat())  # fmt: skip
        payment = PaymentState(
            id=self.new_id(), amount=asked.amount, received_on=asked.received_on, reference=asked.reference,
            by=asked.actor.id, at=workflow.now(), revision=state.revision,
        )  # fmt: skip
        state.payments.append(payment)
        for instalment in state.instalments:
            part = min(left, instalment.open)
            if part:
                instalment.paid += part
                left -= part
                self._settle(instalment, asked.actor)
        if state.stage == "overdue" and not any(i.status == "overdue" for i in state.instalments):
            state.stage = "open"
        return {"payment_id": payment.id}

    # --- steps ----------------------------------------------------------------------------------------------------

    def _ask_for(self, instalment: InstalmentState) -> None:
        """The task stands in finance's list from the start, with its due date; reminder and escalation follow that."""
        state, now = self.state, workflow.now()
        allowed = max(instalment.due_at - now, timedelta(seconds=1))
        remind = allowed - state.remind_before
        pace = Pace(
            allowed=allowed,
            remind=remind if remind > timedelta() else None,
            escalate=allowed + state.escalate_after,
        )
        task = self.open_task(
            "record_payment", [role_key(Role.FINANCE)], pace, ladder=ladder_of(Role.FINANCE, state.region_id),
            from_id=state.owner_id, params={"no": instalment.no, "amount": instalment.amount},
        )  # fmt: skip
        task.amount = instalment.amount
        task.escalate_every = state.escalate_after
        instalment.task_id = task.id

    def _settle(self, instalment: InstalmentState, by: Actor) -> None:
        if instalment.open:
            return
        instalment.status, instalment.paid_at = "paid", workflow.now()
        task = self.state.task(instalment.task_id or "")
        if task and task.open:
            self.close_task(task, by.id, "paid", behalf_of=task.on_behalf(by))

    def _next_due(self) -> datetime | None:
        return min((i.due_at for i in self.state.instalments if i.open and i.status == "planned"), default=None)

    def _mark_overdue(self) -> None:
        state, now = self.state, workflow.now()
        for instalment in state.instalments:
            if instalment.open and instalment.status == "planned" and instalment.due_at <= now:
                instalment.status, state.stage = "overdue", "overdue"
                self.change("collection.overdue", no=instalment.no, amount=instalment.open)
                self.notify("collection.overdue", [person_key(state.owner_id or "")], title=state.title,
                            no=instalment.no, amount=instalment.open, currency=state.currency)  # fmt: skip

    def waiting(self) -> list[Waiting]:
        return [
            Waiting(
                reason=f"collection.{i.status}", params={"no": i.no, "amount": i.open},
                holders=[role_key(Role.FINANCE)], due=i.due_at,
            )
            for i in self.state.instalments
            if i.open
        ]  # fmt: skip
