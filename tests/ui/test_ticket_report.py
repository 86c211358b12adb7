"""What was promised and kept, by queue, agent, tier and week, for those who see the tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from db.base import new_id
from db.engine import Database
from db.person import OrgUnit
from db.ticket_clock import TicketClockRow
from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere

HTML = {"accept": "text/html", "accept-language": "en"}


async def ended(db: Database, people: dict[str, str]) -> None:
    """Ten first responses of one queue after an hour each, the last two of them late; one nobody waits for any more."""
    async with db.session() as session:
        await session.execute(delete(TicketClockRow))
        region = (await session.scalars(select(OrgUnit.id).where(OrgUnit.code == "east"))).one()
        met = datetime.now(UTC) - timedelta(minutes=5)

        def clock(no: int) -> dict[str, Any]:
            return {
                "ticket_id": new_id(), "no": 0, "kind": "first_response", "row": "otherwise", "calendar": "office",
                "policy_version": 1, "calendar_version": 1, "started_at": met - timedelta(hours=1), "target": 3600.0,
                "due_at": met, "amber_at": met, "red_at": met, "pauses": [], "met_at": met, "stopped_at": None,
                "breached_at": met if no > 8 else None, "level": 0, "used": 360.0 * no, "region_id": region,
                "queue": "hardware", "assignee_id": people["gao.fei"], "tier": "vip",
            }  # fmt: skip

        await session.execute(insert(TicketClockRow), [clock(no) for no in range(1, 11)])
        await session.execute(insert(TicketClockRow), [clock(0) | {"met_at": None, "stopped_at": met}])


@pytest.mark.parametrize("by", ["queue", "agent", "tier", "week"])
async def test_clocks_are_counted_in_time_and_late_with_median_and_ninth_tenth(
    db: Database, sign_in: SignIn, people: dict[str, str], by: str
) -> None:
    await ended(db, people)
    lead = await sign_in("shen.yu")
    table = (await lead.get(f"/reports/service/kept.csv?by={by}", headers=HTML)).text.splitlines()
    assert table[0].startswith("\ufeffClock,")
    assert len(table) == 2
    assert table[1].startswith("First response,")
    assert table[1].endswith(",10,8,2,0.55,0.91")
    assert (await lead.get(f"/reports/service?by={by}", headers=HTML)).status_code == 200
    assert (await (await sign_in("li.wei")).get("/reports/service", headers=HTML)).status_code == 403


async def test_the_report_reads_well_everywhere(db: Database, people: dict[str, str], visit: Visit) -> None:
    await ended(db, people)
    await check_everywhere(visit, "/reports/service?by=agent", as_person="shen.yu")
