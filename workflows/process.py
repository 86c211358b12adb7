"""What every process shares: its one door (updates), its projector, its timers, its turn to a new run.

The pattern and its measurements stand in docs/concepts.md. A process subclasses `Process`, gives `run` and its
commands, and calls `change` whenever something happened.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import (
    ApplicationError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)
from temporalio.workflow import UpdateMethodMultiParam

with workflow.unsafe.imports_passed_through():
    from domain.ids import uuid7
    from domain.process import Answer, Command, Event, Given, Notice, ProcessState, Standing, Waiting
    from domain.refusal import Refused
    from workflows.search import DUE, TROUBLE, Startable, found_by, search_attributes

S = TypeVar("S", bound=ProcessState)
C = TypeVar("C", bound=Command)
P = TypeVar("P", bound="Process[Any]")
A = TypeVar("A")
R = TypeVar("R")


def refusal(refused: Refused) -> ApplicationError:
    detail = {"status": refused.status, "field": refused.field, "params": refused.params}
    return ApplicationError(refused.code, detail, type="Refusal", non_retryable=True)


Act = Callable[[P, C], dict[str, str] | None]


def command(check: Callable[[Any, Any], object]) -> Callable[[Act[P, C]], UpdateMethodMultiParam[[P, C], Answer]]:
    """Makes a method an update's handler: `check` refuses before anything is recorded, the method changes the state.

    A repeat of a key gets the first answer. The answer waits until the read model shows the change, or lags.
    """

    def decorate(act: Act[P, C]) -> UpdateMethodMultiParam[[P, C], Answer]:
        @functools.wraps(act)
        async def handler(self: P, asked: C) -> Answer:
            given = self.state.answers.get(asked.key)
            if given is None:
                result = act(self, asked) or {}
                given = Given(revision=self.state.revision, result=result)
                self.state.remember(asked.key, given)
            return await self.settled(given)

        def validator(self: P, asked: C) -> None:
            if asked.key in self.state.answers:
                return
            try:
                check(self, asked)
            except Refused as refused:
                raise refusal(refused) from None

        handler.__annotations__ = act.__annotations__ | {"return": Answer}
        validator.__annotations__ = act.__annotations__ | {"return": None}
        update: UpdateMethodMultiParam[[P, C], Answer] = workflow.update(handler)
        update.validator(validator)
        return update

    return decorate


class _TurnOver(Exception):
    """The history has grown long: go on in a new run."""


class Process(Generic[S]):
    """Base of a process. A subclass sets `projection`, and in `__init__` (a @workflow.init) calls `begin`."""

    projection: ClassVar[Any]
    """The activity that writes the process's rows from its whole state."""

    state: S

    def begin(self, state: S) -> None:
        self.state = state
        self.projected = 0
        self.lagging = False
        state.run_id = workflow.info().run_id
        if state.opened_at is None:
            state.opened_at = workflow.now()
        else:
            self._next_revision()  # a new run writes its id, and the old run's late write is too old

    # --- what subclasses give -------------------------------------------------------------------------------------

    def waiting(self) -> list[Waiting]:
        """Why the process stands still, for people and for the Temporal UI."""
        return [
            Waiting(reason=f"task.{t.kind}", holders=t.holders, since=t.opened_at, due=t.due_at, params=t.params)
            for t in self.state.open_tasks
        ]

    def renewed(self) -> Any:
        """The input of the next run: the process's start message with `state`."""
        raise NotImplementedError

    def _may_look(self, asked: Command) -> None:
        """Opening was authorised by the command that started the process."""

    @command(_may_look)
    def opened(self, asked: Command) -> None:
        """Answers once the first rows are there."""

    @command(_may_look)
    def reproject(self, asked: Command) -> None:
        """Writes the rows anew, for ops who found them lost or behind."""
        self._next_revision()

    @workflow.query
    def standing(self) -> Standing:
        state = self.state
        closed = state.closed_at is not None
        return Standing(revision=state.revision, projected=self.projected, lagging=self.lagging, closed=closed)

    # --- changes --------------------------------------------------------------------------------------------------

    def change(self, kind: str, actor: str = "system", **params: Any) -> None:
        """Something happened: a new revision, and a line in the timeline."""
        now = workflow.now()
        event = Event(id=self.new_id(), at=now, kind=kind, actor=actor, params=params, revision=self._next_revision())
        self.state.events.append(event)

    def _next_revision(self) -> int:
        """Only grows, also after a reset: the clock is ahead of every number given before."""
        now = workflow.now()
        self.state.revision = max(self.state.revision + 1, int(now.timestamp() * 1_000_000))
        self.state.changed_at = now
        return self.state.revision

    def notify(self, kind: str, holders: list[str], **params: Any) -> None:
        """Tells the holders, in the app and by mail. Follows a `change`, with which it is written."""
        self.state.notices.append(
            Notice(id=self.new_id(), kind=kind, holders=holders, params=params, revision=self.state.revision)
        )

    def new_id(self) -> str:
        return uuid7(workflow.now(), workflow.random().getrandbits(74))

    def close(self, outcome: str) -> None:
        self.state.outcome = outcome
        self.state.closed_at = workflow.now()

    # --- life -----------------------------------------------------------------------------------------------------

    async def live(self, *steps: Coroutine[Any, Any, None]) -> None:
        """Runs the first of `steps` to its end with the others and the projector beside it.

        Any of them failing fails the process visibly: a dead projector would accept updates and never finish them.
        """
        main, *beside = [asyncio.create_task(step) for step in (*steps, self._project_for_ever())]
        try:
            while not main.done():
                await workflow.wait([main, *beside], return_when=asyncio.FIRST_COMPLETED)
                ended = [task for task in beside if task.done()]
                for task in ended:
                    task.result()
                    beside.remove(task)
            main.result()
            await workflow.wait_condition(
                lambda: self.projected == self.state.revision and workflow.all_handlers_finished()
            )
        except _TurnOver:
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(self.renewed())
        finally:
            for task in (main, *beside):
                task.cancel()

    async def wait(
        self, condition: Callable[[], bool], *, until: datetime | None = None, summary: str | None = None
    ) -> bool:
        """Waits for the condition (True) or the instant (False); goes on in a new run when the history is long.

        Steps therefore start from the state, never from local variables of an earlier step.
        """
        info = workflow.info()
        timeout = None if until is None else max(until - workflow.now(), timedelta())
        try:
            await workflow.wait_condition(
                lambda: condition() or info.is_continue_as_new_suggested(), timeout=timeout, timeout_summary=summary
            )
        except TimeoutError:
            return condition()
        if not condition():
            raise _TurnOver
        return True

    async def start_once(self, run: Any, start: Startable, workflow_id: str) -> None:
        """Starts another process, which outlives this one; one that was started before goes on as it is."""
        try:
            await workflow.start_child_workflow(
                run,
                start,
                id=workflow_id,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=search_attributes(start, workflow_id),
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("%s was started before", workflow_id)

    async def settled(self, given: Given) -> Answer:
        """The answer to a command, once its revision is projected, or the projector is known to lag."""
        await workflow.wait_condition(lambda: self.projected >= given.revision or self.lagging)
        return Answer(revision=given.revision, seen=self.projected >= given.revision, result=given.result)

    async def perform(
        self,
        activity: Callable[[Any, A], Awaitable[R]],
        argument: A,
        summary: str,
        when_away: Callable[[], None] | None = None,
    ) -> R:
        """An activity on our own database: once, 3 s long; when that fails another, which is tried for ever.

        How long it waits for a worker does not count: in a rush one that waited would be asked for twice, for nothing.

        Until that succeeds the process answers without it, and is found by what it tries in vain. Never a local one:
        it would run inside a workflow task that the server may yet lose (a killed worker, a time-out, a new event
        at the end), and show people what then never happened, or happened otherwise.
        """
        method: Any = activity
        try:
            first: R = await workflow.execute_activity_method(
                method,
                argument,
                start_to_close_timeout=timedelta(seconds=3),
                retry_policy=RetryPolicy(maximum_attempts=1),
                summary=summary,
            )
            return first
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
        if when_away:
            when_away()
        workflow.upsert_search_attributes([TROUBLE.value_set(method.__name__)])
        result: R = await workflow.execute_activity_method(
            method,
            argument,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
            summary=summary,
        )
        workflow.upsert_search_attributes([TROUBLE.value_unset()])
        return result

    async def signal(self, workflow_id: str, signal: Any, message: Any) -> None:
        """Tells another process; one that has ended no longer needs to know."""
        try:
            await workflow.get_external_workflow_handle(workflow_id).signal(signal, message)
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
            workflow.logger.info("%s has ended and was not told", workflow_id)

    # --- the projector --------------------------------------------------------------------------------------------

    def presentable(self) -> bool:
        """Whether the rows may be written now: not while what belongs to the last change is still being found out."""
        return True

    async def _project_for_ever(self) -> None:
        while True:
            await workflow.wait_condition(lambda: self.state.revision > self.projected)
            # Conditions are looked at only when nothing else is ready: by now every change of this turn is in.
            await workflow.wait_condition(lambda: True)
            if not self.presentable():
                await workflow.wait_condition(self.presentable)
            self.state.waiting = [] if self.state.closed_at else self.waiting()
            self._show()
            snapshot = self.state.model_copy(deep=True)
            await self._project(snapshot)
            self.projected = snapshot.revision
            self.state.confirm(snapshot.revision)

    async def _project(self, snapshot: S) -> None:
        """When PostgreSQL is away, updates are told so instead of waiting for it."""
        try:
            await self.perform(self.projection, snapshot, f"read model at revision {snapshot.revision}", self._lag)
        finally:
            self.lagging = False

    def _lag(self) -> None:
        self.lagging = True

    def _show(self) -> None:
        """Search attributes and current details: how ops find and understand the case in the Temporal UI."""
        state = self.state
        reasons = [f"{w.reason}{f' until {w.due:%Y-%m-%d %H:%M:%S %Z}' if w.due else ''}" for w in state.waiting]
        workflow.set_current_details(f"**{state.stage}**\n\n" + "\n".join(f"- {reason}" for reason in reasons))
        if state.closed_at is not None:
            return  # what it ended as stands in its result; one more write of the index would tell nobody anything
        wanted = found_by(state, state.record_id, state.stage)
        wanted[DUE] = min((w.due for w in state.waiting if w.due), default=None)
        shown = workflow.info().typed_search_attributes
        news = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in wanted.items()
            if shown.get(key) != value
        ]
        if news:
            workflow.upsert_search_attributes(news)
