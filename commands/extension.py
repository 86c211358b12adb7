"""Keeping a customer longer than its tier allows: asked for by its owner, granted or not by the manager."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from commands.idempotency import claim
from commands.pool import PoolCommands
from commands.temporal import update_id
from db.customer import Assignment
from db.extension import open_extension
from db.pool import Place
from db.process import Task
from db.scope import tasks_within
from domain.access import Action, Actor
from domain.process import Answer, Command
from domain.refusal import Refused, invalid, not_found
from workflows.extension import DecideExtension, ExtensionStart, ExtensionWorkflow, extension_workflow_id

LONGEST = timedelta(days=366)


class ExtensionCommands:
    def __init__(self, pool: PoolCommands) -> None:
        self.pool = pool
        self.desk = pool.desk

    async def ask(self, actor: Actor, key: str, place: Place, *, until: datetime, why: str) -> Answer:
        """Of one's own customer that would go back. Raises Refused: 404, 409 extension_open, customer_stays; 422."""
        actor.require(Action.CUSTOMER_WORK)
        if not why.strip():
            raise invalid("extension_why_needed", "why")
        async with self.desk.db.session(actor.id) as session:
            row = await session.get(Assignment, place)
            if row is None or row.owner_id != actor.id:
                raise not_found("customer")
            asked = {"place": place, "until": until.isoformat(), "why": why}
            extension_id = await claim(session, actor, key, "AskExtension", f"customer/{place[0]}", asked)
            if row.due_at is None:
                raise Refused("customer_stays", 409)
            known = await open_extension(session, *place)
            if known is not None and known != extension_id:
                raise Refused("extension_open", 409)
            if not row.due_at < until <= self.pool.now() + LONGEST:
                raise invalid("extension_date", "until", until=row.due_at.isoformat())
            due_at = row.due_at
        start = ExtensionStart(
            extension_id=extension_id, customer_id=place[0], region_id=place[1], owner_id=actor.id, until=until,
            due_at=due_at, why=why.strip(),
        )  # fmt: skip
        command = Command(actor=actor, key=update_id(actor, key))
        return await self.desk.processes.open(
            ExtensionWorkflow.run, start, extension_workflow_id(extension_id), ExtensionWorkflow.opened, command
        )

    async def decide(
        self, actor: Actor, key: str, task_id: str, *, grant: bool, until: datetime | None = None, comment: str = ""
    ) -> Answer:
        """`until`: another day than was asked for. Raises Refused: 404, 403, 409 already_decided, 422."""
        async with self.desk.db.session(actor.id) as session:
            task = await session.scalar(select(Task).where(Task.id == task_id, tasks_within(actor)))
            if task is None:
                raise not_found("task")
            if task.kind != "extend_customer":
                raise Refused("not_decidable", 409, kind=task.kind)
            asked = {"grant": grant, "until": str(until), "comment": comment}
            await claim(session, actor, key, "DecideExtension", f"task/{task_id}", asked)
        command = DecideExtension(
            actor=actor, key=update_id(actor, key), task_id=task_id, grant=grant, until=until, comment=comment or None
        )
        return await self.desk.send(actor, key, task.workflow_id, ExtensionWorkflow.decide, command)
