"""The door to Temporal: connecting, and commands that are answered in time or say that they are not confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from pydantic import BaseModel
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    RPCError,
    RPCStatusCode,
    RPCTimeoutOrCancelledError,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.service import RetryConfig

from commands.codec import data_converter
from domain.access import Actor
from domain.process import Answer, Command, Given
from domain.refusal import Refused
from keys import derive, master_key
from settings import Settings
from workflows.search import Startable, search_attributes

WAIT = 3.0
"""Seconds to wait until a command is accepted, and then again until the read model shows it."""


OURS = frozenset({
    RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED,
})  # fmt: skip
"""Faults of ours or of the set-up. Any other status, a broken connection's UNKNOWN and INTERNAL among them, says only
that the server was not reached."""


async def connect(settings: Settings, **options: Any) -> Client:
    """A client with our converter; address, namespace, TLS and API key come from `TEMPORAL_*`."""
    config: Mapping[str, Any] = ClientConfig.load_client_connect_config()
    return await Client.connect(
        **{"target_host": "127.0.0.1:7233", **config},
        data_converter=data_converter(derive(master_key(settings), "temporal payloads")),
        retry_config=RetryConfig(max_elapsed_time_millis=2_000),
        **options,
    )


def update_id(actor: Actor, key: str) -> str:
    """One per person and Idempotency-Key: one's own repeat gets the first answer, nobody gets another's."""
    return sha256(f"{actor.id}\0{key}".encode()).hexdigest()


class ProcessEnded(Refused):
    """There is no running process of this id (409)."""

    def __init__(self) -> None:
        super().__init__("process_ended", 409)


class ProcessUnknown(ProcessEnded):
    """Temporal knows none of this id: it has not begun yet, or ended so long ago that it is kept no longer."""


class Answered(BaseModel):
    answers: dict[str, Given] = {}


class Continued(BaseModel):
    """Of the input of a run that goes on from another: what is read here."""

    state: Answered | None = None


class Processes:
    """Starts and updates processes. Raises Refused for what a process refuses, and for 503 «not confirmed»."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self.task_queue = task_queue

    async def update(self, workflow_id: str, update: Any, command: Command) -> Answer:
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            return await _answered(
                handle.start_update(update, command, id=command.key, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
            )
        except ProcessEnded:
            # Perhaps this very command ended it, and its answer was lost on the way.
            answer = await self.given(workflow_id, command.key)
            if answer is None:
                raise
            return answer

    async def given(self, workflow_id: str, key: str) -> Answer | None:
        """What the newest run, which may have ended, answered to a command of this key. Raises ProcessUnknown."""
        given = (await self.answers(workflow_id)).get(key)
        return None if given is None else Answer(revision=given.revision, seen=True, result=given.result)

    async def answers(self, workflow_id: str) -> dict[str, Given]:
        """All that the newest run has answered, by key. Raises ProcessUnknown.

        Read from its history: a worker that is asked for it has to go through the whole case again, and in a rush or
        while it restarts that takes longer than anybody waits who clicked once more on what has just ended.
        """
        answers: dict[str, Given] = {}
        history = self.client.get_workflow_handle(workflow_id).fetch_history_events(
            rpc_timeout=timedelta(seconds=WAIT), skip_archival=True
        )
        try:
            async for event in history:
                answers |= await self._answers_in(event)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise ProcessUnknown from None
            raise Refused("not_confirmed", 503) from error
        return answers

    async def _answers_in(self, event: HistoryEvent) -> dict[str, Given]:
        begun = event.workflow_execution_started_event_attributes
        if begun.continued_execution_run_id:  # with what the run before had answered
            (start,) = await self.client.data_converter.decode(begun.input.payloads, [Continued])
            return start.state.answers if start.state else {}
        done = event.workflow_execution_update_completed_event_attributes
        if done.outcome.HasField("success"):
            (given,) = await self.client.data_converter.decode(done.outcome.success.payloads, [Given])
            return {done.meta.update_id: given}
        return {}

    async def open(
        self, run: Any, start: Startable, workflow_id: str, opened: Any, command: Command, *, again: bool = False
    ) -> Answer:
        """Starts a process and answers once its first rows are there; a repeat finds the one that was started.

        `again`: one of this id may have ended before, and goes on in a new run.
        """
        reuse = WorkflowIDReusePolicy
        operation = WithStartWorkflowOperation(
            run,
            start,
            id=workflow_id,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=reuse.ALLOW_DUPLICATE if again else reuse.REJECT_DUPLICATE,
            search_attributes=search_attributes(start, workflow_id),
        )
        return await _answered(
            self.client.start_update_with_start_workflow(
                opened,
                command,
                id=command.key,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                start_workflow_operation=operation,
            )
        )

    async def start(self, run: str, start: Any, workflow_id: str) -> None:
        """Starts a process that nobody waits for; one that was started before stays as it is."""
        await self.client.start_workflow(
            run,
            start,
            id=workflow_id,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            rpc_timeout=timedelta(seconds=WAIT),
        )

    async def tell_or_begin(
        self, run: str, start: dict[str, Any], workflow_id: str, signal: str, message: dict[str, Any]
    ) -> None:
        """Tells a process; one that has ended begins again, with the news."""
        await self.client.start_workflow(
            run,
            start,
            id=workflow_id,
            task_queue=self.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=signal,
            start_signal_args=[message],
            rpc_timeout=timedelta(seconds=WAIT),
        )

    async def signal(self, workflow_id: str, signal: str, message: dict[str, Any]) -> None:
        """Tells a process; one that has ended no longer needs to know."""
        try:
            handle = self.client.get_workflow_handle(workflow_id)
            await handle.signal(signal, message, rpc_timeout=timedelta(seconds=WAIT))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise


async def _answered(started: Any) -> Answer:
    """Accepted within `WAIT`, else 503; seen within another `WAIT`, else an answer that says so."""
    try:
        handle: WorkflowUpdateHandle[Answer] = await asyncio.wait_for(started, WAIT)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCTimeoutOrCancelledError):
        raise Refused("not_confirmed", 503) from None
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from None
    except RPCError as error:
        raise _unreached(error) from error
    try:
        return await asyncio.wait_for(handle.result(), WAIT)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return Answer(revision=0, seen=False)
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from None
    except RPCError as error:
        raise _unreached(error) from error


def _refused(failed: WorkflowUpdateFailedError) -> Refused:
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == "Refusal":
        detail = cause.details[0]
        return Refused(cause.message, detail["status"], field=detail["field"], **detail["params"])
    return ProcessEnded()


def _unreached(error: RPCError) -> Refused | RPCError:
    if error.status == RPCStatusCode.NOT_FOUND:
        return ProcessEnded()
    if error.status in OURS:
        return error
    return Refused("not_confirmed", 503)
