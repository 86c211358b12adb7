"""The daily digest: what waits for each person who wants one mail a day in place of one for each task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.absence import away_at, roster
from db.customer import Customer
from db.lead import Lead
from db.outbox import WAKE
from db.person import Member, Person, member_of, members
from db.process import Task
from db.record import Outbox
from db.task import deadline, in_view
from domain.access import Actor

BATCH = 100
"""People whose tasks one statement reads."""
SHOWN = 20
"""Tasks listed in one mail, the most urgent; the others are counted."""


class Written(NamedTuple):
    """How many mails, and the last person looked at; None: nobody is left."""

    mails: int
    last: str | None


async def write_digests(
    session: AsyncSession, *, at: datetime, zone: ZoneInfo, after: str | None, limit: int = BATCH
) -> Written:
    """A mail for each of the next people who want one and have open tasks; a repeat on the same day writes none.

    Days are those of each person's own zone, else of `zone`; the day a mail counts for is that of `zone`.
    """
    wanted = members().where(Person.active, Person.mail == "digest").order_by(Person.id).limit(limit)
    if after:
        wanted = wanted.where(Person.id > after)
    people = [member_of(row) for row in await session.execute(wanted)]
    if not people:
        return Written(0, None)
    tasks = await _open_tasks(session, people, at, zone)
    day = at.astimezone(zone).date().isoformat()
    mails = [_mail(one, tasks[one.person.id], day) for one in people if one.person.id in tasks]
    fresh = 0
    if mails:
        entries = insert(Outbox).values(mails).on_conflict_do_nothing(index_elements=["key"])
        fresh = len((await session.scalars(entries.returning(Outbox.id))).all())
        await session.execute(select(func.pg_notify(WAKE, "mail")))
    return Written(fresh, people[-1].person.id if len(people) == limit else None)


async def _open_tasks(
    session: AsyncSession, people: Sequence[Member], at: datetime, zone: ZoneInfo
) -> Mapping[str, list[Any]]:
    """For each who has any the most urgent rows, each with the counts of all; absences are as at this moment."""
    absent = await roster(session, await away_at(session, at))
    each = [
        _open_tasks_of(absent.acting(one.authority), at, _tomorrow(at, one.person.zone, zone)).subquery()
        for one in people
    ]
    found = union_all(*(select(one) for one in each)).subquery()
    named = (
        select(found, func.coalesce(Customer.name, Lead.company).label("company"))
        .outerjoin(Customer, Customer.id == found.c.customer_id)
        .outerjoin(Lead, and_(found.c.process_kind == "lead", Lead.id == found.c.record_id))
        .order_by(found.c.due_at.nulls_last(), found.c.id)
    )
    tasks: dict[str, list[Any]] = defaultdict(list)
    for row in await session.execute(named):
        tasks[str(row.person)].append(row)
    return tasks


def _open_tasks_of(actor: Actor, at: datetime, tomorrow: datetime) -> Any:
    late, today = deadline < at, and_(deadline >= at, deadline < tomorrow)
    return (
        select(
            literal(actor.id, Person.id.type).label("person"),
            Task.id, Task.kind, Task.title, Task.amount, Task.currency, Task.due_at,
            Task.customer_id, Task.process_kind, Task.record_id,
            func.count().filter(late).over().label("overdue"),
            func.count().filter(today).over().label("today"),
            func.count().over().label("all_open"),
        )
        .where(in_view(actor, "mine"))
        .order_by(deadline, Task.id)
        .limit(SHOWN)
    )  # fmt: skip


def _tomorrow(at: datetime, own: str | None, zone: ZoneInfo) -> datetime:
    here = at.astimezone(ZoneInfo(own) if own else zone)
    return datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)


def _mail(one: Member, tasks: Sequence[Any], day: str) -> dict[str, Any]:
    """The outbox entry, as worker.mail reads it."""
    person, first = one.person, tasks[0]
    counts = {"overdue": first.overdue, "today": first.today, "later": first.all_open - first.overdue - first.today}
    groups = [name for name, number in counts.items() for _ in range(number)]  # the rows are in the same order
    listed = [
        {
            "task": str(task.id), "kind": task.kind, "title": task.title or task.company or "",
            "company": task.company, "amount": task.amount, "currency": task.currency,
            "due": task.due_at.isoformat() if task.due_at else None, "group": group,
        }
        for task, group in zip(tasks, groups, strict=False)
    ]  # fmt: skip
    payload = {
        "person": person.id, "to": person.email, "language": person.language, "kind": "digest", "link": "/inbox",
        "params": {"counts": counts, "tasks": listed, "zone": person.zone},
    }  # fmt: skip
    return {"key": f"digest/{day}/{person.id}", "kind": "mail", "payload": payload}
