"""While somebody is away, others have their tasks: those open before, and those that open meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from db.absence import Absence
from db.actor import actor_of
from db.process import Notification, Task
from db.task import Sought, list_tasks
from domain.absence import AbsencePlan
from domain.access import person_key
from domain.process import Answer
from domain.refusal import Refused
from tests.workflows.office import Office

SHORT = timedelta(minutes=1)


async def plan(
    office: Office, person: str, substitute: str, *, by: str | None = None, start: timedelta = -SHORT, days: float = 3,
    **fields: Any,
) -> str:  # fmt: skip
    """From now on, as the database's clock has it; the test server's clock begins with it."""
    now = datetime.now(UTC)
    key = substitute if ":" in substitute else person_key(office.people[substitute])
    wish = AbsencePlan(starts_at=now + start, ends_at=now + timedelta(days=days), substitute=key, **fields)
    answer: Answer = await office.absences.plan(
        await office.actor(by or person), uuid4().hex, office.people[person], wish
    )
    return answer.result["absence_id"]


@pytest.fixture
async def back(office: Office) -> AsyncIterator[None]:
    """Everybody is back afterwards."""
    yield
    for absence in await office.rows(Absence):
        if absence.stage in ("coming", "away"):
            await end(office, absence.id)


async def end(office: Office, absence_id: str) -> None:
    await office.absences.end(await office.actor("gu.ming"), uuid4().hex, absence_id)
    await office.until(lambda: closed(office, absence_id), "the absence to end")


async def closed(office: Office, absence_id: str) -> Absence | None:
    found = await office.row(Absence, id=absence_id)
    return found if found and found.closed_at else None


async def turn(office: Office, name: str, view: str = "mine") -> set[str]:
    async with office.db.session() as session:
        found = await list_tasks(session, await actor_of(session, office.people[name]), view, Sought())  # type: ignore[arg-type]
    return {row.task.id for row in found}


async def first_contact(office: Office, owner: str) -> Task:
    lead = await office.lead(owner=owner)
    return await office.open_task("first_contact", record_id=lead.id)


async def make_contact(office: Office, by: str, task: Task) -> None:
    await office.leads.contact(await office.actor(by), uuid4().hex, task.record_id, how="call", note="")


async def told(office: Office, name: str) -> dict[str, dict[str, Any]]:
    return {n.kind: n.params for n in await office.rows(Notification, person_id=office.people[name])}


@pytest.mark.usefixtures("back")
async def test_tasks_open_before_and_during_an_absence_move_over_and_what_is_left_moves_back(office: Office) -> None:
    before = await first_contact(office, "li.wei")
    absence = await plan(office, "li.wei", "chen.tao", reason="年假")
    during = await first_contact(office, "li.wei")

    assert {before.id, during.id} <= await turn(office, "chen.tao")
    assert {before.id, during.id}.isdisjoint(await turn(office, "li.wei"))
    assert {before.id, during.id} <= await turn(office, "li.wei", "waiting")

    await make_contact(office, "chen.tao", before)
    done = await office.until(lambda: office.row(Task, id=before.id, status="done"), "the task to be done")
    assert (done.decided_by, done.decided_for) == (office.people["chen.tao"], office.people["li.wei"])

    await end(office, absence)
    assert during.id in await turn(office, "li.wei")
    assert during.id not in await turn(office, "chen.tao")
    with pytest.raises(Refused):
        await make_contact(office, "chen.tao", during)
