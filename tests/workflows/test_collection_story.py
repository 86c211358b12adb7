"""Money comes in parts, too much, from abroad, to the wrong order; customers promise, dispute, and get some back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from commands.policy import publish_defaults
from db.collection import Collection, Payment
from db.engine import Database
from db.ledger import CollectionRequest, Promise
from db.letter import Letter
from db.process import Task
from domain.collection import Level
from domain.payment_plan import local_day
from domain.refusal import Refused
from settings import Settings
from tests.workflows.collections import RULES, Case
from tests.workflows.office import YUAN, Office, _add_search_attributes, _environment
from worker.main import build_worker
from workflows.collection_message import PlannedRow


async def test_a_part_payment_then_too_much_leaves_the_rest_as_the_customers_credit(office: Office) -> None:
    case = await Case.open(office)
    await case.pays(20_000)
    with pytest.raises(Refused, match="more_than_owed"):
        await case.pays(90_000)
    await case.pays(90_000, surplus=True)
    row = await case.when(status="paid")
    assert (row.paid, row.surplus, row.closed_at) == (100_000 * YUAN, 10_000 * YUAN, None)
    result = await case.does("refund", amount=10_000 * YUAN, reason="多付")
    with pytest.raises(Refused, match="more_than_surplus"):
        await case.does("refund", amount=1, reason="多付")  # it waits for the refund already
    await case.decided(("xu.jing", "approve"))
    assert (await case.when(surplus=0)).paid == 100_000 * YUAN
    await office.until(lambda: office.row(CollectionRequest, id=result["request_id"], status="approved"), "its end")
    sums = await case.sums()
    assert (sums["cash"], sums["refund"]) == (110_000 * YUAN, -10_000 * YUAN)
    closed = await office.until(case_closed(case), "the end")
    assert closed.status == "paid"


def case_closed(case: Case) -> Any:
    async def look() -> Collection | None:
        row = await case.row()
        return row if row.closed_at else None

    return look


async def test_a_promise_is_kept_by_enough_money_and_broken_without(office: Office) -> None:
    case = await Case.open(office)
    today = local_day(await office.env.get_current_time(), office.settings.zone)
    await case.does("promise", amount=30_000 * YUAN, promised_on=today + timedelta(days=3), by="li.wei")
    await case.pays(10_000)
    assert (await case.row()).promised_on == today + timedelta(days=3)
    await case.pays(20_000)
    (kept,) = await office.rows(Promise, collection_id=case.id)
    assert kept.status == "kept"
    await case.past_due(timedelta(hours=3))
    await case.when(status="overdue")
    await case.does("promise", amount=20_000 * YUAN, promised_on=today + timedelta(days=13), note="周五付", by="li.wei")
    await office.days_pass(4)
    assert "level" not in await case.events()  # the levels of the policy wait for the promise
    await office.days_pass(2)
    await case.when(promised_on=None, level=1)
    events = await case.events()
    assert events[-2:] == ["promise_broken", "level"]
    assert (await case.told("li.wei", "promise_broken"), await case.told("zhao.min", "promise_broken")) == (1, 1)
    with pytest.raises(Refused, match="date_past"):
        await case.does("promise", amount=1, promised_on=today, by="li.wei")


async def test_a_dispute_stops_the_clock_to_the_second(office: Office) -> None:
    rules = RULES.model_copy(update={"levels": (RULES.levels[0].model_copy(update={"after": timedelta(hours=1)}),)})
    case = await Case.open(office, rules=rules)
    (first, _) = await case.plan()
    due = await case.past_due(timedelta(minutes=20))
    await case.when(status="overdue")
    result = await case.does("dispute", reason="quality", note="三台不合格", instalment_id=first.id, by="li.wei")
    with pytest.raises(Refused, match="disputed_already"):
        await case.does("dispute", reason="price", instalment_id=first.id, by="li.wei")
    stopped = await office.env.get_current_time()
    await office.days_pass(5)
    assert (await case.row()).level == 0
    await case.does("resolve", result["dispute_id"], resolution="换货", by="li.wei")
    resumed = await office.env.get_current_time()
    left = timedelta(hours=1) - (stopped - due)
    await office.time_passes(left - timedelta(seconds=5))
    assert (await case.row()).level == 0
    await office.time_passes(timedelta(seconds=6))
    await case.when(level=1)
    assert resumed > stopped + timedelta(days=4)


async def test_a_write_off_is_done_once_it_is_approved_and_not_when_it_is_refused(office: Office) -> None:
    case = await Case.open(office)
    await case.pays(99_000)
    seen = (await case.row()).version
    await case.does("write_off", amount=1_000 * YUAN, reason="尾差", version=seen)
    with pytest.raises(Refused, match="stale_version"):
        await case.does("write_off", amount=1_000 * YUAN, reason="尾差", version=seen)
    with pytest.raises(Refused, match="request_open"):
        await case.does("write_off", amount=1_000 * YUAN, reason="尾差")
    await case.decided(("xu.jing", "reject"))
    await office.until(lambda: office.row(CollectionRequest, collection_id=case.id, status="rejected"), "the refusal")
    assert (await case.row()).written_off == 0
    await case.does("write_off", amount=1_000 * YUAN, reason="尾差")
    await case.decided(("xu.jing", "approve"))
    assert (await case.when(status="written_off")).written_off == 1_000 * YUAN
    assert (await case.sums())["write_off"] == 1_000 * YUAN


async def test_a_wrong_payment_moves_to_the_order_it_belonged_to_on_both_sides_once(office: Office) -> None:
    wrong, right = await Case.open(office), await Case.open(office)
    payment = await wrong.pays(50_000, reference="招行 1122")
    key = uuid4().hex
    for _ in range(2):  # a second click
        await wrong.does("move_payment", payment, to=right.id, reason="记错单", key=key)
    await right.when(paid=50_000 * YUAN)
    assert (await wrong.row()).paid == 0
    assert ((await wrong.sums())["transfer"], (await right.sums())["transfer"]) == (-50_000 * YUAN, 50_000 * YUAN)
    with pytest.raises(Refused, match="payment_ended"):
        await wrong.does("reverse_payment", payment, reason="再来一次")
    (moved,) = await office.rows(Payment, collection_id=right.id)
    assert (moved.source, moved.reference) == ("transfer", "招行 1122")
    with pytest.raises(Refused, match="transfer_not_reversed"):
        await right.does("reverse_payment", moved.id, reason="退票")


async def test_a_bounced_payment_opens_a_settled_collection_again(office: Office) -> None:
    case = await Case.open(office)
    payment = await case.pays(100_000)
    await office.until(case_closed(case), "the end")
    with pytest.raises(Refused, match="process_ended"):
        await case.pays(1)
    await case.does("reverse_payment", payment, reason="退票")
    row = await case.when(status="open", closed_at=None)
    assert (row.paid, (await case.sums())["cash"]) == (0, 0)
    await case.pays(100_000)
    await office.until(case_closed(case), "the end")
    assert (await case.events())[-1] == "closed"


async def test_dollars_pay_an_order_in_yuan_at_the_recorded_rate(office: Office) -> None:
    case = await Case.open(office)
    with pytest.raises(Refused, match="rate_needed"):
        await case.pays(7_000, currency="USD")
    with pytest.raises(Refused, match="rate_unreadable"):
        await case.pays(7_000, currency="USD", rate="seven")
    with pytest.raises(Refused, match="currency_unknown"):
        await case.pays(7_000, currency="XXQ", rate="7")
    await case.pays(7_000, currency="USD", rate="7.1", counted=50_000 * YUAN)
    row = await case.row()
    assert row.paid == 50_000 * YUAN
    assert (await case.sums())["exchange_difference"] == 300 * YUAN
    (payment,) = await office.rows(Payment, collection_id=case.id)
    assert (payment.amount, payment.currency, payment.value, payment.rate) == (
        7_000 * YUAN, "USD", 49_700 * YUAN, "7.1",
    )  # fmt: skip


async def test_an_instalment_after_delivery_gets_its_day_from_the_delivery_and_its_plan_can_change(
    office: Office,
) -> None:
    case = await Case.open(office, days=(7, 15), events=("order", "delivery"))
    (first, second) = await case.plan()
    assert (second.due_on, second.status) == (None, "waiting")
    today = local_day(await office.env.get_current_time(), office.settings.zone)
    await case.does("record_event", event="delivery", on=today, by="li.wei")
    (first, second) = await case.plan()
    assert (second.due_on, second.status) == (today + timedelta(days=15), "planned")
    await case.pays(60_000)
    version = (await case.row()).version
    rows = [
        PlannedRow(id=first.id, amount=first.amount, event="order", days=7),
        PlannedRow(id=second.id, amount=30_000 * YUAN, event="delivery", days=15),
        PlannedRow(amount=20_000 * YUAN, due_on=today + timedelta(days=60)),
    ]
    short = [*rows[:2], rows[2].model_copy(update={"amount": 19_999 * YUAN})]
    with pytest.raises(Refused, match="plan_sum"):
        await case.does("change_plan", rows=short, version=version)
    gone = [rows[0], rows[2].model_copy(update={"amount": 50_000 * YUAN})]
    with pytest.raises(Refused, match="plan_settled"):
        await case.does("change_plan", rows=gone, version=version)
    await case.does("change_plan", rows=rows, version=version)
    plan = await case.plan()
    assert [(i.amount, i.paid, i.status) for i in plan] == [
        (50_000 * YUAN, 50_000 * YUAN, "paid"),
        (30_000 * YUAN, 10_000 * YUAN, "planned"),
        (20_000 * YUAN, 0, "planned"),
    ]
    with pytest.raises(Refused, match="stale_version"):
        await case.does("change_plan", rows=rows, version=version)
    await case.sums()


async def test_a_service_hold_is_asked_for_by_the_last_level_and_lifted_when_the_money_comes(office: Office) -> None:
    hold = RULES.levels[-1].model_copy(update={"after": timedelta(seconds=3)})
    case = await Case.open(office, rules=RULES.model_copy(update={"levels": (hold,), "reminders": ()}))
    await office.days_pass(8.1)
    await case.when(level=1)
    await case.decided(("zhao.min", "approve"), ("xu.jing", "approve"))
    await case.when(service_hold=True)
    await case.pays(50_000)
    assert not (await case.row()).service_hold
    letters = await office.rows(Letter, line_id=(await case.row()).line_id)
    assert [letter.template for letter in letters] == ["overdue_3"]


async def test_a_credit_note_on_what_was_paid_becomes_credit_that_pays_another_order(office: Office) -> None:
    case = await Case.open(office)
    await case.pays(100_000, surplus=True)
    await office.until(case_closed(case), "the end")
    await case.does("credit_note", amount=5_000 * YUAN, reason="降价")
    row = await case.when(surplus=5_000 * YUAN)
    other = await Case.open(office, customer_id=row.customer_id)
    stranger = await Case.open(office)
    with pytest.raises(Refused, match="other_customer"):
        await case.does("use_surplus", amount=5_000 * YUAN, to=stranger.id)
    await case.does("use_surplus", amount=5_000 * YUAN, to=other.id)
    await other.when(paid=5_000 * YUAN)
    assert (await case.sums())["transfer"] == -5_000 * YUAN
    assert (await office.rows(Task, record_id=case.id, status="open")) == []


async def test_levels_of_seconds_come_once_each_and_in_order_though_no_worker_runs_meanwhile(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    await publish_defaults(db)
    levels = tuple(Level(after=timedelta(seconds=seconds), tell=("owner",)) for seconds in (1, 2, 3))
    rules = RULES.model_copy(update={"levels": levels, "reminders": ()})
    async with await _environment(10_000) as env:  # a real clock: the other server gives no work back to a new worker
        await _add_search_attributes(env)
        office = Office(env, db, people, settings)
        due = datetime.now(UTC) + timedelta(seconds=3)
        async with build_worker(env.client, db, settings, strict=True):
            case = await Case.open(office, rules=rules, days=(0, 30), due_at=due)
            await office.open_task("record_payment", record_id=case.id)
        while datetime.now(UTC) < due + timedelta(seconds=2):
            await asyncio.sleep(0.1)
        async with build_worker(env.client, db, settings, strict=True):
            await case.when(level=3)
    assert await case.events() == ["opened", "overdue", "level", "level", "level"]
    assert await case.told("li.wei", "level") == 3
