"""An absence: from its start others have the person's tasks, at its end both hear what was done.

Whose turn a task is follows from the row whenever somebody acts (domain.absence), to the second and without a task
being rewritten. The process keeps the row true, and tells people.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.absence import AbsenceActivities, AbsenceState, Look, Share
    from domain.access import person_key
    from domain.process import Command, Waiting
    from domain.refusal import Refused, invalid
    from workflows.process import Process, command

ENDED = ("over", "cancelled")


def absence_workflow_id(absence_id: str) -> str:
    return f"absence/{absence_id}"


class AbsenceStart(BaseModel):
    absence_id: str
    person_id: str
    substitute: str
    kinds: list[str] = []
    starts_at: datetime
    ends_at: datetime
    reason: str | None = None
    created_by: str
    state: AbsenceState | None = None

    @property
    def line_id(self) -> str:
        return self.absence_id

    @property
    def region_id(self) -> str | None:
        return None

    @property
    def owner_id(self) -> str:
        return self.person_id

    @property
    def amount(self) -> int | None:
        return None


class ChangeAbsence(Command):
    """The whole of it, as it is to be from now on."""

    starts_at: datetime
    ends_at: datetime
    substitute: str
    kinds: list[str]
    reason: str | None = None


@workflow.defn(name="AbsenceWorkflow")
class AbsenceWorkflow(Process[AbsenceState]):
    projection = AbsenceActivities.project_absence

    @workflow.init
    def __init__(self, start: AbsenceStart) -> None:
        self.begin(
            start.state
            or AbsenceState(
                record_id=start.absence_id, line_id=start.absence_id, owner_id=start.person_id,
                **start.model_dump(exclude={"absence_id", "state"}),
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            self.change("absence.planned", actor=start.created_by)
            if self.state.starts_at > workflow.now():
                self.notify("absence.planned", [self.state.substitute], person=self.state.person_id)

    def renewed(self) -> AbsenceStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: AbsenceStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        state = self.state
        if await self._comes("coming", lambda: state.starts_at, "absence begins"):
            state.stage = "away"
            self.change("absence.began")
            await self._tell_begun()
        if await self._comes("away", lambda: state.ends_at, "absence ends"):
            state.stage = "over"
            self.change("absence.ended")
        if state.stage == "over":
            await self._tell_over()
        self.close(state.stage)
        self.change("absence.closed", outcome=state.stage)

    async def _comes(self, stage: str, instant: Callable[[], datetime], summary: str) -> bool:
        """Waits for an instant that may be moved meanwhile; False where the stage is another, or becomes so before."""
        while self.state.stage == stage:
            until = instant()
            if not await self.wait(
                lambda: self.state.stage != stage or instant() != until,  # noqa: B023 - awaited before until changes
                until=until,
                summary=summary,
            ):
                return True
        return False

    # --- messages -------------------------------------------------------------------------------------------------
    # Who may give them is known to the reporting line, which the command has looked at.

    def _may_end(self, asked: Command) -> None:
        if self.state.stage in ENDED:
            raise Refused("absence_ended", 409)

    def _may_change(self, asked: ChangeAbsence) -> None:
        self._may_end(asked)
        if self.state.stage == "away" and asked.starts_at != self.state.starts_at:
            raise invalid("absence_begun", "starts_at")

    @command(_may_change)
    def alter(self, asked: ChangeAbsence) -> None:
        state = self.state
        before = state.substitute
        for name in ("starts_at", "ends_at", "substitute", "kinds", "reason"):
            setattr(state, name, getattr(asked, name))
        self.change("absence.changed", actor=asked.actor.id)
        self.notify("absence.changed", sorted({before, state.substitute}), person=state.person_id)

    @command(_may_end)
    def end(self, asked: Command) -> None:
        """Back early, or not away at all."""
        state = self.state
        if state.stage == "coming":
            state.stage = "cancelled"
            self.change("absence.cancelled", actor=asked.actor.id)
            self.notify("absence.cancelled", [state.substitute], person=state.person_id)
        else:
            state.stage, state.ends_at = "over", workflow.now()
            self.change("absence.ended", actor=asked.actor.id)

    # --- telling --------------------------------------------------------------------------------------------------

    async def _shares(self, at: datetime) -> list[Share]:
        state = self.state
        look = Look(
            absence_id=state.record_id, person_id=state.person_id, substitute=state.substitute, kinds=state.kinds,
            since=state.starts_at, at=at,
        )  # fmt: skip
        return await self.perform(AbsenceActivities.shares, look, "count what others have meanwhile")

    async def _tell_begun(self) -> None:
        state = self.state
        shares = await self._shares(workflow.now())
        self.change("absence.handed_over", tasks=max((share.open for share in shares), default=0))
        for share in shares:
            self.notify("absence.began", [person_key(share.person)], person=state.person_id, tasks=share.open)
        kind = "absence.away" if shares else "absence.nobody"
        self.notify(kind, [person_key(state.person_id)], tasks=max((share.open for share in shares), default=0))

    async def _tell_over(self) -> None:
        """As it was in the last moment of the absence."""
        state = self.state
        shares = await self._shares(state.ends_at - timedelta(microseconds=1))
        done, left = sum(share.done for share in shares), max((share.open for share in shares), default=0)
        self.change("absence.handed_back", done=done, tasks=left)
        for share in shares:
            self.notify(
                "absence.ended", [person_key(share.person)], person=state.person_id, done=share.done, tasks=share.open
            )
        self.notify("absence.back", [person_key(state.person_id)], done=done, tasks=left)

    def waiting(self) -> list[Waiting]:
        state = self.state
        if state.stage == "coming":
            return [Waiting(reason="absence.coming", since=state.opened_at, due=state.starts_at)]
        return [Waiting(reason="absence.away", since=state.starts_at, due=state.ends_at)]
