"""A deal moves through the stages of its pipeline. Negotiation opens the contract; won makes the order, and its
collection, once; lost withdraws what is under way. It ends when the money is in."""

from datetime import date, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.deal import DealState
    from activities.order import OrderActivities, OrderRequest
    from activities.policy import PinnedPolicy
    from domain.access import person_key
    from domain.deal import Competitor, DealFile, DealPerson
    from domain.pipeline import PipelinePolicy, may_move
    from domain.policy import load
    from domain.process import Command, Waiting
    from domain.refusal import Refused
    from workflows.collection import CollectionEnded, CollectionStart, CollectionWorkflow, collection_workflow_id
    from workflows.contract import ENDED, ContractNews, ContractStart, ContractWorkflow, contract_workflow_id
    from workflows.deal_record import DealRecord
    from workflows.process import command

STALLS_AFTER = timedelta(days=7)


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
    `competitor`, who won it.
    """

    from_stage: str
    to_stage: str
    reason: str | None = None
    note: str | None = None
    competitor: str | None = None


@workflow.defn(name="DealWorkflow")
class DealWorkflow(DealRecord):
    @workflow.init
    def __init__(self, start: DealStart) -> None:
        now = workflow.now()
        self.pipeline = load(PipelinePolicy, (start.state or start).pipeline.document)
        self.begin(
            start.state
            or DealState(
                record_id=start.deal_id, stage=start.stage or self.pipeline.first.key, stage_since=now, active_at=now,
                policies={"pipeline": start.pipeline.version}, has_parts=start.has_parts,
                **start.model_dump(exclude={"deal_id", "by", "state", "stage"}),
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            self.change("deal.opened", actor=start.by, title=start.title, amount=start.amount)

    @property
    def begun_with(self) -> DealStart:
        return self.start

    def renewed(self) -> DealStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: DealStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        while self.state.closed_at is None:
            if self._needs_contract:
                await self._open_contract()
            elif self._kind == "won" and self.state.order_id is None:
                await self._place_order()
            elif self._kind == "lost":
                await self._withdraw_contract()
                self.close("lost")
                self.change("deal.closed", outcome="lost")
            elif self._kind == "open":
                await self._notice_when_it_stalls()
            else:
                await self.wait(lambda: self.state.closed_at is not None)

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_move(self, asked: MoveDeal) -> None:
        state = self.state
        self._may_work(asked)
        if asked.from_stage != state.stage:
            raise Refused("moved_meanwhile", 409, by=state.moved_by, stage=state.stage)
        facts = {"amount": state.amount, "contract_status": state.contract_status}
        may_move(self.pipeline, state.stage, asked.to_stage, facts)
        self.check_end(asked.to_stage, asked.reason, asked.note)

    @command(_may_move)
    def move(self, asked: MoveDeal) -> None:
        state, was = self.state, self.state.stage
        state.stage = asked.to_stage
        state.stage_since = workflow.now()
        state.moved_by = asked.actor.id
        self.end(was, asked.reason, asked.note, asked.competitor)
        self._active()
        self.change("deal.moved", actor=asked.actor.id, was=was, now=state.stage, note=asked.note)

    @workflow.signal
    def contract_changed(self, news: ContractNews) -> None:
        """The deal is worth what its contract says."""
        state = self.state
        if news.contract_id != state.contract_id:
            return
        state.contract_status, state.amount = news.status, news.amount
        self._active()
        self.change("deal.contract_changed", status=news.status, amount=news.amount)
        if news.status in ENDED:
            owner = [person_key(state.owner_id or "")]
            self.notify(f"deal.contract_{news.status}", owner, title=state.title)

    @workflow.signal
    def collection_ended(self, ended: CollectionEnded) -> None:
        if ended.collection_id == self.state.collection_id and self.state.closed_at is None:
            self.close("paid")
            self.change("deal.closed", outcome="paid")

    # --- steps ----------------------------------------------------------------------------------------------------

    @property
    def _needs_contract(self) -> bool:
        """The last open stage has a contract, anew where the one before came to nothing."""
        last_open = self.pipeline.last_open.key
        return self.state.stage == last_open and self.state.contract_status in (None, "rejected", "withdrawn")

    async def _notice_when_it_stalls(self) -> None:
        state, active, stage = self.state, self.state.active_at, self.state.stage
        until = None if state.stalled_at else active + STALLS_AFTER
        moved = await self.wait(
            lambda: self.state.active_at != active or self.state.stage != stage or self._needs_contract,
            until=until,
            summary="no activity for a week",
        )
        if not moved:
            state.stalled_at = workflow.now()
            self.change("deal.stalled", since=active.isoformat())
            self.notify("deal.stalled", [person_key(state.owner_id or "")], title=state.title)

    async def _open_contract(self) -> None:
        state = self.state
        contract = ContractStart(
            contract_id=self.new_id(), deal_id=state.record_id, line_id=state.line_id,
            customer_id=state.customer_id or "", region_id=state.region_id or "", owner_id=state.owner_id or "",
            title=state.title, amount=state.amount or 0, currency=state.currency or "",
        )  # fmt: skip
        state.contract_id, state.contract_status = contract.contract_id, "draft"
        self.change("deal.contract_opened")
        await self.start_once(ContractWorkflow.run, contract, contract_workflow_id(contract.contract_id))

    async def _withdraw_contract(self) -> None:
        if self.state.contract_id and self.state.contract_status in ("draft", "in_approval"):
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
        )  # fmt: skip
        order = await self.perform(OrderActivities.place_order, request, "place the order")
        start = CollectionStart(
            collection_id=order.order_id, order_id=order.order_id, deal_id=state.record_id, line_id=state.line_id,
            customer_id=request.customer_id, region_id=state.region_id or "", owner_id=state.owner_id or "",
            title=state.title, amount=request.amount, currency=request.currency,
            terms=order.collection,
        )  # fmt: skip
        await self.start_once(CollectionWorkflow.run, start, collection_workflow_id(order.order_id))
        state.order_id = state.collection_id = order.order_id
        self.change("deal.order_placed", number=order.number)
        if order.service_tier:
            self.change("deal.service_tier", tier=order.service_tier)

    def waiting(self) -> list[Waiting]:
        state = self.state
        owner = [person_key(state.owner_id)] if state.owner_id else []
        if self._kind == "won":
            return [Waiting(reason="deal.collection", since=state.stage_since)]
        if state.contract_status in ("draft", "in_approval"):
            return [Waiting(reason=f"deal.contract_{state.contract_status}", since=state.stage_since)]
        if state.contract_status == "approved" and not state.stalled_at:
            return [Waiting(reason="deal.contract_approved", holders=owner, since=state.active_at)]
        stalls = None if state.stalled_at else state.active_at + STALLS_AFTER
        reason = "deal.stalled" if state.stalled_at else "deal.next_step"
        return [
            Waiting(reason=reason, params={"step": state.next_step}, holders=owner, since=state.active_at, due=stalls)
        ]
