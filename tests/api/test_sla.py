"""What a calendar makes of a target is reckoned through the API by the calendars in force."""

from __future__ import annotations

import pytest

from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_ticket_late_on_friday_is_due_on_monday_by_the_calendar_in_force(sign_in: SignIn) -> None:
    agent = await sign_in("li.wei")
    case = {"calendar": "office", "start": "2026-11-27T17:55+08:00", "target": "PT1H"}
    answer = await agent.post("/api/sla/preview", json=case)
    assert (answer.status_code, answer.json()["due_local"]) == (200, "2026-11-30T09:55:00+08:00")
    assert answer.json()["spans"][1] == {"start": "2026-11-30T01:00:00Z", "end": "2026-11-30T01:55:00Z"}
    elapsed = await agent.post("/api/sla/preview", json=case | {"target": None, "end": "2026-11-30T01:30:00Z"})
    assert elapsed.json()["elapsed_seconds"] == 35 * 60
    wrong = await agent.post("/api/sla/preview", json=case | {"target": "P1M"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "target")
