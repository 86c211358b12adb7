"""Human tasks: claimed, released, decided, by whoever holds them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from sqlalchemy import select, true

from commands.credentials import Credentials, Visitor
from commands.desk import Desk
from commands.idempotency import claim
from commands.temporal import update_id
from db.person import Person, people_by_id
from db.process import Task
from db.scope import tasks_within, visible
from db.team import asks_somebody_of
from domain.access import Action, Actor
from domain.process import Answer
from domain.refusal import Refused, forbidden, invalid, not_found
from workflows.approval import ApprovalWorkflow, Decide
from workflows.approval_message import AddSigner, Ask
from workflows.deal import DealWorkflow
from workflows.deal_action import FinishTask
from workflows.human_task import MoveTask, TaskCommand, TaskProcess
from workflows.ticket import TicketWorkflow
from workflows.ticket_clock import SeenTo

BULK = 100
"""Tasks decided in one go."""


HERE = Visitor("")


class TaskCommands:
    def __init__(self, desk: Desk, credentials: Credentials) -> None:
        self.desk = desk
        self.credentials = credentials

    async def claim(self, actor: Actor, key: str, task_id: str) -> Answer:
        return await self.act(actor, key, task_id, TaskProcess.claim, TaskCommand)

    async def release(self, actor: Actor, key: str, task_id: str) -> Answer:
        return await self.act(actor, key, task_id, TaskProcess.release, TaskCommand)

    async def decide(
        self, actor: Actor, key: str, task_id: str, *, outcome: str, version: int, comment: str | None = None,
        condition: str | None = None, to: str | None = None, signature: str | None = None, code: str | None = None,
        visitor: Visitor = HERE, bulk: bool = False,
    ) -> Answer:  # fmt: skip
        """`outcome` is approve, return or reject; `to` an earlier step to return to. Only for approval tasks.

        `signature` is the approver's name as typed, `code` one of their second factor: where the step asks for it.
        """
        proof = await self._prove(actor, visitor, signature, code)
        return await self.act(
            actor, key, task_id, ApprovalWorkflow.decide, Decide, kind="approve", outcome=outcome, version=version,
            comment=comment, condition=condition, to=to, proof=proof, bulk=bulk,
        )  # fmt: skip

    async def decide_many(
        self, actor: Actor, key: str, tasks: Sequence[tuple[str, int]], *, outcome: str, comment: str | None = None
    ) -> dict[str, Answer | Refused]:
        """Each of `tasks` (id, version) by itself: what is refused for one holds up no other."""
        versions = dict(tasks)
        return await _each(
            versions,
            lambda task_id: self.decide(
                actor, f"{key}/{task_id}", task_id, outcome=outcome, version=versions[task_id], comment=comment,
                bulk=True,
            ),
        )  # fmt: skip

    async def _prove(self, actor: Actor, visitor: Visitor, signature: str | None, code: str | None) -> str | None:
        if code:
            await self.prove_code(actor, visitor, code)
            return "second_factor"
        if signature:
            async with self.desk.db.session(actor.id) as session:
                person = await session.get_one(Person, actor.id)
            names = {name.casefold() for name in (person.name, person.name_en) if name}
            if " ".join(signature.split()).casefold() not in names:
                raise invalid("signature_unlike", "signature")
            return "signature"
        return None

    async def prove_code(self, actor: Actor, visitor: Visitor, code: str) -> None:
        """Raises Refused: 422 wrong_code, 429 too_many_attempts."""
        try:
            await self.credentials.confirm_code(visitor, actor.id, code)
        except Refused as refused:
            raise refused if refused.status != 401 else invalid("wrong_code", "code") from None

    async def delegate(self, actor: Actor, key: str, task_id: str, *, to: str, why: str | None) -> Answer:
        await self._there(actor, [to], "to")
        return await self.act(actor, key, task_id, ApprovalWorkflow.delegate, MoveTask, kind="approve", to=to, why=why)

    async def add_signer(
        self, actor: Actor, key: str, task_id: str, *, people: list[str], where: str, mode: str, why: str | None
    ) -> Answer:
        await self._there(actor, people, "people")
        return await self.act(
            actor, key, task_id, ApprovalWorkflow.add_signer, AddSigner, kind="approve",
            people=people, where=where, mode=mode, why=why,
        )  # fmt: skip

    async def finish(self, actor: Actor, key: str, task_id: str, *, comment: str | None = None) -> Answer:
        """A task of a deal's stage is done, or an overdue ticket was seen to."""
        async with self.desk.db.session(actor.id) as session:
            kind = await session.scalar(select(Task.kind).where(Task.id == task_id))
        if kind == "ticket_overdue":
            return await self.act(actor, key, task_id, TicketWorkflow.see_to, SeenTo, kind=kind, comment=comment)
        return await self.act(
            actor, key, task_id, DealWorkflow.finish_task, FinishTask, kind="stage_task", comment=comment
        )

    async def ask(self, actor: Actor, key: str, task_id: str, text: str) -> Answer:
        """A question to the submitter, who gets a task to answer it."""
        return await self.act(actor, key, task_id, ApprovalWorkflow.ask, Ask, kind="approve", text=text)

    async def answer(self, actor: Actor, key: str, task_id: str, text: str) -> Answer:
        return await self.act(actor, key, task_id, ApprovalWorkflow.answer, Ask, kind="answer_question", text=text)

    async def hand_on(self, actor: Actor, key: str, task_id: str, *, to: str, why: str | None) -> Answer:
        """By an administrator, or by a manager to whose team the task is open; the audit log has it."""
        actor.require(Action.TASK_HAND_ON)
        await self._there(actor, [to], "to")
        return await self.act(actor, key, task_id, TaskProcess.hand_on, MoveTask, own=False, to=to, why=why)

    async def hand_on_many(
        self, actor: Actor, key: str, task_ids: Collection[str], *, to: str, why: str
    ) -> dict[str, Answer | Refused]:
        """Each by itself, as `hand_on`."""
        actor.require(Action.TASK_HAND_ON)
        await self._there(actor, [to], "to")
        return await _each(task_ids, lambda task_id: self.hand_on(actor, f"{key}/{task_id}", task_id, to=to, why=why))

    async def _there(self, actor: Actor, people: list[str], field: str) -> None:
        async with self.desk.db.session(actor.id) as session:
            known = await people_by_id(session, people)
        if any(person not in known or not known[person].active for person in people):
            raise invalid("person_unknown", field)

    async def act(
        self, actor: Actor, key: str, task_id: str, update: Any, message: type[TaskCommand], *,
        kind: str | None = None, own: bool = True, **fields: Any,
    ) -> Answer:  # fmt: skip
        """Sends its process one command.

        `own`: only for a task that this person has to do with; else for one that they may hand on.
        """
        async with self.desk.db.session(actor.id) as session:
            task = await session.scalar(select(Task).where(Task.id == task_id, tasks_within(actor) if own else true()))
            if task is None:
                raise not_found("task")
            if not own:
                await visible(session, actor, task.process_kind, task.record_id)
                if not await session.scalar(select(asks_somebody_of(actor)).where(Task.id == task_id)):
                    raise forbidden(Action.TASK_HAND_ON)
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


async def _each(task_ids: Collection[str], act: Callable[[str], Awaitable[Answer]]) -> dict[str, Answer | Refused]:
    """Does the same to several tasks, a few at a time."""
    if len(task_ids) > BULK:
        raise invalid("too_many", "tasks", most=BULK)
    few = asyncio.Semaphore(8)

    async def one(task_id: str) -> Answer | Refused:
        async with few:
            try:
                return await act(task_id)
            except Refused as refused:
                return refused

    ends = await asyncio.gather(*map(one, task_ids))
    return dict(zip(task_ids, ends, strict=True))
