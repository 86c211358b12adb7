"""Service levels are read, tried and changed in the browser."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere
from ui.policy_sla import friday

HTML = {"accept": "text/html"}
EDIT = "/policies/sla/edit"

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_row_and_the_ladder_are_changed_by_forms(sign_in: SignIn) -> None:
    browser = await sign_in("gu.ming")
    times = {"calendar": "office", "first_response": "30", "first_response_unit": "s", "resolution": "2", "note": "x"}
    kept = await browser.post(f"{EDIT}/row?row=vip", headers=HTML, data={"revision": "0", **times})
    assert kept.status_code == 303
    draft = (await browser.get("/api/policies/sla/draft")).json()
    assert draft["document"]["table"]["rows"][0]["then"] == {
        "calendar": "office", "first_response": "PT30S", "resolution": "PT7200S",
    }  # fmt: skip
    ladder = {
        "amber.how": "share", "amber.share": "50", "red.how": "before", "red.before": "10", "red.before_unit": "s",
        "after.0": "", "act.0": "notify", "who.0": "assignee",
        "after.1": "5", "after.1_unit": "m", "act.1": "reassign", "who.1": "support_lead",
    }  # fmt: skip
    kept = await browser.post(f"{EDIT}/ladder", headers=HTML, data={"revision": str(draft["revision"]), **ladder})
    assert kept.status_code == 303
    draft = (await browser.get("/api/policies/sla/draft")).json()
    assert draft["document"]["ladder"] == [
        {"act": "notify", "who": "assignee"}, {"after": "PT300S", "act": "reassign", "who": "support_lead"},
    ]  # fmt: skip
    assert (draft["document"]["amber"], draft["document"]["red"]) == ({"share": 50}, {"before": "PT10S"})
    wrong = ladder | {"after.0": "1", "after.0_unit": "h"}
    refused = await browser.post(f"{EDIT}/ladder", headers=HTML, data={"revision": str(draft["revision"]), **wrong})
    assert refused.status_code == 422
    sent = {"revision": str(draft["revision"]), "note": "short", "idempotency_key": "sla-short-1"}
    published = await browser.post(f"{EDIT}/publish", headers=HTML, data=sent)
    assert published.status_code == 303


async def test_the_pages_of_service_levels_read_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/policies/sla", as_person="gu.ming")
    await check_everywhere(visit, f"{EDIT}/row?row=vip", as_person="gu.ming")
    await check_everywhere(visit, f"{EDIT}/ladder", as_person="gu.ming")
    await check_everywhere(visit, "/policies/sla/preview?at=2026-11-27T17:55", as_person="gu.ming")


def test_a_ticket_is_tried_on_the_next_friday_five_minutes_before_closing() -> None:
    assert friday(datetime(2026, 11, 25, 3, tzinfo=UTC)) == datetime(2026, 11, 27, 17, 55, tzinfo=UTC)


async def test_a_calendar_shows_its_month_and_takes_days_off_from_a_file(sign_in: SignIn, visit: Visit) -> None:
    browser = await sign_in("gu.ming")
    feed = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Founding day\r\n"
    feed += b"DTSTART;VALUE=DATE:20200601\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    typed = {"revision": "0", "do": "feed", "key": "office", "zone": "Asia/Shanghai"}
    typed |= dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "09:00-18:00")
    sent = await browser.post(
        "/policies/calendar/edit/hours?key=office", headers=HTML, data=typed,
        files={"file": ("days.ics", feed, "text/calendar")},
    )  # fmt: skip
    assert sent.status_code == 303
    draft = (await browser.get("/api/policies/calendar/draft")).json()
    named = [day for day in draft["document"]["calendars"]["office"]["holidays"] if day.get("name") == "Founding day"]
    assert len(named) == 3
    await check_everywhere(visit, "/policies/calendar?month=2026-10", as_person="gu.ming")
