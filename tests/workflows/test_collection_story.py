"""Money comes in parts, too much, from abroad, to the wrong order; customers promise, dispute, and get some back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.collection import CollectionTerms
from commands.temporal import update_id
from db.base import new_id
from db.collection import Collection, Instalment, Payment
from db.customer import Assignment, Customer
from db.ledger import CollectionRequest, LedgerEntry, Promise
from db.letter import Letter
from db.process import Notification, Task
from domain.access import Actor
from domain.collection import DEFAULT, CollectionRules, PaymentPlanPolicy
from domain.instalment import Instalment as Planned
from domain.payment_plan import day_ends, local_day
from domain.policy import load
from domain.process import Command
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office
from workflows.collection import CollectionStart, CollectionWorkflow, collection_workflow_id
from workflows.collection_message import PlannedRow

RULES = load(PaymentPlanPolicy, DEFAULT).rules
RECEIVED = date(2026, 11, 20)


class Case:
    """A collection of 100,000 yuan in two halves, due in 7 and 37 days, without the deal before it."""

    def __init__(self, office: Office, collection_id: str) -> None:
        self.office, self.id = office, collection_id

    @classmethod
    async def open(
        cls, office: Office, *, customer_id: str | None = None, days: tuple[int, ...] = (7, 37),
        events: tuple[str, ...] = ("order", "order"), rules: CollectionRules = RULES,
    ) -> Case:  # fmt: skip
        people, zone = office.people, office.settings.zone
        if customer_id is None:
            customer_id = new_id()
            async with office.db.session() as session:
                session.add(Customer(id=customer_id, name="蓝港食品"))
                await session.flush()
                session.add(Assignment(customer_id=customer_id, region_id=people["east"], owner_id=people["li.wei"]))
        today = local_day(await office.env.get_current_time(), zone)
        parts = []
        for no, (wait, event) in enumerate(zip(days, events, strict=True), start=1):
            part = Planned(id=new_id(), no=no, amount=50_000 * YUAN, event=event, days=wait)
            part.fall_due(today + timedelta(days=wait) if event == "order" else None, zone)
            parts.append(part)
        terms = CollectionTerms(
            policy_version=1, plan_key="halves", zone=zone, rules=rules, happened={"order": today}, instalments=parts
        )
        start = CollectionStart(
            collection_id=new_id(), order_id=new_id(), deal_id=new_id(), line_id=new_id(), customer_id=customer_id,
            region_id=people["east"], owner_id=people["li.wei"], title="冷链可视化", currency="CNY",
            amount=50_000 * YUAN * len(parts), terms=terms,
        )  # fmt: skip
        actor = Actor(id=people["li.wei"])
        opened = Command(actor=actor, key=update_id(actor, start.collection_id))
        await office.desk.processes.open(
            CollectionWorkflow.run,
            start,
            collection_workflow_id(start.collection_id),
            CollectionWorkflow.opened,
            opened,
        )
        return cls(office, start.collection_id)

    async def does(
        self, act: str, *how: Any, by: str = "he.jie", key: str | None = None, **more: Any
    ) -> dict[str, str]:
        command = getattr(self.office.collections, act)
        answer = await command(await self.office.actor(by), key or uuid4().hex, self.id, *how, **more)
        result: dict[str, str] = answer.result
        return result

    async def pays(self, yuan: int, **more: Any) -> str:
        result = await self.does("record_payment", amount=yuan * YUAN, received_on=RECEIVED, **more)
        return result["payment_id"]

    async def row(self) -> Collection:
        row = await self.office.row(Collection, id=self.id)
        assert row is not None
        return row

    async def when(self, **fits: Any) -> Collection:
        return await self.office.until(lambda: self.office.row(Collection, id=self.id, **fits), f"it with {fits}")

    async def plan(self) -> list[Instalment]:
        return sorted(await self.office.rows(Instalment, collection_id=self.id), key=lambda i: i.no)

    async def past_due(self, by: timedelta) -> datetime:
        """Time passes until so long after the first instalment's end of day, which is the answer."""
        (first, *_) = await self.plan()
        assert first.due_on is not None
        due = day_ends(first.due_on, self.office.settings.zone)
        await self.office.env.sleep(due + by - await self.office.env.get_current_time())
        return due

    async def events(self) -> list[str]:
        line = await self.office.line((await self.row()).line_id)
        return [kind.removeprefix("collection.") for kind in line if kind.startswith("collection.")]

    async def told(self, name: str, kind: str) -> int:
        return len(await self.office.rows(Notification, person_id=self.office.people[name], kind=f"collection.{kind}"))

    async def decided(self, *steps: tuple[str, str]) -> None:
        """The approval asked for last, by each person's outcome in turn."""
        for by, outcome in steps:
            task = await self.office.open_task("approve", line_id=(await self.row()).line_id)
            await self.office.decide(by, task, outcome, "看过了")

    async def sums(self) -> dict[str, int]:
        """The ledger by account; it sums to zero in each currency, and agrees with the collection's row."""
        entries, row = await self.office.rows(LedgerEntry, collection_id=self.id), await self.row()
        found: dict[str, int] = defaultdict(int)
        currencies: dict[tuple[str, str], int] = defaultdict(int)
        for entry in entries:
            found[entry.account] += entry.amount if entry.currency == "CNY" else 0
            currencies[entry.posting_id, entry.currency] += entry.amount
        assert not any(currencies.values())
        assert found["receivable"] == row.amount - row.paid - row.credited - row.written_off
        assert -found["surplus"] == row.surplus
        return found


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
    await case.decided(("gu.ming", "approve"))
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
    await office.env.sleep(left - timedelta(seconds=5))
    assert (await case.row()).level == 0
    await office.env.sleep(timedelta(seconds=6))
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
    await case.decided(("gu.ming", "reject"))
    await office.until(lambda: office.row(CollectionRequest, collection_id=case.id, status="rejected"), "the refusal")
    assert (await case.row()).written_off == 0
    await case.does("write_off", amount=1_000 * YUAN, reason="尾差")
    await case.decided(("gu.ming", "approve"))
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
    await case.decided(("gu.ming", "approve"))
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
