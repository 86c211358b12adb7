"""Finance records what came in; others may look, each as far as they see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from tests.collecting import open_collection
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")
TODAY = datetime.now(UTC).date()


async def pay(browser: AsyncClient, collection_id: str, amount: Any, key: str, **more: Any) -> Response:
    return await browser.post(
        f"/api/collections/{collection_id}/payments",
        json={"amount": amount, "received_on": TODAY.isoformat()} | more,
        headers={"Idempotency-Key": key},
    )


async def test_payments_settle_the_oldest_instalment_first_and_the_last_one_ends_it(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    collection_id = await open_collection(app.state.services, people)
    finance = await sign_in("he.jie")
    first, again = [
        await pay(finance, collection_id, 3_000_000, "payment-one", reference="招行 1122") for _ in range(2)
    ]
    assert first.status_code == 201
    assert first.json() == again.json()
    plan = (await finance.get(f"/api/collections/{collection_id}")).json()
    assert [(part["paid"], part["status"]) for part in plan["instalments"]] == [
        (2_400_000, "paid"),
        (600_000, "planned"),
    ]
    assert [(p["amount"], p["reference"], p["recorded_by"]) for p in plan["payments"]] == [
        (3_000_000, "招行 1122", people["he.jie"])
    ]
    assert plan["paid"] == 3_000_000

    assert (await pay(finance, collection_id, 1_800_000, "payment-two")).status_code == 201
    plan = (await finance.get(f"/api/collections/{collection_id}")).json()
    assert (plan["status"], plan["paid"], plan["next_due_on"]) == ("paid", 4_800_000, None)
    late = await pay(finance, collection_id, 1, "payment-three")
    assert (late.status_code, late.json()["code"] in ("collection_paid", "process_ended")) == (409, True)


@pytest.mark.parametrize(
    ("amount", "more", "field", "code"),
    [
        (4_800_001, {}, "amount", "more_than_owed"),
        (0, {}, "amount", "greater_than"),
        ("100", {}, "amount", "int_type"),
        (100, {"received_on": (TODAY + timedelta(days=3)).isoformat()}, "received_on", "date_in_future"),
        (100, {"received_on": "0001-01-01"}, "received_on", "date_too_early"),
        (100, {"received_on": "22.11."}, "received_on", "date_from_datetime_parsing"),
        (100, {"reference": "x" * 201}, "reference", "string_too_long"),
    ],
)
async def test_a_payment_that_cannot_be_is_refused_by_field(
    app: FastAPI, sign_in: SignIn, people: dict[str, str], amount: Any, more: dict[str, Any], field: str, code: str
) -> None:
    collection_id = await open_collection(app.state.services, people)
    refused = await pay(await sign_in("he.jie"), collection_id, amount, "payment-bad", **more)
    assert refused.status_code == 422
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [(field, code)]


async def test_a_payment_written_down_before_another_came_is_not_taken_unseen(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    collection_id = await open_collection(app.state.services, people)
    first = await pay(await sign_in("he.jie"), collection_id, 2_400_000, "same-money-1", paid_before=0)
    assert first.status_code == 201
    second = await pay(await sign_in("ma.chao"), collection_id, 2_400_000, "same-money-2", paid_before=0)
    assert (second.status_code, second.json()["code"]) == (409, "paid_meanwhile")


async def test_finance_sees_all_a_manager_the_region_sales_their_own(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    collection_id = await open_collection(app.state.services, people, customer="北岸能源")

    async def finds(name: str) -> bool:
        browser = await sign_in(name)
        rows = (await browser.get("/api/collections", params={"text": "北岸"})).json()["items"]
        assert (await browser.get(f"/api/collections/{collection_id}")).status_code == (200 if rows else 404)
        return [row["id"] for row in rows] == [collection_id]

    seen = [await finds(name) for name in ("he.jie", "li.wei", "zhao.min", "wang.fang", "huang.bo")]
    assert seen == [True, True, True, False, False]
    assert (await (await sign_in("shen.yu")).get("/api/collections")).status_code == 403
    refused = await pay(await sign_in("li.wei"), collection_id, 100, "seller-pays")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_what_is_due_first_stands_first_and_the_list_goes_on_from_there(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    ids = [
        await open_collection(app.state.services, people, customer="先后有序", amounts=(100,), due_in=(days,))
        for days in (20, 10, 30)
    ]
    finance = await sign_in("ma.chao")
    rows = (await finance.get("/api/collections", params={"text": "先后有序"})).json()["items"]
    assert [row["id"] for row in rows] == [ids[1], ids[0], ids[2]]
    after = {"text": "先后有序", "after": ids[0]}
    rows = (await finance.get("/api/collections", params=after)).json()["items"]
    assert [row["id"] for row in rows] == [ids[2]]
