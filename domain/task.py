"""The human task: one component every process uses. Open to holders, reminded, escalated, claimed, decided once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, get_args

from pydantic import BaseModel

from domain.access import Actor, Role, person_key, role_key, superiors
from domain.refusal import Refused, not_found

Status = Literal["open", "done", "cancelled"]

TaskKind = Literal[
    "approve", "answer_question", "first_contact", "assign_lead", "review_match", "submit_contract", "record_payment",
    "stage_task", "prepare_invoice", "review_contract", "sign_contract", "choose_signatory", "ticket_overdue",
    "confirm_term", "decide_term", "extend_customer",
]  # fmt: skip
KINDS: tuple[TaskKind, ...] = get_args(TaskKind)


class Held(Protocol):
    """A task's row or state, as far as it says whose turn it is."""

    @property
    def kind(self) -> str: ...
    @property
    def holders(self) -> list[str]: ...
    @property
    def from_id(self) -> str | None: ...


class Taken(Held, Protocol):
    @property
    def claimed_by(self) -> str | None: ...
    @property
    def claimed_for(self) -> str | None: ...


def on_behalf(task: Held, actor: Actor) -> str | None:
    """The absent person through whom the actor holds a task; None where they hold it themselves, or not at all.

    What an absent person asked for none of their substitutes approves in anybody's place: it may be through the asker
    that they stand in for the approver.
    """
    takes = [absent for absent in actor.acting_for if absent.takes(task.kind)]
    asked = task.kind == "approve" and any(absent.id == task.from_id for absent in takes)
    if asked or not actor.holder_keys.isdisjoint(task.holders):
        return None
    return next((absent.id for absent in takes if not absent.holder_keys.isdisjoint(task.holders)), None)


def holds(task: Held, actor: Actor) -> bool:
    return not actor.holder_keys.isdisjoint(task.holders) or on_behalf(task, actor) is not None


class Pace(BaseModel):
    """How long a task may take, when its holders are reminded, and when it goes up the line (again and again)."""

    allowed: timedelta | None = None
    remind: timedelta | None = None
    escalate: timedelta | None = None


class HumanTask(BaseModel):
    """`holders` are keys of domain.access; `ladder` are the keys still above them, nearest first.

    While `stopped_at` is set the task's clock stands still: nothing happens to it by itself.
    """

    id: str
    kind: str
    title: str = ""
    params: dict[str, Any] = {}
    holders: list[str]
    ladder: list[str] = []
    from_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    opened_at: datetime
    due_at: datetime | None = None
    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    escalate_every: timedelta | None = None
    escalated_at: datetime | None = None
    stopped_at: datetime | None = None
    status: Status = "open"
    version: int = 1
    claimed_by: str | None = None
    claimed_for: str | None = None
    decided_by: str | None = None
    decided_for: str | None = None
    decided_at: datetime | None = None
    outcome: str | None = None
    comment: str | None = None

    @property
    def open(self) -> bool:
        return self.status == "open"

    def held_by(self, actor: Actor) -> bool:
        return holds(self, actor)

    def on_behalf(self, actor: Actor) -> str | None:
        """For whom the actor acts on it (see `on_behalf`): to be kept as `claimed_for` or `decided_for`."""
        return on_behalf(self, actor)

    @property
    def next_wake(self) -> datetime | None:
        """When something happens to the task by itself; None: nothing will."""
        instants = [at for at in (self.remind_at, self.escalate_at) if at]
        return min(instants, default=None) if self.open and self.stopped_at is None else None


def paced(opened_at: datetime, pace: Pace) -> dict[str, Any]:
    """The instants of a task opened now, as HumanTask's fields. Escalation waits at least for the due time."""
    due = opened_at + pace.allowed if pace.allowed else None
    escalate = pace.escalate or pace.allowed
    return {
        "due_at": due,
        "remind_at": opened_at + pace.remind if pace.remind else None,
        "escalate_at": opened_at + escalate if escalate else None,
        "escalate_every": escalate,
    }


def ladder_of(role: Role, region: str | None, *, without: frozenset[str] = frozenset()) -> list[str]:
    return [key for r in superiors(role) if (key := role_key(r, region)) not in without]


def check_open(task: HumanTask | None) -> HumanTask:
    """The task, if it still waits; else Refused saying who decided."""
    if task is None:
        raise not_found("task")
    if task.status == "done":
        raise Refused(
            "already_decided", 409, by=task.decided_by, outcome=task.outcome, at=str(task.decided_at), task=task.id
        )
    if task.status == "cancelled":
        raise Refused("task_cancelled", 409)
    return task


def check_act(task: HumanTask | None, actor: Actor, version: int | None = None) -> HumanTask:
    """The task, if this actor may act on it now; else Refused saying who decided, who claimed, or what changed."""
    if task is None:
        raise not_found("task")
    if not task.held_by(actor):
        raise Refused("not_yours", 403)
    check_open(task)
    if version is not None and version != task.version:
        raise Refused("stale_version", 409, version=task.version)
    if taken_by_other(task, actor):
        raise Refused("claimed", 409, by=task.claimed_by)
    return task


def taken_by_other(task: Taken, actor: Actor) -> bool:
    """Whether somebody else is on it. An absent person and their substitute do not stand in each other's way."""
    us = {actor.id, *(absent.id for absent in actor.acting_for if absent.takes(task.kind))}
    return task.claimed_by is not None and us.isdisjoint({task.claimed_by, task.claimed_for})


def for_person(person_id: str) -> list[str]:
    return [person_key(person_id)]
