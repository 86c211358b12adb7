"""An approver decides by the link in a mail: it shows the case first, and decides once."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from playwright.async_api import expect
from sqlalchemy import update

from api.services import Services
from commands.decision_link import DecisionLinks
from db.actor import actor_of
from db.audit import list_audit
from db.base import new_id
from db.person import Person
from db.process import Task
from keys import master_key
from tests.approving import submitted
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site
from worker.mail import Mailer

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


def link_in(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    found = re.search(r"http\S+/decide/\S+", str(body.get_content()))
    return found[0] if found else ""


async def letter(services: Services, task_id: str, to: str) -> EmailMessage:
    """The mail that tells somebody of a task, once it is laid down."""
    links = services.decisions_by_mail.links
    async with asyncio.timeout(30):
        while True:
            for path in (services.settings.home / "mail").glob("*.eml"):
                found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                assert isinstance(found, EmailMessage)
                token = urlsplit(link_in(found)).path.removeprefix("/decide/")
                if token and found["To"].startswith(to) and links.read(token)[0] == task_id:
                    return found
            await asyncio.sleep(0.05)


async def link(services: Services, task_id: str, to: str) -> str:
    parts = urlsplit(link_in(await letter(services, task_id, to)))
    return f"{parts.path}?{parts.query}"


async def decide(client: AsyncClient, address: str, outcome: str = "approve", **fields: str) -> Response:
    sent = {"outcome": outcome, "version": "1", "idempotency_key": new_id(), **fields}
    return await client.post(address, data=sent, headers={"Sec-Fetch-Site": "same-origin", "Origin": "null"})


async def task_row(services: Services, task_id: str) -> Task:
    async with services.db.session() as session:
        return await session.get_one(Task, task_id)


async def done(services: Services, task_id: str) -> Task:
    async with asyncio.timeout(30):
        while (task := await task_row(services, task_id)).status == "open":
            await asyncio.sleep(0.02)
    return task


async def test_the_link_shows_the_case_however_often_and_decides_once(
    services: Services, people: dict[str, str], client: AsyncClient
) -> None:
    task_id = await submitted(services, people, title="邮件审批", yuan=180_000, note="客户要求年内签")
    address = await link(services, task_id, "zhao.min")
    for _ in range(3):  # the mail server's scanner, the preview, the approver
        seen = await client.get(address)
        assert seen.status_code == 200
    assert (await task_row(services, task_id)).status == "open"
    for shown in ("邮件审批", "恒远物流", "李伟", "180,000", "客户要求年内签", "以 赵敏 的身份"):
        assert shown in seen.text, shown
    assert "/documents/" not in seen.text
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert seen.headers["cache-control"] == "no-store"
    assert "noindex" in seen.headers["x-robots-tag"]
    assert "set-cookie" not in seen.headers

    answer = await decide(client, address, comment="同意")
    assert answer.status_code == 200, answer.text
    assert "已记录" in answer.text
    task = await done(services, task_id)
    assert (task.decided_by, task.outcome, task.comment) == (people["zhao.min"], "approved", "同意")
    async with services.db.session() as session:
        deeds = [row.action for row in await list_audit(session, subject=f"task/{task_id}")]
    assert deeds == ["Decide", "mail_link.used"]

    again = await decide(client, address, "reject", comment="改主意了")
    assert again.status_code == 409
    assert "赵敏已经" in again.text.replace(" ", "")
    later = await client.get(address)
    assert later.status_code == 409
    assert "180,000" not in later.text  # what is decided is no longer shown to whoever finds the mail


async def test_a_return_without_a_word_and_an_outdated_version_show_the_case_again(
    services: Services, people: dict[str, str], client: AsyncClient
) -> None:
    task_id = await submitted(services, people, title="先说原因")
    address = (await link(services, task_id, "zhao.min")).replace("zh_CN", "en")
    wordless = await decide(client, address, "return")
    assert wordless.status_code == 422
    assert "Say why, so that the submitter knows what to change." in wordless.text
    outdated = await decide(client, address, version="7")
    assert outdated.status_code == 409
    assert "Somebody changed this meanwhile." in outdated.text
    assert (await task_row(services, task_id)).status == "open"
    assert (await decide(client, address, "return", comment="补附件")).status_code == 200
    assert (await done(services, task_id)).outcome == "returned"


async def test_another_sites_form_decides_nothing(
    services: Services, people: dict[str, str], client: AsyncClient
) -> None:
    task_id = await submitted(services, people, title="外站表单")
    address = await link(services, task_id, "zhao.min")
    sent = {"outcome": "approve", "version": "1", "idempotency_key": new_id()}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert (await client.post(address, data=sent, headers=headers)).status_code == 403
    assert (await task_row(services, task_id)).status == "open"


async def test_a_task_passed_on_is_no_longer_decided_by_the_first_mail(
    services: Services, people: dict[str, str], client: AsyncClient
) -> None:
    task_id = await submitted(services, people, title="转给别人")
    address = (await link(services, task_id, "zhao.min")).replace("zh_CN", "en")
    async with services.db.session() as session:
        manager = await actor_of(session, people["zhao.min"])
    await services.tasks.delegate(manager, new_id(), task_id, to=people["huang.bo"], why="出差")
    theirs = await link(services, task_id, "huang.bo")
    answer = await decide(client, address)
    assert answer.status_code == 409
    assert "passed on to somebody else" in answer.text
    assert (await decide(client, theirs)).status_code == 200
    assert (await done(services, task_id)).decided_by == people["huang.bo"]


async def test_a_link_ends_with_its_days_and_with_its_person(
    services: Services, people: dict[str, str], client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await submitted(services, people, title="过期链接")
    path = services.decisions_by_mail.links.path(task_id, people["zhao.min"])
    long_ago = (datetime.now(UTC) - timedelta(days=15)).timestamp()
    with monkeypatch.context() as clock:
        clock.setattr("time.time", lambda: long_ago)
        expired = services.decisions_by_mail.links.path(task_id, people["zhao.min"])
    for address, status, words in (
        (f"{expired}?lang=en", 410, "older than 14 days"),
        (f"{path[:-3]}?lang=en", 404, "leads nowhere"),
        (f"{path[:-3]}xyz?lang=en", 404, "leads nowhere"),
    ):
        answer = await client.get(address)
        assert (answer.status_code, words in answer.text) == (status, True)
    async with services.db.session() as session:
        await session.execute(update(Person).where(Person.id == people["zhao.min"]).values(active=False))
    gone = await decide(client, f"{path}?lang=en")
    async with services.db.session() as session:
        await session.execute(update(Person).where(Person.id == people["zhao.min"]).values(active=True))
    assert (gone.status_code, "no longer works here" in gone.text) == (410, True)
    assert (await task_row(services, task_id)).status == "open"


async def test_a_step_that_is_signed_is_shown_and_decided_after_signing_in(
    services: Services, people: dict[str, str], client: AsyncClient
) -> None:
    task_id = await submitted(services, people, title="要签名")
    address = (await link(services, task_id, "zhao.min")).replace("zh_CN", "en")
    async with services.db.session() as session:
        task = await session.get_one(Task, task_id)
        task.params = task.params | {"proof": "signature"}
    seen = await client.get(address)
    assert "Sign in to decide" in seen.text
    assert 'name="outcome"' not in seen.text
    answer = await decide(client, address)
    assert (answer.status_code, "wants more than a click" in answer.text) == (403, True)


async def test_an_installation_without_such_links_sends_none_and_takes_none(
    services: Services, people: dict[str, str]
) -> None:
    settings = services.settings.model_copy(update={"mail_link_days": 0})
    mail = {
        "person": people["zhao.min"], "to": "zhao.min@throughline.example", "language": "en", "link": "/tasks/x",
        "kind": "task.opened.approve", "params": {"task": new_id(), "title": "x"},
    }  # fmt: skip
    assert "/decide/" not in str(Mailer(settings).compose("key", mail))
    assert "/decide/" in str(Mailer(services.settings).compose("key", mail))
    assert DecisionLinks(master_key(settings), settings).path("task", "person") == ""


async def test_in_a_browser_where_somebody_else_is_signed_in_the_links_person_decides(
    visit: Visit, site: Site, services: Services, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people, title="同一台电脑")
    address = (await link(services, task_id, "zhao.min")).replace("zh_CN", "en")
    page = (await visit(address, as_person="li.wei")).page
    await page.get_by_label("Comment").fill("Fine with me")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Your decision on 同一台电脑 is recorded.")).to_be_visible()
    task = await done(services, task_id)
    assert (task.decided_by, task.comment) == (people["zhao.min"], "Fine with me")


async def test_the_page_reads_well_everywhere(
    visit: Visit, site: Site, services: Services, people: dict[str, str]
) -> None:
    task_id = await submitted(
        services, people, title="三年平台许可", yuan=260_000, note="客户希望本周签约，折扣已谈妥。"
    )
    address = await link(services, task_id, "zhao.min")
    await check_everywhere(visit, address.partition("?")[0], "decide")
