"""Finance sends a bank statement in and decides what is left in doubt; everybody else finds no such page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from playwright.async_api import expect

from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere
from tests.workflows.test_statement import HEADINGS, Bank, row

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def bank(app: FastAPI, people: dict[str, str]) -> Bank:
    return Bank(app.state.services, people)


async def posted(client: AsyncClient, path: str, **form: Any) -> Any:
    return await client.post(path, data={"idempotency_key": uuid4().hex, **form})


async def test_a_file_is_sent_in_and_the_page_follows_it(bank: Bank, sign_in: SignIn) -> None:
    he = await sign_in("he.jie")
    content = "\n".join([HEADINGS, row("12.00", "甲", "不明")]).encode("gbk")
    files = {"file": ("流水.csv", content)}
    sent = await he.post("/collections/statements", files=files, data={"idempotency_key": uuid4().hex})
    assert sent.status_code == 303
    statement_id = sent.headers["location"].rpartition("/")[2]
    await bank.done(statement_id)
    page = (await he.get(sent.headers["location"])).text
    assert "甲" in page
    again = await he.post("/collections/statements", files=files, data={"idempotency_key": uuid4().hex})
    assert again.status_code == 409
    assert statement_id in again.text
    missing = await posted(he, "/collections/statements")
    assert missing.status_code == 422


async def test_a_doubt_is_booked_from_its_page_and_a_wrong_amount_is_said_there(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("页面物流", 210_000)
    _, [doubt] = await bank.read([row("2100.00", "页面物流", "货款")])
    he = await sign_in("he.jie")
    page = (await he.get(f"/collections/doubts?line={doubt.id}")).text
    assert owed.number in page
    assert 'data-key="1"' in page
    act = f"/collections/doubts/{doubt.id}/book"
    wrong = await posted(he, act, number=[owed.number, ""], amount=["2,099.99", ""])
    assert wrong.status_code == 422
    assert "2100.00" in wrong.text
    unknown = await posted(he, act, number=["P-2026-999999"], amount=["2100"])
    assert (unknown.status_code, "P-2026-999999" in unknown.text) == (422, True)
    nothing = await posted(he, act, collection=[], amount=[])
    assert nothing.status_code == 422
    short = owed.number.replace("-", "").replace("000", "", 1)
    done = await posted(he, act, number=[short], amount=["2,100"])
    assert done.status_code == 303
    assert (await bank.settled(doubt.id)).status == "booked"
    late = await posted(he, act, collection=[owed.id], amount=["2100"])
    assert late.headers["location"] == "/collections/doubts"  # says that somebody was quicker


async def test_another_collection_is_found_by_its_customer(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("另寻物流", 330_000)
    _, [doubt] = await bank.read([row("9.99", "路人", "?")])
    he = await sign_in("he.jie")
    found = await he.get("/collections/doubts", params={"line": doubt.id, "text": "另寻"})
    assert owed.number in found.text
    await posted(he, f"/collections/doubts/{doubt.id}/aside", note="")
    aside = await posted(he, f"/collections/doubts/{doubt.id}/aside", note="测试")
    assert aside.status_code == 303


@pytest.mark.parametrize("path", ["/collections/statements", "/collections/doubts"])
async def test_sales_and_managers_find_no_bank(sign_in: SignIn, path: str) -> None:
    for person in ("li.wei", "zhao.min", "shen.yu"):
        somebody = await sign_in(person)
        assert (await somebody.get(path)).status_code == 403
        assert (await somebody.get("/api/bank/doubts")).status_code == 403
        sent = await somebody.post("/api/bank/statements", files={"file": ("x.csv", b"Date,Amount\n")})
        assert sent.status_code == 403


async def test_the_bank_is_worked_by_the_api_too(bank: Bank, sign_in: SignIn) -> None:
    owed = await bank.owes("接口物流", 510_000)
    _, [doubt] = await bank.read([row("5100.00", "接口物流", "货款")])
    he = await sign_in("he.jie")
    assert doubt.id in {line["id"] for line in (await he.get("/api/bank/doubts")).json()}
    statement = (await he.get(f"/api/bank/statements/{doubt.statement_id}")).json()
    assert (statement["status"], statement["counts"]) == ("done", {"doubt": 1})
    body = {"shares": [{"collection_id": owed.id, "amount": 510_000}]}
    headers = {"Idempotency-Key": uuid4().hex}
    booked = await he.post(f"/api/bank/lines/{doubt.id}/book", json=body, headers=headers)
    assert booked.status_code == 200
    await bank.settled(doubt.id)
    lines = (await he.get(f"/api/bank/statements/{doubt.statement_id}/lines?status=booked")).json()
    assert [line["id"] for line in lines["items"]] == [doubt.id]
    late = await he.post(
        f"/api/bank/lines/{doubt.id}/set-aside", json={"note": "x"}, headers={"Idempotency-Key": uuid4().hex}
    )
    assert (late.status_code, late.json()["type"].rpartition("/")[2]) == (409, "bank_line_decided")


async def test_the_banks_pages_read_well_everywhere(bank: Bank, visit: Visit) -> None:
    owed = await bank.owes("好看物流", 120_000)
    statement, _ = await bank.read([
        row("1200.00", "好看物流", "货款"), row("1200.00", "好看物流", owed.number), row("-3.00", "银行", "手续费"),
    ])  # fmt: skip
    for path in ("/collections/statements", f"/collections/statements/{statement.id}", "/collections/doubts"):
        await check_everywhere(visit, path, as_person="he.jie")


async def test_the_key_of_a_candidate_books_it(bank: Bank, visit: Visit) -> None:
    owed = await bank.owes("按键物流", 640_000)
    _, [doubt] = await bank.read([row("6400.00", "按键物流", "货款")])
    seen = await visit(f"/collections/doubts?line={doubt.id}", as_person="he.jie", language="en")
    await seen.page.keyboard.press("1")
    await expect(seen.page.get_by_text("It is being booked.")).to_be_visible()
    assert (await bank.settled(doubt.id)).status == "booked"
    assert await bank.payments(owed) == [640_000]
    assert seen.problems == []
