"""Human tasks: claimed, released, decided, by whoever holds them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from commands.desk import Desk
from commands.idempotency import claim
from commands.temporal import update_id
from db.process import Task
from db.scope import tasks_within
from domain.access import Actor
from domain.process import Answer
from domain.refusal import Refused, not_found
from workflows.approval import ApprovalWorkflow, Decide
from workflows.human_task import TaskCommand, TaskProcess


class TaskCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def claim(self, actor: Actor, key: str, task_id: str) -> Answer:
        return await self._act(actor, key, task_id, TaskProcess.claim, TaskCommand)

    async def release(self, actor: Actor, key: str, task_id: str) -> Answer:
        return await self._act(actor, key, task_id, TaskProcess.release, TaskCommand)

    async def decide(
        self, actor: Actor, key: str, task_id: str, *, outcome: str, version: int, comment: str | None = None
    ) -> Answer:
        """`outcome` is approve, return or reject; only approval tasks are decided so."""
        return await self._act(
            actor, key, task_id, ApprovalWorkflow.decide, Decide, kind="approve",
            outcome=outcome, version=version, comment=comment,
        )  # fmt: skip

    async def _act(
        self, actor: Actor, key: str, task_id: str, update: Any, message: type[TaskCommand], *,
        kind: str | None = None, **fields: Any,
    ) -> Answer:  # fmt: skip
        async with self.desk.db.session(actor.id) as session:
            task = await session.scalar(select(Task).where(Task.id == task_id, tasks_within(actor)))
            if task is None:
                raise not_found("task")
            if kind is not None and task.kind != kind:
                raise Refused("not_decidable", 409, kind=task.kind)
            await claim(session, actor, key, message.__name__, f"task/{task_id}", fields)
        command = message(actor=actor, key=update_id(actor, key), task_id=task_id, **fields)
        try:
            return await self.desk.send(actor, key, task.workflow_id, update, command)
        except Refused as refused:
            if refused.code != "process_ended":
                raise
            raise await self._decided(actor, task_id) or refused from None

    async def _decided(self, actor: Actor, task_id: str) -> Refused | None:
        """A process that has ended cannot say any more who decided; its row does."""
        async with self.desk.db.session(actor.id) as session:
            task = await session.get_one(Task, task_id)
        if task.status != "done":
            return None
        return Refused(
            "already_decided", 409, by=task.decided_by, outcome=task.outcome, at=str(task.decided_at), task=task.id
        )
