"""A line from lead to cash as its pages show it: the stops it makes, what it waits for, where its workflows are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from db.line import Line
from db.process import Process
from ui.story import Story

State = Literal["done", "current", "waiting", "failed", "next"]


@dataclass(frozen=True)
class Stop:
    """One stop of the line, as the macro `ui.line` shows it."""

    label: str
    state: State
    detail: str = ""
    href: str = ""


@dataclass(frozen=True)
class Wait:
    """Why a process stands still: what for, for whom, since when, and when it acts by itself."""

    text: str
    who: str
    since: datetime | None
    due: datetime | None
    process: Process


@dataclass(frozen=True)
class LineView:
    """A line told to one reader."""

    line: Line
    story: Story

    def stops(self) -> list[Stop]:
        """From lead to cash; a deal opened by hand has no lead."""
        stops = [self._lead()] if self.line.lead else []
        return [
            *stops,
            self._deal(),
            self._contract(),
            self._approval(),
            self._order(),
            self._collection(),
            self._cash(),
        ]

    def _process(self, kind: str) -> Process | None:
        """The newest of its kind."""
        return next((p for p in reversed(self.line.processes) if p.kind == kind), None)

    def _took(self, process: Process | None) -> str:
        """Nov 22 · 2 d 4 h: when it began and how long it took, or has taken until now."""
        if process is None:
            return ""
        formats = self.story.formats
        until = process.closed_at or datetime.now(UTC)
        return f"{formats.day(process.opened_at)} · {formats.span(until - process.opened_at)}"

    def _stop(self, kind: str, state: State, detail: str, href: str = "") -> Stop:
        return Stop(self.story.label("process", kind), state, detail, href)

    def _lead(self) -> Stop:
        lead, process = self.line.lead, self._process("lead")
        states: dict[str, State] = {"converted": "done", "closed": "failed"}
        assert lead is not None  # noqa: S101 - asked by the caller
        return self._stop("lead", states.get(lead.stage, "current"), self._took(process), f"/leads/{lead.id}")

    def _deal(self) -> Stop:
        deal = self.line.deal
        stage = self.story.pipelines.stage(deal.stage)
        states: dict[str, State] = {"won": "done", "lost": "failed"}
        until = deal.stage_since if stage.kind == "won" else deal.closed_at or datetime.now(UTC)
        formats = self.story.formats
        detail = f"{formats.day(deal.opened_at)} · {formats.span(until - deal.opened_at)}"
        return self._stop("deal", states.get(stage.kind, "current"), detail)

    def _contract(self) -> Stop:
        deal = self.line.deal
        states: dict[str, State] = {
            "draft": "waiting", "in_approval": "current", "approved": "done", "rejected": "failed", "withdrawn": "failed",
        }  # fmt: skip
        href = f"/contracts/{deal.contract_id}" if self.line.contract else ""
        return self._stop(
            "contract", states.get(deal.contract_status or "", "next"), self._took(self._process("contract")), href
        )

    def _approval(self) -> Stop:
        process = self._process("approval")
        states: dict[str, State] = {"approved": "done", "returned": "next", "rejected": "failed", "withdrawn": "failed"}
        state = states.get(process.outcome or "", "waiting") if process else "next"
        href = f"/contracts/{self.line.deal.contract_id}" if process and self.line.contract else ""
        return self._stop("approval", state, self._took(process), href)

    def _order(self) -> Stop:
        order = self.line.order
        return self._stop("order", "done" if order else "next", order.number if order else "")

    def _collection(self) -> Stop:
        collection = self.line.collection
        states: dict[str, State] = {"paid": "done", "overdue": "waiting"}
        state = states.get(collection.status, "current") if collection else "next"
        href = f"/collections/{collection.id}" if collection else ""
        return self._stop("collection", state, self._took(self._process("collection")), href)

    def _cash(self) -> Stop:
        collection = self.line.collection
        if collection is None:
            return self._stop("cash", "next", "")
        formats = self.story.formats
        paid = f"{formats.sum(collection.paid, collection.currency)} / {formats.sum(collection.amount, collection.currency)}"
        return self._stop("cash", "done" if collection.status == "paid" else "next", paid)

    def waits(self) -> list[Wait]:
        """Of every process under way. One that only waits for another of the line is left out: that one says why."""
        found = [
            Wait(
                text=self.story.waiting(wait),
                who=self.story.holders(wait["holders"]),
                since=_instant(wait["since"]),
                due=_instant(wait["due"]),
                process=process,
            )
            for process in self.line.processes
            for wait in process.waiting
        ]
        return [wait for wait in found if wait.who] or found


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def waits_of(processes: Iterable[Process]) -> Sequence[dict[str, Any]]:
    return [wait for process in processes for wait in process.waiting]


def workflow_link(namespace: str, process: Process) -> str:
    """The case in the Temporal UI, which stands behind the app."""
    return f"/temporal/namespaces/{quote(namespace, safe='')}/workflows/{quote(process.workflow_id, safe='')}"
