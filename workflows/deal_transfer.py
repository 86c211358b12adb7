"""How a deal goes over: to another owner with all that is under way behind it, a part of it to a deal of its own, and
once it was lost to a new run."""

from collections.abc import Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.deal import DealActivities, DealState, HandedOver, SplitOff
    from domain.access import Action, person_key
    from domain.pipeline import PipelinePolicy, Stage
    from domain.process import Command
    from domain.refusal import Refused, forbidden, invalid
    from workflows.contract import APPROVED, FIXED
    from workflows.human_task import OwnerChanged, TaskProcess
    from workflows.process import command


class HandOverDeal(Command):
    """`to` sells in the deal's region: its command has looked. `version` is the one the person saw."""

    to: str
    version: int
    note: str = ""


class SplitDeal(Command):
    """`amount` (minor units) goes over to the new deal `deal_id`."""

    deal_id: str
    title: str
    amount: int
    version: int


class ReopenDeal(Command):
    """Sent with the start of the run that goes on with a lost deal."""

    note: str = ""


class DealTransfer(TaskProcess[DealState]):
    projection = DealActivities.project_deal

    pipeline: PipelinePolicy

    @property
    def _kind(self) -> str:
        return self.pipeline.stage(self.state.stage).kind

    def _active(self) -> None:
        """Somebody did something: the deal is not stalled, and a page from before is stale."""
        self.state.active_at = workflow.now()
        self.state.stalled_at, self.state.stall = None, 0
        self.state.version += 1

    def _may_touch(self, asked: Command) -> None:
        """Its owner, or who leads the region."""
        state = self.state
        if not asked.actor.reaches(Action.DEAL_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.DEAL_WORK)

    def _may_work(self, asked: Command) -> None:
        self._may_touch(asked)
        if self._kind != "open":
            raise Refused("deal_closed", 409, stage=self.state.stage)

    def _is_current(self, version: int) -> None:
        if version != self.state.version:
            raise Refused("stale_version", 409, version=self.state.version)

    # --- to another owner -----------------------------------------------------------------------------------------

    def _may_hand_over(self, asked: HandOverDeal) -> None:
        self._may_touch(asked)
        if self.state.closed_at is not None or self._kind == "lost":
            raise Refused("deal_closed", 409, stage=self.state.stage)
        self._is_current(asked.version)
        if asked.to == self.state.owner_id:
            raise invalid("owner_same", "to")

    @command(_may_hand_over)
    def hand_over(self, asked: HandOverDeal) -> None:
        state, was = self.state, self.state.owner_id or ""
        state.handed_over.append(HandedOver(was=was, now=asked.to, by=asked.actor.id))
        self._active()
        self.take_over(OwnerChanged(was=was, now=asked.to, by=asked.actor.id, note=asked.note))
        self.notify("deal.handed_over", [person_key(asked.to)], title=state.title)

    # --- a part of it ---------------------------------------------------------------------------------------------

    def _may_split(self, asked: SplitDeal) -> None:
        state = self.state
        self._may_work(asked)
        self._is_current(asked.version)
        self._amount_is_free()
        if not 0 < asked.amount < (state.amount or 0):
            raise invalid("split_amount", "amount", most=state.amount, currency=state.currency)

    def _amount_is_free(self) -> None:
        if self.state.contract_status in FIXED:
            raise Refused("amount_fixed", 409, field="amount", contract=self.state.contract_status)

    @command(_may_split)
    def split(self, asked: SplitDeal) -> dict[str, str]:
        state = self.state
        state.amount = (state.amount or 0) - asked.amount
        state.amount_news = True
        state.splits.append(SplitOff(deal_id=asked.deal_id, title=asked.title, amount=asked.amount, by=asked.actor.id))
        self._active()
        self.change("deal.split", actor=asked.actor.id, part=asked.title, amount=asked.amount)
        return {"deal_id": asked.deal_id}

    # --- the whole of it, again -----------------------------------------------------------------------------------

    def _may_reopen(self, asked: ReopenDeal) -> None:
        """Who may was asked before this run was started; it answers only those who started it."""
        if self.state.closed_at is not None:
            raise Refused("not_confirmed", 503)  # the run before is about to end
        if asked.key != self.state.reopened_key:
            raise Refused("deal_under_way", 409, by=self.state.reopened_by)

    @command(_may_reopen)
    def reopened(self, asked: ReopenDeal) -> None:
        """It enters its stage once more, and what that sets going is done anew."""
        state = self.state
        state.stage_since = workflow.now()
        state.visit += 1
        self._active()
        self.change("deal.reopened", actor=asked.actor.id, now=state.stage, note=asked.note or None)
        self.enter(self.pipeline.stage(state.stage))

    def enter(self, stage: Stage) -> None:
        """Sets the stage's actions going."""
        raise NotImplementedError

    # --- carried out beside the deal's own way --------------------------------------------------------------------

    async def live(self, *steps: Coroutine[Any, Any, None]) -> None:
        main, *beside = steps
        await super().live(self._when_all_is_carried_out(main), *beside, self._carry_out())

    async def _when_all_is_carried_out(self, main: Coroutine[Any, Any, None]) -> None:
        await main
        await workflow.wait_condition(lambda: not self._pending)

    @property
    def _pending(self) -> bool:
        return bool(self.state.splits or self.state.handed_over or self.state.amount_news or self.state.lines_news)

    async def _carry_out(self) -> None:
        """Each is taken off the list once it is done: a new run begins again with what may be half done."""
        state = self.state
        while True:
            await workflow.wait_condition(lambda: self._pending)
            if state.splits:
                await self._open_part(state.splits[0])
                state.splits.pop(0)
            elif state.handed_over:
                change = state.handed_over[0]
                for workflow_id in self.behind():
                    await self.signal(workflow_id, "owner_changed", OwnerChanged(**change.model_dump()))
                state.handed_over.pop(0)
            elif state.lines_news:
                state.lines_news = False
                await self.signal(f"invoice/{state.invoice_id}", "take_lines", None)
            else:
                state.amount_news = False
                if state.contract_id:
                    await self.signal(f"contract/{state.contract_id}", "amount_changed", state.amount or 0)

    @property
    def begun_with(self) -> Any:
        """The start message, which a part's is made from."""
        raise NotImplementedError

    def behind(self) -> list[str]:
        """The processes that work for this deal and belong to its owner."""
        state = self.state
        known = {
            "quote": state.quote_id, "contract": state.contract_id, "invoice": state.invoice_id,
            "collection": state.collection_id,
        }  # fmt: skip
        behind = [f"{kind}/{record_id}" for kind, record_id in known.items() if record_id]
        return [*behind, f"contract/{state.contract_id}/term"] if state.contract_status in APPROVED else behind

    async def _open_part(self, part: SplitOff) -> None:
        state = self.state
        start = self.begun_with.model_copy(
            update={
                "deal_id": part.deal_id, "line_id": part.deal_id, "owner_id": state.owner_id, "title": part.title,
                "amount": part.amount, "close_on": state.close_on, "next_step": state.next_step,
                "next_step_on": state.next_step_on, "stage": state.stage, "people": state.people,
                "competitors": [one.model_copy(update={"id": self.new_id()}) for one in state.competitors],
                "files": [], "copied_from": None, "split_from": state.record_id,
                "by": part.by, "pipeline": state.pipeline, "state": None,
            }
        )  # fmt: skip
        await self.start_once("DealWorkflow", start, f"deal/{part.deal_id}")
