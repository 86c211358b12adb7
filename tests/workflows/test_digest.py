"""Who wants it gets one mail every working morning, with all that is open, in place of one for each task."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from activities.digest import DigestActivities, DigestPage
from api.services import Services
from commands.account import Preferences
from db.actor import actor_of
from db.base import new_id
from db.digest import write_digests
from db.person import Person
from db.policy import current_policy
from db.process import Notification, Task
from db.record import Outbox
from db.task import Sought, list_tasks
from domain.absence import AbsencePlan
from domain.access import person_key, role_key
from domain.calendar import DEFAULT, WEEKDAYS
from tests.approving import submitted
from worker.schedule import DIGEST, keep_schedules

pytestmark = pytest.mark.usefixtures("worker")
ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=ZONE)
SUNDAY = MONDAY - timedelta(days=1)


@pytest.fixture
async def services(app: FastAPI) -> AsyncIterator[Services]:
    found: Services = app.state.services
    yield found
    async with found.db.session() as session:
        await session.execute(update(Person).values(mail="each"))
        await session.execute(update(Task).values(status="cancelled"))


async def prefer(services: Services, person: str, mail: Any) -> None:
    async with services.db.session() as session:
        actor = await actor_of(session, person)
    await services.account.prefer(actor, Preferences(mail=mail))


async def mails(services: Services, prefix: str) -> dict[str, dict[str, Any]]:
    async with services.db.session() as session:
        found = await session.scalars(select(Outbox).where(Outbox.kind == "mail", Outbox.key.startswith(prefix)))
        return {entry.key: entry.payload for entry in found}


async def task(services: Services, holder: str, title: str, due: datetime | None, **more: Any) -> str:
    """A task's row, as a process would write it."""
    row = Task(
        id=new_id(), workflow_id=f"approval/{title}", process_kind="approval", record_id=new_id(), line_id=new_id(),
        kind="approve", params={"subject": "contract"}, title=title, amount=5_000_000, currency="CNY",
        holders=[holder], status="open", version=1, opened_at=MONDAY - timedelta(days=3), due_at=due, revision=1,
        **more,
    )  # fmt: skip
    async with services.db.session() as session:
        session.add(row)
    return row.id


async def write(services: Services, at: datetime) -> dict[str, dict[str, Any]]:
    """What the digest of this moment wrote, by person."""
    before = await mails(services, "digest/")
    await DigestActivities(services.db, "Asia/Shanghai").write_digests(DigestPage(at=at))
    after = await mails(services, "digest/")
    return {mail["person"]: mail for key, mail in after.items() if key not in before}


async def test_one_mail_a_day_with_what_is_overdue_due_today_and_later(
    services: Services, people: dict[str, str]
) -> None:
    me = person_key(people["wang.fang"])
    await prefer(services, people["wang.fang"], "digest")
    await task(services, me, "明天的", MONDAY + timedelta(days=1))
    await task(services, me, "今天的", MONDAY + timedelta(hours=6))
    await task(services, me, "逾期的", MONDAY - timedelta(days=2))
    await task(services, me, "没有期限的", None)
    await task(services, person_key(people["zhou.kai"]), "别人的", MONDAY)
    written = await write(services, MONDAY)
    assert list(written) == [people["wang.fang"]]
    params = written[people["wang.fang"]]["params"]
    assert params["counts"] == {"overdue": 1, "today": 1, "later": 2}
    assert [(one["title"], one["group"]) for one in params["tasks"]] == [
        ("逾期的", "overdue"), ("今天的", "today"), ("明天的", "later"), ("没有期限的", "later"),
    ]  # fmt: skip
    assert await write(services, MONDAY + timedelta(hours=1)) == {}  # the same day again
    assert list(await write(services, MONDAY + timedelta(days=1))) == [people["wang.fang"]]


async def test_nobody_is_written_to_without_work_nor_on_a_day_off(services: Services, people: dict[str, str]) -> None:
    for person in ("wang.fang", "zhou.kai"):
        await prefer(services, people[person], "digest")
    await task(services, person_key(people["wang.fang"]), "周末的", MONDAY)
    assert await write(services, SUNDAY) == {}
    assert list(await write(services, MONDAY + timedelta(days=2))) == [people["wang.fang"]]


