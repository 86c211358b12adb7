"""Decisions by mail: a link shows one approver their case, and lets them decide once, without signing in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from commands.credentials import Visitor
from commands.task import TaskCommands
from commands.throttle import Throttle
from db.actor import actor_of
from db.audit import record
from db.process import Task
from domain.access import Actor
from domain.process import Answer
from domain.refusal import Refused
from domain.task import holds, taken_by_other
from keys import Seal
from settings import Settings

PER_MINUTE = 60
"""Looks and decisions from one address: an office may stand behind one."""
TOKEN = re.compile(r"[\w-]{100,400}", re.ASCII)
APPROVALS = frozenset({
    "task.opened.approve", "task.reminded.approve", "task.escalated.approve", "approval.nudged",
})  # fmt: skip
"""Notices whose mail carries such a link."""


class DecisionLinks:
    """A link is a sealed note of the task, the person and the moment it was made: nothing of it is kept anywhere.

    It serves once because a task is decided once, and no longer than the person holds the task.
    """

    def __init__(self, master: bytes, settings: Settings) -> None:
        self._seal = Seal(master, "decisions by mail")
        self._life = timedelta(days=settings.mail_link_days)

    def path(self, task_id: str, person_id: str) -> str:
        """Empty where the installation has no such links."""
        if not self._life:
            return ""
        # Some programs take a "=" at an address's end for something else.
        return f"/decide/{self._seal.close(task_id, person_id).rstrip('=')}"

    def read(self, token: str) -> tuple[str, str]:
        """The task's id and the person's. Raises Refused: 404 link_unknown, 410 link_expired or links_off."""
        note = token + "=" * (-len(token) % 4)
        parts = self._seal.open(note) if TOKEN.fullmatch(token) else None
        if parts is None:
            raise Refused("link_unknown", 404)
        if not self._life:
            raise Refused("links_off", 410)
        if self._seal.open(note, within=self._life) is None:
            raise Refused("link_expired", 410, days=self._life.days)
        task_id, person_id = parts
        return task_id, person_id


@dataclass(frozen=True)
class Asked:
    """Whose decision is asked for, and the task as it stands now."""

    actor: Actor
    task: Task

    @property
    def wants_proof(self) -> bool:
        """The step wants a signature or a second factor: that is given after signing in."""
        proof: str = self.task.params.get("proof", "none")
        return proof != "none"


class DecisionsByMail:
    def __init__(self, tasks: TaskCommands, links: DecisionLinks) -> None:
        self.tasks = tasks
        self.links = links
        self._throttle = Throttle("too_many_tries", per_minute=PER_MINUTE)

    async def open(self, token: str, visitor: Visitor) -> Asked:
        """Looks only: machines follow the links in mails, too.

        Raises Refused: what `DecisionLinks.read` says; 410 link_of_nobody for who left; 409 already_decided,
        task_cancelled, claimed or passed_on; 429 too_many_tries.
        """
        self._throttle.take(visitor.address)
        task_id, person_id = self.links.read(token)
        async with self.tasks.desk.db.session(person_id) as session:
            try:
                actor = await actor_of(session, person_id)
            except Refused:
                raise Refused("link_of_nobody", 410) from None
            task = await session.get(Task, task_id)
        if task is None:
            raise Refused("link_unknown", 404)
        _check(task, actor)
        return Asked(actor, task)

    async def decide(
        self, asked: Asked, key: str, visitor: Visitor, *, outcome: str, version: int, comment: str | None
    ) -> Answer:
        """Raises Refused as `TaskCommands.decide` does; 403 sign_in_to_decide where a proof is wanted."""
        if asked.wants_proof:
            raise Refused("sign_in_to_decide", 403)
        actor, task = asked.actor, asked.task
        async with self.tasks.desk.db.session(actor.id) as session:
            await record(session, actor.id, "mail_link.used", f"task/{task.id}", address=visitor.address)
        return await self.tasks.decide(
            actor, key, task.id, outcome=outcome, version=version, comment=comment, visitor=visitor
        )


def _check(task: Task, actor: Actor) -> None:
    """The process decides by the same rules (domain.task); here they say what to show."""
    if task.status == "done":
        raise Refused("already_decided", 409, by=task.decided_by, outcome=task.outcome, at=str(task.decided_at))
    if task.status == "cancelled":
        raise Refused("task_cancelled", 409)
    if not holds(task, actor):
        raise Refused("passed_on", 409)
    if taken_by_other(task, actor):
        raise Refused("claimed", 409, by=task.claimed_by)
