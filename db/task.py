"""Human tasks as lists show them: what is one's turn, what waits for others, what one has done; and a single one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, load_only

from db.customer import Customer
from db.lead import Lead
from db.person import Person, units_within
from db.process import Task
from db.scope import tasks_held, tasks_taken_by_others, tasks_within, visible
from domain.access import Actor
from domain.refusal import not_found

View = Literal["mine", "waiting", "decided"]

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a task without a deadline stands in the order of deadlines."""

Sender, Claimer, Decider = (aliased(Person, name=name) for name in ("sender", "claimer", "decider"))
deadline = func.coalesce(Task.due_at, FAR)


@dataclass(frozen=True)
class Sought:
    """Approvals or all the other tasks, and the filters in force. `amount` is the least, in minor units of `currency`.

    `subject` is what an approval is about (contract, ...); `unit` the id of a region or team the task belongs to or
    comes from; `customer` a part of the customer's or the lead's company name.
    """

    approvals: bool | None = None
    kind: str | None = None
    subject: str | None = None
    amount: int | None = None
    currency: str | None = None
    unit: str | None = None
    customer: str | None = None


class Listed(NamedTuple):
    """A task with the names its row shows. A lead is no customer yet: its company stands for one."""

    task: Task
    company: str | None
    contact: str | None
    sender: Person | None
    claimer: Person | None
    decider: Person | None


class Groups(NamedTuple):
    overdue: int
    today: int
    later: int


class Turns(NamedTuple):
    """What one person is asked to do now; `late` of them are overdue."""

    approvals: int
    approvals_late: int
    tasks: int
    tasks_late: int


async def list_tasks(
    session: AsyncSession, actor: Actor, view: View, sought: Sought, *, after: str | None = None, limit: int = 100
) -> list[Listed]:
    """By time left, those without a deadline last; what was done, the newest first.

    `after` is the id of the last one already seen, whether it is still in the view or not.
    """
    rows = select(Task).where(in_view(actor, view), *filters(sought))
    return await page_of(session, rows, done=view == "decided", after=after, limit=limit)


async def page_of(
    session: AsyncSession, rows: Select[Task], *, done: bool = False, after: str | None = None, limit: int = 100
) -> list[Listed]:
    """Tasks as `list_tasks` orders them; `done`: by when they were."""
    when = Task.decided_at.expression if done else deadline
    rows = rows.order_by(*([when.desc(), Task.id.desc()] if done else [when, Task.id])).limit(limit)
    if after:
        seen = aliased(Task)
        at = seen.decided_at if done else func.coalesce(seen.due_at, FAR)
        last = tuple_(select(at).where(seen.id == after).scalar_subquery(), literal(after, Task.id.type))
        here = tuple_(when, Task.id)
        rows = rows.where(here < last if done else here > last)
    return sorted(
        (Listed(*row) for row in await session.execute(_named(rows))),
        key=lambda row: ((row.task.decided_at if done else row.task.due_at) or FAR, row.task.id),
        reverse=done,
    )


async def count_groups(
    session: AsyncSession, actor: Actor, view: View, sought: Sought, *, now: datetime, tomorrow: datetime
) -> Groups:
    """How many of a view's tasks are overdue, due before `tomorrow`, and due later or never."""
    counts = select(
        func.count().filter(deadline < now),
        func.count().filter(and_(deadline >= now, deadline < tomorrow)),
        func.count().filter(deadline >= tomorrow),
    )
    counted = counts.select_from(Task).where(in_view(actor, view), *filters(sought))
    return Groups(*(await session.execute(counted)).one())


async def count_turns(session: AsyncSession, actor: Actor, now: datetime) -> Turns:
    approval, late = Task.kind == "approve", Task.due_at < now
    counts = select(
        func.count().filter(approval),
        func.count().filter(and_(approval, late)),
        func.count().filter(~approval),
        func.count().filter(and_(~approval, late)),
    )
    return Turns(*(await session.execute(counts.select_from(Task).where(in_view(actor, "mine")))).one())


