"""A deal moves through the stages of its pipeline, and each stage sets its actions going. Won makes the order, and its
collection, once, and takes a quote back that nobody will answer; lost withdraws all that is under way. It ends when the
money is in."""

from datetime import date, datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.deal import DealState
    from activities.order import OrderActivities, OrderRequest
    from activities.policy import PinnedPolicy
    from domain.access import Role, person_key, role_key
    from domain.deal import Competitor, DealFile, DealPerson
    from domain.order_plan import PlanPart, check_plan
    from domain.pipeline import NO_CONTRACT, PipelinePolicy, facts_of, may_move, pipeline_key
    from domain.policy import load
    from domain.process import Command, Waiting
    from domain.refusal import Refused
    from domain.stage_action import told
    from workflows.collection import CollectionEnded, CollectionStart, CollectionWorkflow, collection_workflow_id
    from workflows.contract import APPROVED, ENDED, ContractNews, ContractWorkflow, contract_workflow_id
    from workflows.deal_action import DealActions
    from workflows.process import command


def deal_workflow_id(deal_id: str) -> str:
    return f"deal/{deal_id}"


class DealStart(BaseModel):
    deal_id: str
    line_id: str
    lead_id: str | None = None
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    close_on: date | None = None
    next_step: str | None = None
    next_step_on: date | None = None
    stage: str | None = None
    people: list[DealPerson] = []
    competitors: list[Competitor] = []
    files: list[DealFile] = []
    copied_from: str | None = None
    split_from: str | None = None
    by: str
    pipeline: PinnedPolicy
    state: DealState | None = None

    @property
    def has_parts(self) -> bool:
        return bool(self.people or self.competitors or self.files)


class MoveDeal(Command):
    """`from_stage` is where the mover saw it: a stale page moves nothing.

    An end takes `reason`, one of those the pipeline lists, `note` in words of one's own, and for a lost deal
    `competitor`, who won it. `amount`, `close_on` and `next_step` are filled in as it moves, where the stage requires
    them. `plan` is how a won one is paid, where that is not left to the policy.
    """

    from_stage: str
    to_stage: str
    reason: str | None = None
    note: str | None = None
    competitor: str | None = None
    amount: int | None = None
    close_on: date | None = None
    next_step: str | None = None
    plan: list[PlanPart] = []

    @property
    def filled(self) -> dict[str, int | date | str]:
        return self.model_dump(include={"amount", "close_on", "next_step"}, exclude_none=True)


class SetPriority(Command):
    """0 none, 1 low, 2 medium, 3 high."""

    priority: int


class FollowPipeline(Command):
    """The deal goes on under another version of its pipeline."""

    pipeline: PinnedPolicy


STALLS = ("deal.stalled", "deal.stalled_red", "deal.stalled_told")


