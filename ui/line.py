"""A line from lead to cash as its pages show it: the stops it makes, what it waits for, where its workflows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from db.line import Line
from db.milestone import Milestone, Standing, milestones, whole
from db.process import Process, Task
from domain.access import Action, Actor
from ui.sla import ring
from ui.story import Story, Waited


@dataclass(frozen=True)
class Stop:
    """One stop of the line, as the macro `ui.line` shows it."""

    label: str
    state: Standing
    detail: str = ""
    href: str = ""


@dataclass(frozen=True)
class Wait(Waited):
    """`task` is the open task behind it, where there is one; `href` is where the reader ends a wait that has none."""

    process: Process
    task: Task | None = None
    href: str = ""

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

    @cached_property
    def milestones(self) -> list[Milestone]:
        return milestones(self.line, money=self.actor.scope(Action.COLLECTION_READ) is not None)

    def stops(self) -> list[Stop]:
        """From lead to cash; a deal opened by hand has no lead."""
        return [self._stop(one) for one in self.milestones]

    @property
    def whole(self) -> str:
        """How long all of it took, or has taken until now."""
        length = whole(self.milestones)
        return self.story.formats.span(length) if length else ""

    def waits(self) -> list[Wait]:
        """Of every process under way. One that only waits for another of the line is left out: that one says why."""
        found = [
            Wait(
                **vars(self.story.waited(wait)),
                process=process,
                task=self._task(process, wait),
                href=self._ends(process, wait),
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

    def _ends(self, process: Process, wait: Mapping[str, Any]) -> str:
        deal = self.line.deal
        issues = self.actor.reaches(Action.INVOICE_WORK, owner=deal.owner_id, region=deal.region_id)
        return f"/invoices/{process.record_id}/issue" if wait["reason"] == "invoice.prepared" and issues else ""

    def _stop(self, one: Milestone) -> Stop:
        label = self.story.label("process", one.kind)
        if one.no and one.kind == "instalment":
            label = f"{label} {one.no}"
        return Stop(label, one.standing, self._detail(one), self._page(one))

    def _detail(self, one: Milestone) -> str:
        """When, and how long: the time it took, or since the one before where it is a moment."""
        formats, deal = self.story.formats, self.line.deal
        parts: list[str] = []
        if one.standing == "next":
            parts = [formats.day(one.due_on)] if one.due_on else []
        elif one.standing in ("done", "failed"):
            length = one.gap if one.kind in ("order", "instalment", "cash") else one.took
            parts = [formats.day(one.reached)] if one.reached else []
            parts += [formats.span(length)] if length is not None else []
        elif one.began:
            parts = [formats.day(one.began), formats.span(one.took or timedelta())]
        if one.kind == "instalments":
            parts.append(f"{one.no} / {one.of}")
        elif one.kind in ("instalment", "cash") and one.amount:
            parts.append(formats.sum(one.amount, deal.currency))
        return " · ".join(parts)

    def _page(self, one: Milestone) -> str:
        """Where this reader may look at it."""
        if one.kind == "invoice" and one.record_id and self.actor.scope(Action.INVOICE_READ) is not None:
            return f"/deals/{self.line.deal.id}#invoices"
        pages = {
            "lead": ("/leads/", Action.LEAD_READ),
            "quote": ("/quotes/", Action.DEAL_READ),
            "contract": ("/contracts/", Action.CONTRACT_READ),
            "approval": ("/contracts/", Action.CONTRACT_READ),
            "order": ("/orders/", Action.DEAL_READ),
            "instalment": ("/collections/", Action.COLLECTION_READ),
            "instalments": ("/collections/", Action.COLLECTION_READ),
            "cash": ("/collections/", Action.COLLECTION_READ),
        }
        page, action = pages.get(one.kind, ("", Action.DEAL_READ))
        if not page or one.record_id is None or self.actor.scope(action) is None:
            return ""
        return f"{page}{one.record_id}"


def workflow_link(actor: Actor, namespace: str, process: Process | None) -> str:
    """For ops; nothing for anybody else."""
    return case_link(namespace, process.workflow_id) if process and actor.scope(Action.OPS) is not None else ""


def case_link(namespace: str, workflow_id: str) -> str:
    """The case in the Temporal UI, which stands behind the app."""
    return f"/temporal/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
