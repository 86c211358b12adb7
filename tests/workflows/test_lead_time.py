"""First contact is due in working time; who is late loses the lead; what sleeps wakes on its morning."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from commands.policy import publish_defaults
from db.engine import Database
from db.process import Notification, Task
from domain.refusal import Refused
from settings import Settings
from tests.workflows.leads import Leads, targets
from tests.workflows.office import Office, _add_search_attributes, _environment, open_office
from worker.main import build_worker

SHANGHAI = ZoneInfo("Asia/Shanghai")


def next_saturday(now: datetime) -> datetime:
    local = now.astimezone(SHANGHAI)
    day = local.date() + timedelta(days=(5 - local.weekday()) % 7 or 7)
    return datetime(day.year, day.month, day.day, 14, 30, tzinfo=SHANGHAI)


async def test_a_lead_of_saturday_is_due_on_monday_at_ten_to_the_second(office: Office) -> None:
    leads = Leads(office)
    await leads.hours("Asia/Shanghai")
    await leads.rule("lead", calendar="plain", **targets("PT1H"))
    saturday = next_saturday(await office.env.get_current_time())
    await leads.skip_to(saturday)
    lead = await leads.stage(await leads.capture("周末食品"), "assigned")
    monday = (saturday + timedelta(days=2)).replace(hour=10, minute=0)
    assert lead.due_at == monday
    (task,) = await office.rows(Task, record_id=lead.id, kind="first_contact")
    assert task.due_at == monday
    await leads.skip_to(monday - timedelta(seconds=1))
    kept = await leads.stage(lead.id, "assigned")
    assert kept.owner_id == lead.owner_id
    await leads.skip_to(monday + timedelta(seconds=1))
    late = await leads.when(lead.id, "the next owner", lambda now: now.owner_id != lead.owner_id and now.due_at)
    told = await office.rows(Notification, kind="lead.passed_on", person_id=office.people["zhao.min"])
    assert (late.stage, len(told)) == ("assigned", 1)


async def test_a_lead_passed_on_to_everybody_ends_in_the_pool_in_seconds(office: Office) -> None:
    leads = Leads(office)
    await leads.rule("lead", calendar=None, passes=2, **targets("PT3S", remind="PT1S"))
    lead_id = await leads.capture("秒回科技")
    first = await leads.stage(lead_id, "assigned")
    assert first.due_at
    assert first.due_since
    assert first.due_at - first.due_since == timedelta(seconds=3)
    await office.time_passes(timedelta(seconds=30))
    lead = await leads.stage(lead_id, "pooled")
    assert lead.owner_id is None
    kinds = [kind for kind in await office.line(lead_id) if kind in ("lead.assigned", "lead.late", "lead.pooled")]
    assert kinds == ["lead.assigned", "lead.late"] * 3 + ["lead.pooled"]
    assert (await office.line(lead_id)).count("task.reminded") == 3
    task = await leads.asked(lead_id, "assign_lead")
    assert task.holders == [f"role:regional_manager:{office.people['east']}"]


async def test_a_call_without_answer_stops_no_clock(office: Office) -> None:
    leads = Leads(office)
    await leads.rule("lead", calendar=None, **targets("PT1H"))
    lead = await leads.stage(await leads.capture("忙音通信"), "assigned")
    assert lead.owner_id
    actor = await office.actor(next(name for name, one in office.people.items() if one == lead.owner_id))
    await office.leads.contact(actor, uuid4().hex, lead.id, how="call", note="", outcome="no_answer")
    tried = await leads.stage(lead.id, "assigned")
    assert tried.due_at == lead.due_at
    await office.leads.contact(actor, uuid4().hex, lead.id, how="call", note="", outcome="reached")
    assert (await leads.stage(lead.id, "contacted")).due_at is None


async def test_a_sleeping_lead_wakes_at_nine_after_the_clocks_went_forward(office: Office) -> None:
    leads = Leads(office)
    await leads.hours("Europe/Berlin")
    await leads.rule("lead", calendar="plain", **targets("PT1H"))
    lead = await office.lead(owner="li.wei")
    await leads.stage(lead.id, "assigned")
    # On 28 March 2027 the clocks of Berlin go forward: nine in the morning of the 29th is seven o'clock UTC.
    await office.leads.sleep(await office.actor("li.wei"), uuid4().hex, lead.id, until=date(2027, 3, 29))
    asleep = await leads.stage(lead.id, "asleep")
    assert asleep.due_at == datetime(2027, 3, 29, 7, tzinfo=UTC)
    assert await office.rows(Task, record_id=lead.id, status="open") == []
    await leads.skip_to(datetime(2027, 3, 29, 6, 59, 59, tzinfo=UTC))
    assert (await leads.stage(lead.id, "asleep")).owner_id == office.people["li.wei"]
    await leads.skip_to(datetime(2027, 3, 29, 7, 0, 1, tzinfo=UTC))
    awake = await leads.stage(lead.id, "assigned")
    assert (awake.owner_id, awake.why["how"]) == (office.people["li.wei"], "kept")
    assert awake.due_at is not None
    assert abs(awake.due_at - datetime(2027, 3, 29, 8, tzinfo=UTC)) < timedelta(seconds=2)


async def test_a_lead_due_while_no_worker_runs_is_passed_on_once(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    await publish_defaults(db)
    async with await _environment(10_000) as env:  # a real clock: the other server gives no work back to a new worker
        await _add_search_attributes(env)
        office = Office(env, db, people, settings)
        leads = Leads(office)
        await leads.rule("lead", calendar=None, **targets("PT6S"))
        async with build_worker(env.client, db, settings, strict=True):
            lead = await leads.stage(await leads.capture("断电制造"), "assigned")
        assert lead.due_at is not None
        while datetime.now(UTC) < lead.due_at + timedelta(seconds=1):
            await asyncio.sleep(0.1)
        async with build_worker(env.client, db, settings, strict=True):
            late = await leads.when(lead.id, "the next", lambda now: now.owner_id != lead.owner_id and now.due_at)
            assert late.stage == "assigned"
        assert (await office.line(lead.id)).count("lead.late") == 1


async def test_a_lead_goes_on_in_new_runs(db: Database, people: dict[str, str], settings: Settings) -> None:
    async with open_office(db, people, settings, suggest_new_run_after=60) as office:
        leads = Leads(office)
        await leads.rule("lead", calendar=None, **targets("PT1H"))
        lead = await office.lead(owner="li.wei")
        await leads.stage(lead.id, "assigned")
        actor = await office.actor("li.wei")
        for no in range(12):
            await office.leads.contact(actor, uuid4().hex, lead.id, how="call", note=str(no), outcome="no_answer")
        handle = office.env.client.get_workflow_handle(f"lead/{lead.id}")

        async def renewed() -> bool:
            history = await handle.fetch_history()
            return history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id != ""

        await office.until(renewed, "a new run")
        await asyncio.gather(*(
            office.leads.contact(actor, uuid4().hex, lead.id, how="mail", note="", outcome="reached") for _ in range(2)
        ))  # fmt: skip
        now = await leads.stage(lead.id, "contacted")
        assert (now.owner_id, now.grade) == (office.people["li.wei"], lead.grade)
        assert (await office.line(lead.id)).count("lead.tried") == 12


@pytest.mark.parametrize("until", [date(2026, 1, 1), date(2050, 1, 1)])
async def test_a_lead_sleeps_neither_into_the_past_nor_beyond_the_policy(office: Office, until: date) -> None:
    lead = await office.lead(owner="li.wei")
    with pytest.raises(Refused) as refused:
        await office.leads.sleep(await office.actor("li.wei"), uuid4().hex, lead.id, until=until)
    assert (refused.value.status, refused.value.field) == (422, "until")
