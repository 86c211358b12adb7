"""What people keep on a deal's record, whichever stage it stands in: its figures, its follow-ups."""

from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.deal import DealActivities, DealState
    from domain.access import Action
    from domain.pipeline import PipelinePolicy
    from domain.process import Command
    from domain.refusal import Refused, forbidden
    from workflows.human_task import TaskProcess
    from workflows.process import command


class EditDeal(Command):
    """None leaves a field as it is; `no_close_on` takes the close date away. `version` is the one the editor saw."""

    version: int
    title: str | None = None
    amount: int | None = None
    close_on: date | None = None
    no_close_on: bool = False
    next_step: str | None = None


class NoteDeal(Command):
    """A follow-up: `how` is call, visit, wechat, mail or note."""

    how: str
    note: str


class DealRecord(TaskProcess[DealState]):
    """Base of DealWorkflow: what is done on the record, as long as the deal is under way."""

    projection = DealActivities.project_deal

    pipeline: PipelinePolicy

    @property
    def _kind(self) -> str:
        return self.pipeline.stage(self.state.stage).kind

    def _active(self) -> None:
        """Somebody did something: the deal is not stalled, and a page from before is stale."""
        self.state.active_at = workflow.now()
        self.state.stalled_at = None
        self.state.version += 1

    def _may_work(self, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(Action.DEAL_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.DEAL_WORK)
        if self._kind != "open":
            raise Refused("deal_closed", 409, stage=state.stage)

    def _may_edit(self, asked: EditDeal) -> None:
        state = self.state
        self._may_work(asked)
        if asked.version != state.version:
            raise Refused("stale_version", 409, version=state.version)
        if asked.amount not in (None, state.amount) and state.contract_status in ("in_approval", "approved"):
            raise Refused("amount_fixed", 409, field="amount", contract=state.contract_status)

    @command(_may_edit)
    def edit(self, asked: EditDeal) -> None:
        news = asked.model_dump(include={"title", "amount", "close_on", "next_step"}, exclude_none=True)
        if asked.no_close_on:
            news["close_on"] = None
        changed = {k: v for k, v in news.items() if getattr(self.state, k) != v}
        for name, value in changed.items():
            setattr(self.state, name, value)
        self._active()
        self.change("deal.edited", actor=asked.actor.id, **{k: v and str(v) for k, v in changed.items()})

    @command(_may_work)
    def note(self, asked: NoteDeal) -> None:
        self._active()
        self.change("deal.followed_up", actor=asked.actor.id, how=asked.how, note=asked.note)
