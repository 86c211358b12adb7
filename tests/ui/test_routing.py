"""Triage, shifts, skills and accuracy in the browser."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from commands.ticket_intake import Inbound
from db.actor import actor_of
from db.ticket import Ticket
from db.ticket_routing import TicketModelVersion, TicketRoute
from domain.calendar import WEEKDAYS
from domain.refusal import Refused
from domain.ticket_model import Measure, QueueMeasure
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site
from ui.shift_form import week_json

pytestmark = pytest.mark.usefixtures("worker")


async def in_triage(site: Site, text: str) -> str:
    asked = Inbound(channel="form", text=text, email="wu@lan.example", name="吴敏", region="east")
    taken = await site.services.tickets.receive(asked, uuid4().hex)

    ends = monotonic() + 30
    while True:
        async with site.services.db.session() as session:
            if await session.scalar(select(Ticket.stage).where(Ticket.id == taken.ticket_id)) == "triage":
                return str(taken.ticket_id)
        assert monotonic() < ends, "waited in vain for triage"


async def test_a_ticket_in_triage_is_put_into_the_guessed_queue_by_one_key(visit: Visit, site: Site) -> None:
    ticket_id = await in_triage(site, "我想了解一下你们的保养套餐\n\n去年买的设备，想续，等了三天没人理，太差了。")
    guesses = [{"queue": "general", "confidence": 0.42}, {"queue": "billing", "confidence": 0.3},
               {"queue": "repair", "confidence": 0.1}]  # fmt: skip
    async with site.services.db.session() as session:
        route = await session.get_one(TicketRoute, (ticket_id, 1))
        route.guesses, route.guessed, route.confidence = guesses, "general", 0.42
    await check_everywhere(visit, "/tickets/triage", "triage", as_person="shen.yu")
    visited = await visit("/tickets/triage", as_person="shen.yu", language="en")
    page = visited.page
    row = page.locator(f"#row-{ticket_id}")
    await expect(row).to_contain_text("42% sure")
    await expect(row).to_contain_text("没人理")
    await row.get_by_role("link").first.focus()
    await page.keyboard.press("2")
    await expect(page.locator(f"#row-{ticket_id}")).to_have_count(0)
    async with site.services.db.session() as session:
        assert await session.scalar(select(Ticket.queue).where(Ticket.id == ticket_id)) == "billing"
    assert visited.problems == []


async def test_a_lead_keeps_shifts_and_skills(visit: Visit, site: Site, people: dict[str, str]) -> None:
    visited = await visit("/shifts/new", as_person="shen.yu", language="en")
    page = visited.page
    await page.get_by_label("What it is called").fill("Early")
    await page.get_by_label("Team").select_option(people["east-support"])
    await page.get_by_label("Monday").fill("9 to 5")
    await page.get_by_label("Gao Fei").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#e-mon")).to_contain_text("09:00-12:00")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        await page.get_by_label(day).fill("00:00-24:00")
    await expect(page.get_by_label("Gao Fei")).to_be_checked()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#week")).to_contain_text("00:00–24:00")
    await expect(page.locator("#week")).to_contain_text("on duty")
    await check_everywhere(visit, "/shifts", "shifts", as_person="shen.yu")
    await check_everywhere(visit, "/shifts/new", "shift-form", as_person="shen.yu")
    await page.get_by_role("link", name="Change").click()
    await page.get_by_role("button", name="Remove").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.locator("#week")).to_have_count(0)

    await page.goto(page.url.rpartition("/")[0] + f"/people/{people['gao.fei']}/skills")
    await page.get_by_label("repair").select_option("3")
    await page.get_by_label("English").select_option("2")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("repair 3")).to_be_visible()
    await check_everywhere(visit, f"/people/{people['gao.fei']}/skills", "skills", as_person="shen.yu")
    async with site.services.db.session() as session:
        lead = await actor_of(session, people["shen.yu"])
    await site.services.shifts.set_skills(lead, people["gao.fei"], {}, {})


async def test_accuracy_is_told_by_week_and_queue_with_the_model_behind_it(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    measure = Measure(
        rows=120, first=0.92, answered=0.85, right=0.97,
        queues={"billing": QueueMeasure(cases=60, answered=50, right=49, ruled=30, ruled_right=20, used=True),
                "repair": QueueMeasure(cases=60, answered=52, right=40, ruled=58, ruled_right=57)},
    )  # fmt: skip
    async with site.services.db.session() as session:
        session.add(TicketModelVersion(
            version=1, document="0" * 64, trained_at=datetime.now(UTC), trained_by=None, origin="run", rows=120,
            confidence=0.6, measure={"zh": measure.model_dump()},
        ))  # fmt: skip
        for no, (ruled, guessed, final) in enumerate((
            ("repair", "repair", "repair"), ("repair", "billing", "billing"), (None, "billing", "billing"),
            (None, None, "general"),
        )):  # fmt: skip
            ticket_id = str(uuid4())
            session.add(Ticket(
                id=ticket_id, number=f"T-A-{no}", subject="x", channel="form", language="zh_CN",
                opened_at=datetime.now(UTC), kind="question", priority="normal", stage="closed", tier="standard",
                queue=final, region_id=people["east"], sentiment_words=[],
            ))  # fmt: skip
            session.add(TicketRoute(
                ticket_id=ticket_id, no=1, by="rules" if ruled else "model" if guessed else "triage",
                queue=ruled or guessed, row=None, ruled=ruled, guessed=guessed, confidence=0.9 if guessed else None,
                sure=bool(guessed), guesses=[], keywords=[], model=1, policy=1, at=datetime.now(UTC),
            ))  # fmt: skip
    await check_everywhere(visit, "/reports/routing", "routing-accuracy", as_person="gu.ming")
    page = (await visit("/reports/routing", as_person="shen.yu", language="en")).page
    await expect(page.locator("#queues")).to_contain_text("Billing")
    billing = page.locator("#queues tr", has_text="Billing")
    await expect(billing).to_contain_text("1/2")  # first assignment
    await expect(billing).to_contain_text("2/2")  # the model would have had both
    await expect(page.get_by_role("button", name="Train now")).to_have_count(0)


async def test_an_administrator_edits_where_tickets_go_and_tries_a_text(visit: Visit) -> None:
    for path, name in (
        ("/policies/ticket_routing", "policy-routing"), ("/policies/ticket_routing/edit", "policy-routing-edit"),
        ("/policies/ticket_routing/edit/part?part=limits", "policy-routing-limits"),
        ("/policies/ticket_routing/edit/part?part=queues", "policy-routing-queues"),
    ):  # fmt: skip
        await check_everywhere(visit, path, name, as_person="gu.ming")
    visited = await visit("/policies/ticket_routing/edit/part?part=queues", as_person="gu.ming", language="en")
    page = visited.page
    for name, value in (("key", "parts"), ("zh", "备件"), ("en", "Spare parts"), ("skills", "parts, stock")):
        await page.locator(f"#f-{name}-4").fill(value)
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_text("parts, stock")).to_be_visible()
    await page.goto(page.url.partition("/edit")[0] + "/edit/part?part=words")
    await page.locator("#f-key-3").fill("parts")
    await page.locator("#f-words-3").fill("备件，配件, spare part")
    await page.locator("#f-key-4").fill("parts")
    await page.locator("#f-words-4").fill("螺栓")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_text("Two lists of words have the key parts.")).to_be_visible()
    await expect(page.locator("#f-words-4")).to_have_value("螺栓")  # nothing typed is lost
    for name in ("key", "words"):
        await page.locator(f"#f-{name}-4").fill("")
    await page.get_by_role("button", name="Keep in the draft").click()
    await page.get_by_role("button", name="Add a row").click()
    await expect(page.locator("#rows tr[data-row]")).to_have_count(8)
    await page.locator("#rows tr[data-row]").last.locator("[id^=steps-]").click()
    await page.locator("#f-queue").select_option("parts")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.locator("#rows tr[data-row]").last).to_contain_text("parts")
    await page.get_by_role("link", name="Try a text by this draft").click()
    await page.get_by_label("What the customer writes").fill("等太久了，太差了，没人管")
    await page.get_by_role("button", name="Try").click()
    await expect(page.get_by_text("Spare parts").first).to_be_visible()
    await expect(page.get_by_text("clearly negative")).to_be_visible()
    await check_everywhere(visit, "/policies/ticket_routing/try?text=故障", "routing-try", as_person="gu.ming")
    assert [problem for problem in visited.problems if "422" not in problem] == []


def test_hours_over_midnight_go_on_the_next_day() -> None:
    week = week_json({"sun": "22:00-06:00", "mon": "09:00-12:00，13:00-18:00"})
    assert week["sun"] == [{"start": "22:00", "end": "24:00"}]
    assert [span["start"] for span in week["mon"]] == ["00:00", "09:00", "13:00"]
    with pytest.raises(Refused, match="hours_unreadable"):
        week_json(dict.fromkeys(WEEKDAYS, "all day"))