async def count_waiting(session: AsyncSession, actor: Actor) -> int:
    """Approvals that others have to take before one's own requests go on."""
    waiting = select(func.count()).select_from(Task).where(in_view(actor, "waiting"), Task.kind == "approve")
    return (await session.scalars(waiting)).one()


async def find_task(session: AsyncSession, actor: Actor, task_id: str) -> Listed:
    """Raises Refused (404) where this person neither has to do with the task nor may see its case."""
    row = (await session.execute(_named(select(Task).where(Task.id == task_id)))).one_or_none()
    if row is None:
        raise not_found("task")
    found = Listed(*row)
    if await session.scalar(select(Task.id).where(Task.id == task_id, tasks_within(actor))) is None:
        await visible(session, actor, found.task.process_kind, found.task.record_id)
    return found


def _named(rows: Select[Task]) -> Select[Task, str | None, str | None, Person, Person, Person]:
    """Names joined to rows that are already few: one query, and no work for what the list does not show."""
    task = aliased(Task, rows.subquery("listed"))
    names = [load_only(person.name, person.name_en) for person in (Sender, Claimer, Decider)]
    return (
        select(task, func.coalesce(Customer.name, Lead.company), Lead.name, Sender, Claimer, Decider)
        .outerjoin(Customer, Customer.id == task.customer_id)
        .outerjoin(Lead, and_(task.process_kind == "lead", Lead.id == task.record_id))
        .outerjoin(Sender, Sender.id == task.from_id)
        .outerjoin(Claimer, Claimer.id == task.claimed_by)
        .outerjoin(Decider, Decider.id == task.decided_by)
        .options(*names)
    )


def in_view(actor: Actor, view: View) -> ColumnElement[bool]:
    """What the view of this person holds, without any filter."""
    if view == "decided":
        return and_(Task.status == "done", Task.decided_by == actor.id)
    held, taken = tasks_held(actor), tasks_taken_by_others(actor)
    handed_over = Task.kind.in_(sorted(actor.handed_over)) if actor.handed_over else false()
    own = and_(Task.kind == "approve", Task.from_id == actor.id)
    if view == "waiting":
        return and_(Task.status == "open", or_(_asked_first(actor), and_(held, or_(taken, handed_over))))
    # Nobody decides on their own request, even one that is open to a role they hold.
    return and_(Task.status == "open", held, ~taken, ~handed_over, own.is_not(True))


def _asked_first(actor: Actor) -> ColumnElement[bool]:
    """One's own requests, each by the first of those it waits for: several may be asked together."""
    other = aliased(Task)
    sooner = select(other.id).where(
        other.record_id == Task.record_id, other.kind == Task.kind, other.status == "open", other.id < Task.id
    )
    return and_(Task.from_id == actor.id, ~sooner.exists())


async def waited_for(session: AsyncSession, record_ids: Iterable[str]) -> dict[str, list[str]]:
    """For each approval the holder keys that it waits for."""
    open_tasks = select(Task.record_id, Task.holders).where(
        Task.record_id.in_(list(record_ids)), Task.kind == "approve", Task.status == "open"
    )
    found: dict[str, list[str]] = {}
    for record_id, holders in await session.execute(open_tasks.order_by(Task.id)):
        found.setdefault(record_id, []).extend(holders)
    return found


def filters(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.approvals is not None:
        found.append(Task.kind == "approve" if sought.approvals else Task.kind != "approve")
    if sought.kind:
        found.append(Task.kind == sought.kind)
    if sought.subject:
        found.append(Task.params["subject"].astext == sought.subject)
    if sought.amount is not None:
        found.append(and_(Task.amount >= sought.amount, Task.currency == sought.currency))
    if sought.unit:
        members = select(Person.id).where(Person.unit_id.in_(units_within(sought.unit)))
        found.append(or_(Task.region_id == sought.unit, Task.from_id.in_(members)))
    if sought.customer:
        customers = select(Customer.id).where(Customer.name.icontains(sought.customer, autoescape=True))
        leads = select(Lead.id).where(Lead.company.icontains(sought.customer, autoescape=True))
        found.append(or_(Task.customer_id.in_(customers), Task.record_id.in_(leads)))
    return found
