"""Reports on approvals, held against turns made by hand."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from api.services import Services
from commands.policy import publish_defaults
from db.approval_turn import ApprovalTurn
from db.base import new_id
from db.contract import Approval
from domain.access import Role, person_key, role_key
from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere
from ui.csv_file import csv_file

HOUR = 3_600
NOW = datetime.now(UTC)


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest.fixture(scope="module")
async def turns(app: FastAPI, people: dict[str, str]) -> None:
    """Eleven turns of the east and one of the south; one of the east is half a year old."""
    services: Services = app.state.services
    await publish_defaults(services.db)
    zhao, xu = people["zhao.min"], people["xu.jing"]
    made = [approval(people, title) for title in ("甲", "乙", "=1+1", "丁")]
    south = approval(people, "南方", region="south")
    rows = [
        *(turn(made[0], "manager", hours, by=zhao) for hours in (1, 2, 3, 4, 10)),
        turn(made[1], "manager", 40, by=zhao, status="returned", comment="缺少附件"),
        turn(made[2], "cfo", 6, by=xu, status="rejected", comment="=折扣过高", row="above_50000"),
        turn(made[2], "added_1", 5, by=people["tang.wen"], row=""),
        turn(made[3], "manager", 99, by=zhao, ago=200),
        turn(made[3], "manager", None, holders=[role_key(Role.REGIONAL_MANAGER, people["east"])], late=True),
        turn(made[3], "cfo", None, holders=[person_key(xu)], row="above_50000"),
        turn(south, "manager", 8, by=people["huang.bo"], region=people["south"]),
    ]
    async with services.db.session() as session:
        session.add_all([*made, south, *rows])


def approval(people: dict[str, str], title: str, region: str = "east") -> Approval:
    approval_id = new_id()
    return Approval(
        id=approval_id, number=f"A-{approval_id[-6:]}", subject_kind="contract", subject_id=new_id(),
        subject_version=1, line_id=new_id(), region_id=people[region], submitted_by=people["li.wei"], title=title,
        amount=1, currency="CNY", status="open", facts={}, decision={}, path=[], remarks=[], readers=[],
        opened_at=NOW, revision=1,
    )  # fmt: skip


def turn(
    of: Approval, step: str, hours: int | None, *, by: str | None = None, status: str = "approved",
    ago: int = 5, row: str = "up_to_50000", region: str | None = None, late: bool = False, **more: Any,
) -> ApprovalTurn:  # fmt: skip
    """`hours` worked until it was decided `ago` days back; None: it is still open."""
    decided_at = NOW - timedelta(days=ago) if hours is not None else None
    return ApprovalTurn(
        task_id=new_id(), approval_id=of.id, policy_version=1, row=row, step=step, region_id=region or of.region_id,
        submitted_by=of.submitted_by, came="policy", status=status if decided_at else "open",
        opened_at=NOW - timedelta(days=ago), due_at=NOW + timedelta(hours=-1 if late else 9), decided_at=decided_at,
        decided_by=by, worked=None if hours is None else hours * HOUR, revision=1,
        **{"holders": [person_key(by or of.submitted_by)], "comment": None, "behalf_of": None} | more,
    )  # fmt: skip


async def report(browser: AsyncClient, **asked: Any) -> dict[str, Any]:
    found = await browser.get("/api/reports/approvals", params=asked)
    assert found.status_code == 200, found.text
    return dict(found.json())


pytestmark = pytest.mark.usefixtures("turns")


async def test_the_figures_are_those_of_the_turns(sign_in: SignIn, people: dict[str, str]) -> None:
    found = await report(await sign_in("zhao.min"))
    steps = {one["step"]: one for one in found["steps"]}
    manager = steps["manager"]
    # 1 2 3 4 10 40: the median between 3 and 4, the 90th percentile half way from 10 to 40
    assert (manager["decided"], manager["median"] / HOUR, manager["ninth"] / HOUR) == (6, 3.5, 25)
    assert (manager["returned"], manager["rejected"]) == (1, 0)
    assert (steps["cfo"]["decided"], steps["cfo"]["rejected"], steps["added"]["decided"]) == (1, 1, 1)
    assert found["totals"] == {
        "requests": 4, "decided": 8, "median": 4.5 * HOUR, "ninth": 19 * HOUR, "refused": 2,
    }  # fmt: skip
    paces = {one["person"]: one for one in found["people"]}
    assert (paces[people["zhao.min"]]["decided"], paces[people["zhao.min"]]["refused"]) == (6, 1)
    queues = {one["holder"]: (one["waiting"], one["overdue"]) for one in found["queues"]}
    assert queues == {
        role_key(Role.REGIONAL_MANAGER, people["east"]): (1, 1), person_key(people["xu.jing"]): (1, 0),
    }  # fmt: skip
    assert {one["row"]: one["requests"] for one in found["rows"]} == {"up_to_50000": 3, "above_50000": 2}
    assert {one["title"]: one["comment"] for one in found["refused"]} == {"乙": "缺少附件", "=1+1": "=折扣过高"}


async def test_a_longer_time_reaches_further_back(sign_in: SignIn) -> None:
    year = (NOW - timedelta(days=365)).date().isoformat()
    found = await report(await sign_in("zhao.min"), since=year)
    assert found["totals"]["decided"] == 9
    nothing = await report(await sign_in("zhao.min"), since="2001-01-01", until="2001-12-31")
    assert nothing["totals"] == {"requests": 0, "decided": 0, "median": None, "ninth": None, "refused": 0}


async def test_managers_see_their_region_and_who_oversees_the_company_all(
    sign_in: SignIn, people: dict[str, str]
) -> None:
    assert (await report(await sign_in("huang.bo")))["totals"]["decided"] == 1
    for overseer in ("lin.yue", "xu.jing", "gu.ming", "han.xue"):
        assert (await report(await sign_in(overseer)))["totals"]["decided"] == 9, overseer
    director = await sign_in("lin.yue")
    assert (await report(director, region=people["south"]))["totals"]["decided"] == 1
    foreign = await (await sign_in("huang.bo")).get("/api/reports/approvals", params={"region": people["east"]})
    assert (foreign.status_code, foreign.json()["code"]) == (422, "region_unknown")
    for outsider in ("li.wei", "tang.wen"):
        browser = await sign_in(outsider)
        assert (await browser.get("/api/reports/approvals")).status_code == 403
        assert (await browser.get("/reports/approvals/steps.csv")).status_code == 403


async def test_days_the_wrong_way_round_are_answered_in_words(sign_in: SignIn) -> None:
    browser = await sign_in("zhao.min")
    browser.headers["Accept"] = "text/html"
    wrong = await browser.get("/reports/approvals?since=2026-05-02&until=2026-05-01&lang=en")
    assert (wrong.status_code, "The end must be later than the beginning." in wrong.text) == (422, True)
    for day in ("since=0001-01-01", "until=0001-01-01", "until=9999-12-31"):
        assert (await browser.get(f"/reports/approvals?{day}")).status_code == 422
        assert (await browser.get(f"/api/reports/deals?{day}")).status_code == 422


async def test_every_part_is_a_file_that_a_spreadsheet_reads_and_never_calculates(sign_in: SignIn) -> None:
    browser = await sign_in("zhao.min")
    for part, head, first in (
        ("steps", "Step", ["CFO", "1", "6.0", "6.0", "0", "1"]),
        ("people", "Waits for", ["Regional manager (East China)", "1", "1", "0", "", "", "0"]),
        ("rows", "Row of the policy", ["Contract, Amount up to ¥50,000", "1", "3"]),
    ):
        answer = await browser.get(f"/reports/approvals/{part}.csv?lang=en")
        assert answer.content.startswith(b"\xef\xbb\xbf")
        table = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
        assert (table[0][0], table[1]) == (head, first), part
        assert "attachment" in answer.headers["content-disposition"]
    refused = (await browser.get("/reports/approvals/refused.csv?lang=en")).content.decode("utf-8-sig")
    titles = {row[1]: row[6] for row in list(csv.reader(StringIO(refused)))[1:]}
    assert titles == {"乙": "缺少附件", "'=1+1": "'=折扣过高"}


@pytest.mark.parametrize("formula", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1"])
def test_a_text_that_looks_like_a_formula_is_marked_as_text(formula: str) -> None:
    body = csv_file("x", ["a"], [[formula, -5]]).body
    [_, row] = csv.reader(StringIO(bytes(body).decode("utf-8-sig"), newline=""))
    assert row == [f"'{formula}", "-5"]


async def test_the_report_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/reports/approvals", as_person="lin.yue")
