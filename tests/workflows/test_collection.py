"""Money is asked for before it is due, missed when it is late, and counted to the fen."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.collection import Collection, Instalment
from db.process import Notification, Task
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


async def won(office: Office, fen: int) -> Collection:
    deal, _ = await office.submitted(fen)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    return await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")


async def test_finance_has_a_task_for_each_instalment_with_its_date(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    tasks = sorted(await office.rows(Task, record_id=collection.id), key=lambda t: t.params["no"])
    assert [(t.holders, t.amount) for t in tasks] == [(["role:finance:*"], 15_000 * YUAN)] * 2
    plan = sorted(await office.rows(Instalment, collection_id=collection.id), key=lambda i: i.no)
    assert plan[1].due_on - plan[0].due_on == timedelta(days=30)


async def test_a_late_instalment_is_reminded_before_overdue_after_and_then_goes_to_the_cfo(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    first = await office.open_task("record_payment", record_id=collection.id, amount=15_000 * YUAN)
    await office.days_pass(6)
    line = await office.line(collection.line_id)
    assert "task.reminded" in line
    assert "collection.overdue" not in line
    await office.days_pass(2.5)
    await office.until(lambda: office.row(Collection, id=collection.id, status="overdue"), "the overdue mark")
    owner = office.people["li.wei"]
    assert await office.rows(Notification, person_id=owner, kind="collection.overdue")
    await office.days_pass(7)

    async def escalated() -> Task | None:
        tasks = await office.rows(Task, record_id=collection.id, status="open")
        return next((t for t in tasks if "role:cfo:*" in t.holders), None)

    assert (await office.until(escalated, "the CFO to hold it")).params["no"] == first.params["no"]


@pytest.mark.parametrize(
    ("fen", "code"), [(0, "amount_positive"), (-1, "amount_positive"), (30_000 * YUAN + 1, "more_than_owed")]
)
async def test_a_payment_that_cannot_be_right_is_refused(office: Office, fen: int, code: str) -> None:
    collection = await won(office, 30_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.collections.record_payment(
            await office.actor("he.jie"), uuid4().hex, collection.id,
            amount=fen, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    assert (refused.value.code, refused.value.field) == (code, "amount")


async def test_sales_do_not_record_payments(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.collections.record_payment(
            await office.actor("li.wei"), uuid4().hex, collection.id,
            amount=1, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    assert refused.value.status == 403


async def test_the_same_bank_transfer_sent_twice_is_one_payment(office: Office) -> None:
    collection = await won(office, 30_000 * YUAN)
    finance, key = await office.actor("he.jie"), uuid4().hex
    for _ in range(2):
        await office.collections.record_payment(
            finance, key, collection.id, amount=15_000 * YUAN, received_on=date(2026, 11, 20), reference="R1"
        )
    paid = await office.row(Collection, id=collection.id)
    assert paid is not None
    assert paid.paid == 15_000 * YUAN
