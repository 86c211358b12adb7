"""One list for approvals and other tasks: its address, its filters, its rows by time left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from db.absence import Absence, current_absence
from db.approval_reader import Copied, list_copied
from db.holder import holders_of
from db.person import OrgUnit, units
from db.process import Task
from db.task import Groups, Listed, Sought, View, count_groups, count_turns, count_waiting, list_tasks, waited_for
from domain.access import Actor, person_in
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from domain.task import on_behalf
from ui.environment import here, pages_of
from ui.names import Names, names

Path = Literal["/inbox", "/tasks"]
PAGE = 100


class Wanted(BaseModel):
    """What the address says: view, filters as typed (empty: none), the last row of the page before, the open task.

    The view `copied` is of approvals instead of tasks.
    """

    view: View | Literal["copied"] = "mine"
    unit: str = Field("", max_length=60)
    least: str = Field("", max_length=40)
    kind: str = Field("", max_length=40)
    customer: str = Field("", max_length=100)
    after: RecordId | Literal[""] = ""
    open: RecordId | Literal[""] = ""

    def address(self, path: str, **changes: str) -> str:
        asked = self.model_dump(exclude_defaults=True) | changes
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class TaskList:
    """`least` is the filter of that name in minor units; `mistake` what cannot be used of the filters, so none is.

    `waits` says for whom approvals wait, by record id.
    """

    path: Path
    wanted: Wanted
    rows: Sequence[Listed]
    more: bool
    least: int | None
    counts: Groups
    units: Sequence[OrgUnit]
    names: Names
    turn: int
    waiting: int
    now: datetime
    tomorrow: datetime
    mistake: Refused | None
    actor: Actor
    waits: Mapping[str, str]
    copied: Sequence[Copied]
    away: tuple[Absence, frozenset[str]] | None

    def instead_of(self, task: Task) -> str:
        """The absent person in whose place the reader has it; empty: it is theirs."""
        return self.names.person(on_behalf(task, self.actor))

    def address(self, **changes: str) -> str:
        return self.wanted.address(self.path, **{"after": "", "open": "", **changes})

    def in_bulk(self, task: Task) -> bool:
        """Whether it may be approved together with others."""
        return self.wanted.view == "mine" and task.kind == "approve" and bool(task.params.get("bulk"))

    @property
    def picks(self) -> bool:
        return any(self.in_bulk(row.task) for row in self.rows)

    @property
    def groups(self) -> list[tuple[str, int, list[Listed]]]:
        """(overdue, today or later, how many there are on all pages, this page's rows)."""
        split: dict[str, list[Listed]] = {"overdue": [], "today": [], "later": []}
        for row in self.rows:
            split[self._group(row.task.due_at)].append(row)
        return [(name, getattr(self.counts, name), rows) for name, rows in split.items() if rows]

    def _group(self, due: datetime | None) -> str:
        if due is None or due >= self.tomorrow:
            return "later"
        return "today" if due >= self.now else "overdue"


async def read_list(session: AsyncSession, request: Request, actor: Actor, path: Path, wanted: Wanted) -> TaskList:
    pages = pages_of(request)
    formats, language = pages.formats(request), pages.language(request)
    now = datetime.now(UTC)
    today = formats.local(now)
    tomorrow = datetime.combine(today.date() + timedelta(days=1), time(), today.tzinfo)
    everywhere = await units(session)
    sought, mistake = _sought(path, wanted, everywhere, formats.currency)
    after, view = wanted.after or None, wanted.view
    rows: Sequence[Listed] = ()
    copied: Sequence[Copied] = ()
    if view == "copied":
        copied = await list_copied(session, actor, after=after, limit=PAGE + 1)
    else:
        rows = await list_tasks(session, actor, view, sought, after=after, limit=PAGE + 1)
    turns = await count_turns(session, actor, now)
    counts = Groups(0, 0, 0)  # what was done grows without end, and is not grouped
    if view in ("mine", "waiting"):
        counts = await count_groups(session, actor, view, sought, now=now, tomorrow=tomorrow)
    holders = {person_in(key) for row in rows for key in row.task.holders}
    away = await current_absence(session, actor.id)
    absent = {one.id for one in actor.acting_for} | (away[1] if away else set())
    return TaskList(
        path=path,
        wanted=wanted,
        rows=rows[:PAGE],
        more=max(len(rows), len(copied)) > PAGE,
        least=sought.amount,
        counts=counts,
        units=everywhere,
        names=await names(session, language, holders | absent),
        turn=turns.approvals if path == "/inbox" else turns.tasks,
        waiting=await count_waiting(session, actor) if path == "/inbox" else 0,
        now=now,
        tomorrow=tomorrow,
        mistake=mistake,
        actor=actor,
        waits=await _waits(session, language, rows) if view == "waiting" else {},
        copied=copied[:PAGE],
        away=away,
    )


async def _waits(session: AsyncSession, language: str, rows: Sequence[Listed]) -> dict[str, str]:
    """The people whom each approval waits for, by name."""
    keys = await waited_for(session, {row.task.record_id for row in rows if row.task.kind == "approve"})
    people = await holders_of(session, {key for asked in keys.values() for key in asked})
    called = await names(session, language, {person for held in people.values() for person in held})
    return {record_id: called.holding(asked, people) for record_id, asked in keys.items()}


def list_around(request: Request) -> tuple[Path, Wanted]:
    """The list somebody is looking at while a part of its page asks; the inbox where it is another page."""
    url = urlsplit(here(request))
    path: Path = "/tasks" if url.path == "/tasks" else "/inbox"
    try:
        return path, Wanted.model_validate(dict(parse_qsl(url.query)))
    except ValidationError:
        return path, Wanted()


async def next_after(session: AsyncSession, request: Request, actor: Actor, task_id: str) -> str:
    """What to open when a task of the list around is done: the one below it, else the first; empty: none is left."""
    path, wanted = list_around(request)
    if wanted.view == "copied":
        return ""
    sought, _ = _sought(path, wanted, await units(session), pages_of(request).formats(request).currency)
    for after in (task_id, None):
        for row in await list_tasks(session, actor, wanted.view, sought, after=after, limit=2):
            if row.task.id != task_id:
                return row.task.id
    return ""


def _sought(path: Path, wanted: Wanted, everywhere: Sequence[OrgUnit], currency: str) -> tuple[Sought, Refused | None]:
    """The filters as the query takes them; none of them, and why, where one cannot be used."""
    approvals = path == "/inbox"
    ids = {unit.code: unit.id for unit in everywhere}
    try:
        if wanted.unit and wanted.unit not in ids:
            raise invalid("unit_unknown", "unit")
        amount = parse_amount(wanted.least, currency, "least") if wanted.least.strip() else None
    except Refused as refused:
        return Sought(approvals=approvals), refused
    named = {"subject" if approvals else "kind": wanted.kind or None}
    return Sought(
        approvals=approvals,
        amount=amount,
        currency=currency,
        unit=ids.get(wanted.unit),
        customer=wanted.customer.strip() or None,
        **named,
    ), None