@workflow.defn(name="DealWorkflow")
class DealWorkflow(DealActions):
    @workflow.init
    def __init__(self, start: DealStart) -> None:
        now = workflow.now()
        self.pipeline = load(PipelinePolicy, (start.state or start).pipeline.document)
        self.begin(
            start.state
            or DealState(
                record_id=start.deal_id, stage=start.stage or self.pipeline.first.key, stage_since=now, active_at=now,
                policies={start.pipeline.kind: start.pipeline.version}, pipeline_key=pipeline_key(start.pipeline.kind),
                has_parts=start.has_parts, **start.model_dump(exclude={"deal_id", "by", "state", "stage"}),
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            self.change("deal.opened", actor=start.by, title=start.title, amount=start.amount)
            self.enter(self.pipeline.stage(self.state.stage))

    @property
    def begun_with(self) -> DealStart:
        return self.start

    def renewed(self) -> DealStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: DealStart) -> str:
        await self.live(self._tend(), self.run_actions(), self._watch_activity())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        while self.state.closed_at is None:
            if self._kind == "won" and self.state.order_id is None:
                await self._place_order()
            elif self._kind == "won" and self.quote_is_left:
                await self.withdraw_quote(self.state.moved_by or "system")
            elif self._kind == "lost":
                await self._withdraw_contract()
                await self.withdraw_quote(self.state.moved_by or "system")
                await self.withdraw_invoice(self.state.moved_by or "system")
                self.cancel_tasks()
                self.close("lost")
                self.change("deal.closed", outcome="lost")
            else:
                kind, order = self._kind, self.state.order_id
                await self.wait(
                    lambda: (
                        self.state.closed_at is not None
                        or (self._kind, self.state.order_id) != (kind, order)  # noqa: B023 - awaited before they change
                        or (self._kind == "won" and self.quote_is_left)
                    )
                )
        if self.state.outcome == "paid":
            await self.withdraw_quote("system")
        await self.wait(lambda: all(one.error for one in self.state.actions))
        self.give_up_all()

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_move(self, asked: MoveDeal) -> None:
        state = self.state
        self._may_touch(asked)
        if asked.from_stage != state.stage:
            raise Refused("moved_meanwhile", 409, by=state.moved_by, stage=state.stage)
        self._may_work(asked)
        if asked.amount not in (None, state.amount):
            self._amount_is_free()
        may_move(self.pipeline, state.stage, asked.to_stage, facts_of(state, **asked.filled))
        self.check_end(asked.to_stage, asked.reason, asked.note)
        if asked.plan:
            check_plan(asked.plan)

    @command(_may_move)
    def move(self, asked: MoveDeal) -> None:
        state, was = self.state, self.state.stage
        self.fill_in(asked.filled, asked.actor.id)
        self.leave(self.pipeline.stage(was))
        state.stage = asked.to_stage
        state.stage_since = workflow.now()
        state.moved_by = asked.actor.id
        state.visit += 1
        self.end(was, asked.reason, asked.note, asked.competitor)
        state.plan = asked.plan if self._kind == "won" else []
        self._active()
        self.change("deal.moved", actor=asked.actor.id, was=was, now=state.stage, note=asked.note)
        self.enter(self.pipeline.stage(state.stage))

    @command(DealActions._may_work)
    def prioritise(self, asked: SetPriority) -> None:
        """Not a contact with the customer: it wakes no stalled deal."""
        self.state.priority = asked.priority
        self.state.version += 1
        self.change("deal.prioritised", actor=asked.actor.id, priority=asked.priority)

    def _may_follow(self, asked: FollowPipeline) -> None:
        """By who publishes pipelines; the command has checked that."""
        state = self.state
        if pipeline_key(asked.pipeline.kind) != state.pipeline_key:
            raise Refused("pipeline_other", 409)
        if asked.pipeline.version == state.pipeline.version:
            raise Refused("same_version", 409, version=state.pipeline.version)
        if load(PipelinePolicy, asked.pipeline.document).taken_over(state.stage) is None:
            raise Refused("stage_gone", 409, stage=state.stage)

    @command(_may_follow)
    def follow_pipeline(self, asked: FollowPipeline) -> None:
        """What the stage it comes to would do on entry is not done: the deal has not moved."""
        state, was = self.state, self.state.stage
        self.pipeline = load(PipelinePolicy, asked.pipeline.document)
        stage = self.pipeline.taken_over(was)
        assert stage is not None  # noqa: S101 - the validator saw it in the same turn
        state.pipeline, state.stage = asked.pipeline, stage.key
        state.policies = state.policies | {asked.pipeline.kind: asked.pipeline.version}
        if stage.key != was:
            state.stage_since, state.moved_by = workflow.now(), asked.actor.id
            state.visit += 1
        state.version += 1
        self.change("deal.pipeline_moved", actor=asked.actor.id, version=asked.pipeline.version, was=was, now=stage.key)

    @workflow.signal
    def contract_changed(self, news: ContractNews) -> None:
        """The deal is worth what its contract says."""
        state = self.state
        if news.contract_id != state.contract_id:
            return
        state.contract_status, state.amount = news.status, news.amount
        self._active()
        self.change("deal.contract_changed", status=news.status, amount=news.amount)
        if news.status in (*APPROVED, *ENDED):
            owner = [person_key(state.owner_id or "")]
            self.notify(f"deal.contract_{news.status}", owner, title=state.title)
        if news.status in ("rejected", "withdrawn") and self._kind == "open":
            self.contract_again()

    @workflow.signal
    def collection_ended(self, ended: CollectionEnded) -> None:
        if ended.collection_id == self.state.collection_id and self.state.closed_at is None:
            self.cancel_tasks()
            self.close("paid")
            self.change("deal.closed", outcome="paid")

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _watch_activity(self) -> None:
        """One timer: amber, then red, then the manager is told; each once, until somebody does something."""
        while True:
            due = self._stalls_at
            timeout = None if due is None else max(due - workflow.now(), timedelta())
            try:
                await workflow.wait_condition(
                    lambda: self._stalls_at != due,  # noqa: B023 - awaited before due changes
                    timeout=timeout,
                    timeout_summary="no activity",
                )
            except TimeoutError:
                self._stall()

    @property
    def _stalls_at(self) -> datetime | None:
        """When the deal is the next step further from an active one."""
        state = self.state
        if self._kind != "open" or state.closed_at is not None or state.stall >= len(STALLS):
            return None
        return state.active_at + self.pipeline.stall.steps[state.stall]

    def _stall(self) -> None:
        state = self.state
        kind = STALLS[state.stall]
        state.stall += 1
        state.stalled_at = state.stalled_at or workflow.now()
        self.change(kind, since=state.active_at.isoformat())
        owner, manager = person_key(state.owner_id or ""), role_key(Role.REGIONAL_MANAGER, state.region_id)
        self.notify(kind, [manager if state.stall == len(STALLS) else owner], title=state.title)

    async def _withdraw_contract(self) -> None:
        if self.state.contract_id and self.state.contract_status not in NO_CONTRACT:
            await self.signal(
                contract_workflow_id(self.state.contract_id), ContractWorkflow.withdraw, self.state.moved_by or "system"
            )

    async def _place_order(self) -> None:
        """The order is one (`deal/<id>/order`), its collection too (`collection/<order id>`), whatever is repeated."""
        state = self.state
        request = OrderRequest(
            deal_id=state.record_id, contract_id=state.contract_id or "", customer_id=state.customer_id or "",
            owner_id=state.owner_id or "", quote_id=state.quote_id if state.quote_status == "accepted" else None,
            title=state.title, amount=state.amount or 0, currency=state.currency or "", at=state.stage_since,
            plan=state.plan,
        )  # fmt: skip
        order = await self.perform(OrderActivities.place_order, request, "place the order")
        start = CollectionStart(
            collection_id=order.order_id, order_id=order.order_id, deal_id=state.record_id, line_id=state.line_id,
            customer_id=request.customer_id, region_id=state.region_id or "", owner_id=state.owner_id or "",
            title=state.title, amount=request.amount, currency=request.currency,
            number=order.number, terms=order.collection,
        )  # fmt: skip
        await self.start_once(CollectionWorkflow.run, start, collection_workflow_id(order.order_id))
        state.order_id = state.collection_id = order.order_id
        self.change("deal.order_placed", number=order.number)
        if order.service_tier:
            self.change("deal.service_tier", tier=order.service_tier)

    def waiting(self) -> list[Waiting]:
        state = self.state
        owner = [person_key(state.owner_id)] if state.owner_id else []
        failed = [
            Waiting(reason="deal.action_failed", params=told(one), holders=owner, due=one.retry_at)
            for one in state.actions
            if one.error
        ]
        if self._kind == "won":
            return [Waiting(reason="deal.collection", since=state.stage_since), *failed]
        return [self._waits_for(owner), *super().waiting(), *failed]

    def _waits_for(self, owner: list[str]) -> Waiting:
        state = self.state
        if state.contract_status in ("draft", "in_legal", "in_approval"):
            return Waiting(reason=f"deal.contract_{state.contract_status}", since=state.stage_since)
        if state.contract_status in APPROVED and not state.stalled_at:
            return Waiting(reason=f"deal.contract_{state.contract_status}", holders=owner, since=state.active_at)
        reason = "deal.stalled" if state.stalled_at else "deal.next_step"
        return Waiting(
            reason=reason, params={"step": state.next_step}, holders=owner, since=state.active_at, due=self._stalls_at
        )