async def test_it_lists_what_the_inbox_lists_and_while_somebody_is_away_their_substitute_has_it(
    services: Services, people: dict[str, str]
) -> None:
    for person in ("zhao.min", "huang.bo"):
        await prefer(services, people[person], "digest")
    await task(services, role_key("regional_manager", people["east"]), "区域经理的", None, region_id=people["east"])  # type: ignore[arg-type]
    await task(services, person_key(people["huang.bo"]), "黄波自己的", None)
    async with services.db.session() as session:
        manager = await actor_of(session, people["zhao.min"])
    now = datetime.now(UTC)
    plan = AbsencePlan(
        starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=9), substitute=person_key(people["huang.bo"])
    )
    absence = await services.absences.plan(manager, new_id(), people["zhao.min"], plan)
    assert absence.seen
    async with services.db.session() as session:
        substitute = await actor_of(session, people["huang.bo"])
        inbox = {row.task.title for row in await list_tasks(session, substitute, "mine", Sought())}
        await write_digests(session, at=now, zone=ZONE, after=None)
    written = {
        mail["person"]: mail for mail in (await mails(services, f"digest/{now.astimezone(ZONE).date()}")).values()
    }
    await services.absences.end(manager, new_id(), absence.result["absence_id"])
    assert list(written) == [people["huang.bo"]]
    assert {one["title"] for one in written[people["huang.bo"]]["params"]["tasks"]} == inbox == {
        "区域经理的", "黄波自己的",
    }  # fmt: skip


async def test_many_people_are_written_to_page_by_page(services: Services, people: dict[str, str]) -> None:
    wanting = ("wang.fang", "zhou.kai", "li.wei", "chen.tao", "xu.jing")
    for person in wanting:
        await prefer(services, people[person], "digest")
        await task(services, person_key(people[person]), "每人一件", None)
    # A day no other story writes on: today's would find its mails.
    at, last, pages = MONDAY + timedelta(days=31), None, 0
    async with services.db.session() as session:
        while True:
            written = await write_digests(session, at=at, zone=ZONE, after=last, limit=2)
            last, pages = written.last, pages + 1
            if last is None:
                break
    told = {mail["person"] for mail in (await mails(services, f"digest/{at.date()}")).values()}
    assert (told, pages) == ({people[person] for person in wanting}, 3)


async def test_who_wants_a_digest_gets_no_mail_of_a_task_and_who_wants_none_gets_none(
    services: Services, people: dict[str, str]
) -> None:
    async def told_of(title: str) -> tuple[int, int]:
        """Notifications in the app, and mails, to the manager of the east."""
        task_id = await submitted(services, people, title=title)
        async with services.db.session() as session:
            told = Notification.person_id == people["zhao.min"], Notification.params["task"].astext == task_id
            in_app = (await session.scalars(select(func.count()).select_from(Notification).where(*told))).one()
        sent = [mail for mail in (await mails(services, "notice/")).values() if mail["params"].get("task") == task_id]
        return in_app, len([mail for mail in sent if mail["person"] == people["zhao.min"]])

    for mail, expected in (("digest", (1, 0)), ("none", (1, 0)), ("each", (1, 1))):
        await prefer(services, people["zhao.min"], mail)
        assert await told_of(f"邮件方式 {mail}") == expected


async def test_the_schedule_is_kept_once_and_starts_the_digest(services: Services, people: dict[str, str]) -> None:
    client, settings = services.temporal, services.settings
    async with services.db.session() as session:
        keeper = await actor_of(session, people["gu.ming"])
        version, _ = await current_policy(session, "calendar")
    week = {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}
    office = DEFAULT["calendars"]["office"] | {"week": week}
    always = DEFAULT | {"calendars": {"office": office}}
    await services.policies.publish(keeper, new_id(), "calendar", always, follows=version)
    await prefer(services, people["deng.li"], "digest")
    await task(services, person_key(people["deng.li"]), "早上八点半", None)
    await keep_schedules(client, settings)
    schedule = client.get_schedule_handle(DIGEST)
    await schedule.pause(note="ops")
    await keep_schedules(client, settings)  # another worker starts, or a newer version
    known = await schedule.describe()
    assert known.schedule.state.paused
    assert known.schedule.spec.time_zone_name == "Asia/Shanghai"
    await schedule.unpause()
    known = await schedule.describe()
    assert {at.astimezone(ZONE).strftime("%H:%M") for at in known.info.next_action_times} == {"08:30"}
    await schedule.trigger()
    body = await letter(services, "deng.li", "您有 1 件任务待处理")
    assert "早上八点半" in body
    await schedule.delete()


async def letter(services: Services, to: str, subject: str) -> str:
    """The text of the mail, once it is laid down."""
    async with asyncio.timeout(30):
        while True:
            for path in (services.settings.home / "mail").glob("*.eml"):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                body = message.get_body(("plain",))
                if body and message["Subject"] == subject and message["To"].startswith(to):
                    return str(body.get_content())
            await asyncio.sleep(0.05)
