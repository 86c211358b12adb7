"""A line from lead to cash as its pages show it: the stops it makes, what it waits for, where its workflows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from db.line import Line
from db.process import Process, Task
from domain.access import Action, Actor
from ui.sla import ring
from ui.story import Story

State = Literal["done", "current", "waiting", "failed", "next"]

STATES: dict[str, dict[str, State]] = {
    "lead": {"converted": "done", "closed": "failed"},
    "deal": {"won": "done", "lost": "failed"},
    "contract": {
        "": "next", "draft": "waiting", "approved": "done", "rejected": "failed", "withdrawn": "failed",
    },
    "approval": {"approved": "done", "returned": "next", "rejected": "failed", "withdrawn": "failed"},
    "collection": {"overdue": "waiting", "paid": "done"},
}  # fmt: skip
"""How a stop looks by its record's status; any other status is under way."""


@dataclass(frozen=True)
class Stop:
    """One stop of the line, as the macro `ui.line` shows it."""

    label: str
    state: State
    detail: str = ""
    href: str = ""


@dataclass(frozen=True)
class Wait:
    """Why a process stands still: what for, for whom, since when, and when it acts by itself.

    `task` is the open task behind it, where there is one.
    """

    text: str
    who: str
    since: datetime | None
    due: datetime | None
    process: Process
    task: Task | None = None

    @property
    def state(self) -> str:
        """A colour only where somebody should hurry."""
        used = ring(self.due, self.since or self.process.opened_at).state if self.due else "calm"
        return {"calm": "info", "warn": "warn"}.get(used, "bad")


@dataclass(frozen=True)
class LineView:
    """A line told to one reader."""

    line: Line
    story: Story
    actor: Actor

    def stops(self) -> list[Stop]:
        """From lead to cash; a deal opened by hand has no lead."""
        lead = [self._lead()] if self.line.lead else []
        return [*lead, self._deal(), self._contract(), self._approval(), self._order(), *self._money()]

    def waits(self) -> list[Wait]:
        """Of every process under way. One that only waits for another of the line is left out: that one says why."""
        found = [
            Wait(
                text=self.story.waiting(wait),
                who=self.story.holders(wait["holders"]),
                since=_instant(wait["since"]),
                due=_instant(wait["due"]),
                process=process,
                task=self._task(process, wait),
            )
            for process in self.line.processes
            for wait in process.waiting
        ]
        return [wait for wait in found if wait.who] or found

    def _task(self, process: Process, wait: Mapping[str, Any]) -> Task | None:
        """A reason names the task's kind, or a collection's instalment by its number."""
        for task in self.line.tasks:
            same = wait["reason"] == f"task.{task.kind}" or task.params.get("no", 0) == wait["params"].get("no")
            if task.workflow_id == process.workflow_id and same:
                return task
        return None

    def _stop(self, kind: str, state: State, detail: str = "", href: str = "") -> Stop:
        return Stop(self.story.label("process", kind), state, detail, href)

    def _process(self, kind: str) -> Process | None:
        """The newest of its kind."""
        return next((process for process in reversed(self.line.processes) if process.kind == kind), None)

    def _took(self, process: Process | None) -> str:
        return self._since(process.opened_at, process.closed_at) if process else ""

    def _since(self, began: datetime, ended: datetime | None) -> str:
        """Nov 22 · 2 d 4 h: when it began, and how long it took or has taken until now."""
        formats = self.story.formats
        length = max((ended or datetime.now(UTC)) - began, timedelta())
        return f"{formats.day(began)} · {formats.span(length)}"

    def _lead(self) -> Stop:
        lead = self.line.lead
        assert lead is not None  # noqa: S101 - the caller looked
        href = f"/leads/{lead.id}" if self.actor.scope(Action.LEAD_READ) else ""
        return self._stop("lead", STATES["lead"].get(lead.stage, "current"), self._took(self._process("lead")), href)

    def _deal(self) -> Stop:
        """Its part ends with the stage that closes it; its process goes on until the money is in."""
        deal = self.line.deal
        kind = self.story.pipelines.stage(deal.stage, deal.pipeline_key).kind
        ended = None if kind == "open" else deal.stage_since
        return self._stop("deal", STATES["deal"].get(kind, "current"), self._since(deal.opened_at, ended))

    def _contract(self) -> Stop:
        state = STATES["contract"].get(self.line.deal.contract_status or "", "current")
        return self._stop("contract", state, self._took(self._process("contract")), self._contract_page)

    def _approval(self) -> Stop:
        process = self._process("approval")
        if process is None:
            return self._stop("approval", "done" if self.line.deal.contract_status == "approved" else "next")
        state = STATES["approval"].get(process.outcome or "", "waiting")
        return self._stop("approval", state, self._took(process), self._contract_page)

    @property
    def _contract_page(self) -> str:
        return f"/contracts/{self.line.deal.contract_id}" if self.line.contract else ""

    def _order(self) -> Stop:
        order = self.line.order
        return self._stop("order", "done", order.number) if order else self._stop("order", "next")

    def _money(self) -> list[Stop]:
        collection, formats = self.line.collection, self.story.formats
        if collection is None or self.actor.scope(Action.COLLECTION_READ) is None:
            return [self._stop("collection", "next"), self._stop("cash", "next")]
        took = self._took(self._process("collection"))
        state = STATES["collection"].get(collection.status, "current")
        paid, amount = (formats.sum(minor, collection.currency) for minor in (collection.paid, collection.amount))
        return [
            self._stop("collection", state, took, f"/collections/{collection.id}"),
            self._stop("cash", "done" if state == "done" else "next", f"{paid} / {amount}"),
        ]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def workflow_link(namespace: str, process: Process) -> str:
    return case_link(namespace, process.workflow_id)


def case_link(namespace: str, workflow_id: str) -> str:
    """The case in the Temporal UI, which stands behind the app."""
    return f"/temporal/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
