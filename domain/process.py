"""What every process carries: its commands and answers, its pending events, why it waits, and its revision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from domain.access import Actor
from domain.task import HumanTask

ANSWERS_KEPT = 500
"""Answers a process remembers by key, so that a repeat gets the first answer even after continue-as-new."""

CLOSED_TASKS_KEPT = 20
"""Closed tasks a process remembers, so that a late click learns who decided."""


class Command(BaseModel):
    """A change asked of a process. `key` is the update's id: a hash of actor and Idempotency-Key."""

    actor: Actor
    key: str


class Answer(BaseModel):
    """`seen` says whether the read model shows revision yet; `result` what the command made ({"deal_id": ...})."""

    revision: int
    seen: bool
    result: dict[str, str] = {}


class Standing(BaseModel):
    """How far a process and its rows are: `projected` is what the read model has taken; `lagging` while it cannot."""

    revision: int
    projected: int
    lagging: bool
    closed: bool


class Given(BaseModel):
    revision: int
    result: dict[str, str] = {}


class Event(BaseModel):
    """A line of the timeline, kept in the state until the read model has it."""

    id: str
    at: datetime
    kind: str
    actor: str
    params: dict[str, Any] = {}
    revision: int


class Notice(BaseModel):
    """Tells the holders something, in the app and by mail; kept until the read model has it."""

    id: str
    kind: str
    holders: list[str]
    params: dict[str, Any] = {}
    revision: int


class Waiting(BaseModel):
    """Why a process stands still: `reason` is a code with words in `locales`; `due` when it will act by itself."""

    reason: str
    params: dict[str, Any] = {}
    holders: list[str] = []
    since: datetime | None = None
    due: datetime | None = None


class ProcessState(BaseModel):
    """The whole of a process: what its projector hands to the read model and continue-as-new to the next run."""

    record_id: str
    line_id: str
    region_id: str | None = None
    owner_id: str | None = None
    customer_id: str | None = None
    title: str = ""
    amount: int | None = None
    currency: str | None = None
    stage: str
    policies: dict[str, int] = {}

    opened_at: datetime | None = None
    changed_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    run_id: str = ""
    revision: int = 0
    waiting: list[Waiting] = []
    tasks: list[HumanTask] = []
    events: list[Event] = []
    notices: list[Notice] = []
    answers: dict[str, Given] = {}

    def task(self, task_id: str) -> HumanTask | None:
        return next((t for t in self.tasks if t.id == task_id), None)

    @property
    def audience(self) -> list[str]:
        """The holder keys whose people hear at once that something changed."""
        return sorted({holder for task in self.tasks for holder in task.holders})

    @property
    def open_tasks(self) -> list[HumanTask]:
        return [t for t in self.tasks if t.open]

    def confirm(self, revision: int) -> None:
        """Drops what the read model now has."""
        self.events = [e for e in self.events if e.revision > revision]
        self.notices = [n for n in self.notices if n.revision > revision]
        closed = [t for t in self.tasks if not t.open][-CLOSED_TASKS_KEPT:]
        self.tasks = [t for t in self.tasks if t.open or t in closed]

    def remember(self, key: str, given: Given) -> None:
        self.answers[key] = given
        while len(self.answers) > ANSWERS_KEPT:
            del self.answers[next(iter(self.answers))]
