"""While somebody is away, others have their tasks: those open before, and those that open meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from db.absence import Absence
from db.actor import actor_of
from db.process import Notification, Task, TimelineEvent
from db.record import Outbox
from db.task import Sought, list_tasks
from domain.absence import AbsenceChange, AbsencePlan
from domain.access import person_key
from domain.process import Answer
from domain.refusal import Refused
from locales.notices import notice_text
from tests.workflows.office import YUAN, Office

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


@pytest.fixture(autouse=True)
async def everybody_is_back(office: Office) -> AsyncIterator[None]:
    """Afterwards: the stories share a database."""
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


async def first_contact(office: Office, owner: str, region: str = "east") -> Task:
    lead = await office.lead(owner=owner, region=region)
    return await office.open_task("first_contact", record_id=lead.id)


async def make_contact(office: Office, by: str, task: Task) -> None:
    await office.leads.contact(await office.actor(by), uuid4().hex, task.record_id, how="call", note="")


async def told(office: Office, name: str, kind: str, **params: Any) -> Notification:
    """What a person was told of this kind last, once it is there."""

    async def look() -> Notification | None:
        rows = await office.rows(Notification, person_id=office.people[name], kind=kind)
        found = [row for row in rows if row.params.items() >= params.items()]
        return max(found, key=lambda row: row.created_at, default=None)

    return await office.until(look, f"a notice {kind} to {name}")


async def mailed(office: Office, notice: Notification) -> bool:
    return await office.row(Outbox, key=f"notice/{notice.notice_id}/{notice.person_id}") is not None


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


async def test_a_decision_says_by_whom_and_for_whom(office: Office) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await plan(office, "zhao.min", "huang.bo")
    await office.decide("huang.bo", task, "approve")
    done = await office.until(lambda: office.row(Task, id=task.id, status="done"), "the decision")
    assert (done.decided_by, done.decided_for) == (office.people["huang.bo"], office.people["zhao.min"])
    assert task.id in await turn(office, "huang.bo", "decided")
    [said] = [
        e
        for e in await office.rows(TimelineEvent, kind="task.done", line_id=deal.line_id)
        if e.params["task"] == "approve"
    ]
    assert (said.actor, said.params["behalf_of"]) == (done.decided_by, done.decided_for)


async def test_nobody_approves_their_own_request_by_standing_in(office: Office) -> None:
    await plan(office, "zhao.min", "li.wei")
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    assert task.id not in await turn(office, "li.wei")
    with pytest.raises(Refused) as refused:
        await office.decide("li.wei", task, "approve")
    assert refused.value.code == "own_request"


async def test_the_substitute_of_a_substitute_takes_over_and_a_circle_takes_nothing(office: Office) -> None:
    task = await first_contact(office, "li.wei")
    await plan(office, "li.wei", "wang.fang")
    await plan(office, "wang.fang", "zhou.kai")
    assert task.id in await turn(office, "zhou.kai")
    assert task.id not in await turn(office, "wang.fang")

    circle = await plan(office, "zhou.kai", "li.wei")
    assert task.id in await turn(office, "li.wei")
    assert task.id not in await turn(office, "zhou.kai")
    assert (await told(office, "zhou.kai", "absence.nobody")).link == f"/absences/{circle}"


async def test_only_the_kinds_handed_over_go_and_only_their_mail(office: Office) -> None:
    await plan(office, "zhao.min", "huang.bo", kinds=frozenset({"approve"}))
    deal, _ = await office.submitted(10_000 * YUAN)
    approval = await office.open_task("approve", line_id=deal.line_id)
    lead = await first_contact(office, "li.wei")
    await office.days_pass(4)  # not contacted: it is passed on, and the region's manager hears of it
    assert await office.row(Task, id=lead.id, status="cancelled")
    contact = await told(office, "zhao.min", "lead.passed_on")
    assert await mailed(office, contact)

    instead = await told(office, "huang.bo", "task.opened.approve", task=approval.id)
    assert instead.params["for"] == office.people["zhao.min"]
    assert notice_text(instead.kind, instead.params, "en") == "For Zhao Min: For your approval: 冷链可视化"
    assert await mailed(office, instead)
    absent = await told(office, "zhao.min", "task.opened.approve", task=approval.id)
    assert not await mailed(office, absent)


async def test_a_role_stands_in_for_one_of_its_own(office: Office) -> None:
    task = await first_contact(office, "li.wei")
    region = office.people["east"]
    await plan(office, "li.wei", f"role:sales:{region}")
    assert task.id in await turn(office, "wang.fang")
    assert task.id in await turn(office, "zhou.kai")
    assert task.id not in await turn(office, "li.wei")


async def test_what_was_taken_stands_in_nobodys_way_when_people_go_and_come_back(office: Office) -> None:
    task = await first_contact(office, "li.wei")
    await office.tasks.claim(await office.actor("li.wei"), uuid4().hex, task.id)
    absence = await plan(office, "li.wei", "wang.fang")
    assert task.id in await turn(office, "wang.fang")
    await office.tasks.release(await office.actor("wang.fang"), uuid4().hex, task.id)
    await office.tasks.claim(await office.actor("wang.fang"), uuid4().hex, task.id)
    await end(office, absence)
    assert task.id in await turn(office, "li.wei")
    await make_contact(office, "li.wei", task)
    done = await office.until(lambda: office.row(Task, id=task.id, status="done"), "the contact")
    assert done.decided_for is None


async def test_both_hear_at_the_start_and_at_the_end_what_went_over_and_what_was_done(office: Office) -> None:
    away, there = office.people["li.wei"], "wang.fang"
    contracts = [(await office.negotiating(yuan * YUAN))[1] for yuan in (10_000, 20_000)]
    absence = await plan(office, "li.wei", there, start=timedelta(days=2), days=4)
    await told(office, there, "absence.planned", person=away)
    assert (await stage(office, absence, "coming")).closed_at is None

    await office.days_pass(2.1)
    await stage(office, absence, "away")
    begun = await told(office, there, "absence.began")
    assert notice_text(begun.kind, begun.params, "en").startswith("You stand in for Li Wei from now on. Open tasks")
    assert begun.params["tasks"] >= len(contracts)
    assert (await told(office, "li.wei", "absence.away")).params["tasks"] == begun.params["tasks"]

    await office.absences.change(
        await office.actor("li.wei"), uuid4().hex, absence, AbsenceChange(ends_at=datetime.now(UTC) + timedelta(days=8))
    )
    await office.days_pass(4)
    assert (await stage(office, absence, "away")).closed_at is None
    await office.days_pass(3)
    await stage(office, absence, "over")
    over = await told(office, there, "absence.ended")
    assert (over.params["done"], over.params["tasks"]) == (0, begun.params["tasks"])
    assert notice_text(over.kind, over.params, "zh_CN").startswith("李伟")
    assert (await told(office, "li.wei", "absence.back")).params["tasks"] == over.params["tasks"]


async def test_what_a_substitute_did_is_told_when_the_absence_ends_early(office: Office) -> None:
    task = await first_contact(office, "li.wei")
    absence = await plan(office, "li.wei", "wang.fang")
    await told(office, "wang.fang", "absence.began")
    await make_contact(office, "wang.fang", task)
    await office.until(lambda: office.row(Task, id=task.id, status="done"), "the contact")
    await end(office, absence)
    assert (await told(office, "wang.fang", "absence.ended")).params["done"] == 1
    assert (await told(office, "li.wei", "absence.back")).params["done"] == 1


async def test_what_was_called_off_never_begins(office: Office) -> None:
    absence = await plan(office, "peng.cheng", "deng.li", start=timedelta(days=2), days=4)
    await office.absences.end(await office.actor("peng.cheng"), uuid4().hex, absence)
    assert (await stage(office, absence, "cancelled")).closed_at is not None
    await told(office, "deng.li", "absence.cancelled")
    with pytest.raises(Refused) as refused:
        await office.absences.end(await office.actor("peng.cheng"), uuid4().hex, absence)
    assert refused.value.code == "absence_ended"


async def test_an_absence_holds_from_its_first_moment_until_the_one_it_ends_at(office: Office) -> None:
    absence = await office.row(Absence, id=await plan(office, "he.jie", "ma.chao", start=timedelta(days=1)))
    assert absence is not None
    instant = timedelta(microseconds=1)

    async def stands_in(at: datetime) -> bool:
        async with office.db.session() as session:
            actor = await actor_of(session, office.people["ma.chao"], at)
        return [absent.id for absent in actor.acting_for] == [office.people["he.jie"]]

    assert not await stands_in(absence.starts_at - instant)
    assert await stands_in(absence.starts_at)
    assert await stands_in(absence.ends_at - instant)
    assert not await stands_in(absence.ends_at)


async def stage(office: Office, absence_id: str, name: str) -> Absence:
    return await office.until(lambda: office.row(Absence, id=absence_id, stage=name), f"the absence to be {name}")
