"""What is to come in: on a board, by age, by week, and as a customer's statement that goes out as a letter."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from db.collection import Collection
from db.customer import Contact
from db.letter import Letter
from db.receivable import Expected
from db.record import Document
from domain.payment_plan import local_day
from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere
from tests.workflows.test_statement import Bank, row
from ui.expected_cash import expected_weeks

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def bank(app: FastAPI, people: dict[str, str]) -> Bank:
    return Bank(app.state.services, people)


async def test_the_pages_about_money_read_well_everywhere(bank: Bank, visit: Visit) -> None:
    owed = await bank.owes("账龄物流", 300_000, 500_000)
    await bank.read([row("3000.00", "账龄物流", owed.number)])
    paths = ["/collections", "/collections/board", "/collections/ageing", "/collections/expected"]
    for path in [*paths, f"/customers/{owed.customer_id}/statement"]:
        await check_everywhere(visit, path, as_person="he.jie")


async def test_each_figure_of_the_ageing_leads_to_its_instalments(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("追溯物流", 300_000, 500_000)
    he = await sign_in("he.jie")
    page = (await he.get("/collections/ageing?by=customer")).text
    assert "追溯物流" in page
    behind = await he.get(
        f"/collections/ageing?by=customer&detail=true&bucket=not_due&currency=CNY&customer={owed.customer_id}"
    )
    assert behind.text.count(owed.number) == 2
    table = (await he.get("/collections/ageing.csv?by=customer")).text
    assert "追溯物流,CNY,8000.0,0.0,0.0,0.0,0.0,8000.0" in table
    for by in ("owner", "region"):
        assert (await he.get(f"/collections/ageing?by={by}")).status_code == 200


async def test_what_is_owed_is_told_as_json_too(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("接口账龄", 300_000, 500_000)
    he, other = await sign_in("he.jie"), await sign_in("wu.hao")
    of = {"customer": owed.customer_id}
    aged = (await he.get("/api/receivables/ageing", params=of)).json()
    assert [(row["id"], row["currency"], row["total"]) for row in aged] == [(owed.customer_id, "CNY", 800_000)]
    assert sum(row["amount"] for row in (await he.get("/api/receivables/expected", params=of)).json()) == 800_000
    account = (await he.get(f"/api/customers/{owed.customer_id}/statement")).json()["accounts"][0]
    assert account["closing"] == sum(posting["amount"] for posting in account["postings"]) == 800_000
    assert (await other.get("/api/receivables/ageing", params=of)).json() == []
    assert (await other.get(f"/api/customers/{owed.customer_id}/statement")).status_code == 404
    assert (await he.get("/api/receivables/ageing?by=moon")).status_code == 422


async def test_sales_see_their_own_money_and_not_others(bank: Bank, sign_in: SignIn) -> None:
    await bank.owes("范围物流", 300_000)
    wei, other = await sign_in("li.wei"), await sign_in("wu.hao")
    for path in ("/collections/board", "/collections/ageing", "/collections", "/collections/ageing.csv"):
        assert "范围物流" in (await wei.get(path)).text
        assert "范围物流" not in (await other.get(path)).text


async def test_the_statement_has_a_running_balance_and_goes_out_once_with_its_pdf(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("对账物流", 300_000, 500_000)
    opened_on = local_day(owed.opened_at, bank.services.settings.zone)
    await bank.read([row("3000.00", "对账物流", owed.number, on=opened_on.isoformat())])
    async with bank.services.db.session() as session:
        session.add(Contact(customer_id=owed.customer_id, name="Ann", email="ann@statement.example"))
    he, path = await sign_in("he.jie"), f"/customers/{owed.customer_id}/statement"
    page = (await he.get(path)).text
    assert "¥8,000" in page
    assert "¥5,000" in page
    table = (await he.get(f"{path}.csv")).text.splitlines()
    assert [line.rpartition(",")[2] for line in table[1:]] == ["8000.0", "5000.0"]
    pdf = await he.get(f"{path}.pdf")
    assert pdf.content.startswith(b"%PDF")
    key = uuid4().hex
    for _ in range(2):
        sent = await he.post(path, data={"idempotency_key": key, "language": "en"})
        assert sent.status_code == 303
    async with bank.services.db.session() as session:
        [letter] = await session.scalars(select(Letter).where(Letter.customer_id == owed.customer_id))
        [document] = await session.scalars(select(Document).where(Document.hash.in_(letter.documents)))
    assert (letter.template, letter.address, letter.params["outstanding"]) == (
        "statement", "ann@statement.example", 500_000,
    )  # fmt: skip
    assert document.media_type == "application/pdf"
    wrong = await he.get(f"{path}?first=2026-12-02&last=2026-12-01")
    assert wrong.status_code == 422
    nobody = await sign_in("wu.hao")
    assert (await nobody.get(path)).status_code == 404
    seller = await sign_in("li.wei")
    assert (await seller.get(path)).status_code == 200
    assert (await seller.post(path, data={"idempotency_key": uuid4().hex})).status_code == 403


async def test_lanes_follow_what_happens(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("泳道物流", 300_000)
    he = await sign_in("he.jie")

    async def lane() -> str:
        page = (await he.get("/collections/board")).text
        return page[: page.index(f"collection-{owed.id}")].rpartition('id="stage-')[2].partition("-name")[0]

    assert await lane() == "due"
    for values, name in (
        ({"status": "overdue", "level": 1}, "late"), ({"level": 2}, "later"), ({"level": 4}, "latest"),
        ({"promised_on": date(2026, 12, 1), "promised": 1}, "promised"), ({"disputed_at": owed.opened_at}, "disputed"),
    ):  # fmt: skip
        async with bank.services.db.session() as session:
            row_ = await session.get_one(Collection, owed.id)
            for key, value in values.items():
                setattr(row_, key, value)
        assert await lane() == name


def test_every_week_of_the_quarter_is_there_and_the_rest_is_one_sum() -> None:
    today = date(2026, 11, 26)
    monday = today - timedelta(days=3)
    weeks = expected_weeks(
        [
            Expected("due", monday, "CNY", 5),
            Expected("promised", monday, "CNY", 7),
            Expected("overdue", None, "CNY", 9),
            Expected("due", monday + timedelta(weeks=13), "CNY", 1),
            Expected("due", monday + timedelta(weeks=40), "CNY", 2),
        ],
        today,
    )  # fmt: skip
    assert (len(weeks), weeks[0].due, weeks[0].promised, weeks[0].total) == (14, 5, 7, 12)
    assert (weeks[-1].monday, weeks[-1].total) == (None, 3)
