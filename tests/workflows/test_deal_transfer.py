"""A deal goes over: to a colleague with all behind it, in part to a deal of its own, and once lost to a new run."""

from __future__ import annotations

from asyncio import gather
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from commands.deal import NewDeal
from db.collection import Collection
from db.contract import Contract
from db.customer import Contact, Customer
from db.deal import Deal
from db.deal_part import DealCompetitor, DealContact
from db.order import Commission, Order, OrderLine
from db.process import Notification, Task
from db.quote import Invoice, Quote
from domain.access import person_key
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


async def current(office: Office, deal_id: str) -> Deal:
    deal = await office.row(Deal, id=deal_id)
    assert deal is not None
    return deal


async def test_a_lost_deal_is_reopened_where_it_was_lost_and_wins_with_one_order(office: Office) -> None:
    deal, first = await office.negotiating(40_000 * YUAN)
    owner = await office.actor("li.wei")
    await office.deals.keep_competitor(
        owner, uuid4().hex, deal.id, competitor_id=None, name="云岭软件", strengths="价格低", status="ahead"
    )
    lost_key = uuid4().hex
    lose: dict[str, Any] = {
        "from_stage": "negotiation",
        "to_stage": "lost",
        "reason": "competitor",
        "competitor": "云岭软件",
    }
    await office.deals.move(owner, lost_key, deal.id, **lose)
    lost = await office.until(lambda: office.row(Deal, id=deal.id, stage="lost"), "the loss")
    assert (lost.end_reason, lost.lost_to, lost.lost_in) == ("competitor", "云岭软件", "negotiation")

    async def ended() -> bool:
        row = await office.row(Deal, id=deal.id)
        contract = await office.row(Contract, id=first.id)
        return bool(row and row.closed_at and contract and contract.status == "withdrawn")

    await office.until(ended, "its end")
    for table in (Quote, Invoice):
        await office.until(lambda: office.row(table, deal_id=deal.id, status="withdrawn"), "what is withdrawn")  # noqa: B023 - awaited here
    key = uuid4().hex
    await office.deals.reopen(owner, key, deal.id, note="他们又来了")
    again = await office.deals.reopen(owner, key, deal.id, note="他们又来了")
    assert again.seen
    await office.deals.move(owner, lost_key, deal.id, **lose)  # a late repeat of what was done before the end
    open_again = await current(office, deal.id)
    assert (open_again.stage, open_again.closed_at, open_again.end_reason) == ("negotiation", None, None)
    assert open_again.number == deal.number
    assert [c.name for c in await office.rows(DealCompetitor, deal_id=deal.id)] == ["云岭软件"]

    task = await office.open_task("submit_contract", line_id=deal.line_id)
    assert task.record_id != first.id
    contract = await office.row(Contract, id=task.record_id)
    assert contract is not None
    await office.contracts.submit(owner, uuid4().hex, contract.id, version=1, amount=40_000 * YUAN)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    orders = await office.rows(Order, deal_id=deal.id)
    assert [order.amount for order in orders] == [40_000 * YUAN]
    lines = await office.rows(OrderLine, order_id=orders[0].id)
    assert sum(line.amount for line in lines) == 40_000 * YUAN
    commission = await office.rows(Commission, order_id=orders[0].id)
    assert [(c.owner_id, c.basis) for c in commission] == [(office.people["li.wei"], 40_000 * YUAN)]


async def test_of_two_who_reopen_a_deal_one_does_and_the_other_is_told(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    await office.move(deal.id, "lost", reason="budget")
    await office.until(lambda: closed(office, deal.id), "its end")
    owner, manager = await office.actor("li.wei"), await office.actor("zhao.min")
    answers = await gather(
        *(office.deals.reopen(who, uuid4().hex, deal.id) for who in (owner, manager)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [one.code for one in refused] == ["deal_under_way"]
    assert (await office.line(deal.line_id)).count("deal.reopened") == 1
    with pytest.raises(Refused) as stranger:
        await office.deals.reopen(await office.actor("wang.fang"), uuid4().hex, deal.id)
    assert stranger.value.status == 404


async def closed(office: Office, deal_id: str) -> bool:
    deal = await office.row(Deal, id=deal_id)
    return bool(deal and deal.closed_at)


async def test_handing_over_takes_contract_and_tasks_along_and_tells_the_new_owner(office: Office) -> None:
    deal, contract = await office.negotiating(60_000 * YUAN)
    task = await office.open_task("submit_contract", line_id=deal.line_id)
    seen = await current(office, deal.id)
    to = office.people["wang.fang"]
    await office.deals.hand_over(await office.actor("li.wei"), uuid4().hex, deal.id, version=seen.version, to=to)
    assert (await current(office, deal.id)).owner_id == to
    await office.until(lambda: office.row(Contract, id=contract.id, owner_id=to), "the contract's new owner")
    for table in (Quote, Invoice):
        await office.until(lambda: office.row(table, deal_id=deal.id, owner_id=to), "their new owner")  # noqa: B023 - awaited here
    moved = await office.row(Task, id=task.id)
    assert moved is not None
    assert moved.holders == [person_key(to)]
    assert (await office.line(deal.line_id)).count("task.owner_changed") == 4
    assert await office.rows(Notification, person_id=to, kind="deal.handed_over")
    with pytest.raises(Refused) as gone:
        await office.move(deal.id, "lost", by="li.wei", reason="budget")
    assert gone.value.status == 404
    await office.contracts.submit(
        await office.actor("wang.fang"), uuid4().hex, contract.id, version=1, amount=60_000 * YUAN
    )


async def test_who_may_not_hand_over_cannot_and_nobody_outside_the_region_gets_it(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    owner = await office.actor("li.wei")
    for to, code in (("huang.bo", "does_not_sell_here"), ("he.jie", "does_not_sell_here"), ("li.wei", "owner_same")):
        with pytest.raises(Refused) as refused:
            await office.deals.hand_over(owner, uuid4().hex, deal.id, version=1, to=office.people[to])
        assert (refused.value.code, refused.value.field) == (code, "to")
    with pytest.raises(Refused) as finance:
        await office.deals.hand_over(
            await office.actor("he.jie"), uuid4().hex, deal.id, version=1, to=office.people["wang.fang"]
        )
    assert finance.value.status == 403
    with pytest.raises(Refused) as stale:
        await office.deals.hand_over(
            await office.actor("zhao.min"), uuid4().hex, deal.id, version=7, to=office.people["wang.fang"]
        )
    assert stale.value.code == "stale_version"


async def test_a_split_is_done_once_and_both_deals_together_are_worth_what_one_was(office: Office) -> None:
    deal, contract = await office.negotiating(100_000 * YUAN + 1)
    seen, owner, key = await current(office, deal.id), await office.actor("li.wei"), uuid4().hex
    part: dict[str, Any] = {"version": seen.version, "title": "二期", "amount": 33_333 * YUAN}
    made, _ = await office.deals.split(owner, key, deal.id, **part)
    again, _ = await office.deals.split(owner, key, deal.id, **part)
    assert made == again
    second = await office.until(lambda: office.row(Deal, id=made), "the part")
    first = await current(office, deal.id)
    assert first.amount + second.amount == 100_000 * YUAN + 1
    assert (second.stage, second.owner_id, second.split_from) == ("negotiation", first.owner_id, deal.id)
    assert second.customer_id == first.customer_id
    await office.until(lambda: office.row(Contract, id=contract.id, amount=first.amount), "the contract's amount")
    await office.until(lambda: office.row(Contract, deal_id=made, amount=second.amount), "a contract of its own")
    for amount in (0, first.amount):
        with pytest.raises(Refused) as refused:
            await office.deals.split(owner, uuid4().hex, deal.id, version=first.version, title="三期", amount=amount)
        assert refused.value.code == "split_amount"


async def test_two_who_split_from_the_same_page_split_once(office: Office) -> None:
    deal = await office.deal(90_000 * YUAN)
    part: dict[str, Any] = {"version": deal.version, "title": "二期", "amount": 60_000 * YUAN}
    both = [await office.actor(name) for name in ("li.wei", "zhao.min")]
    answers = await gather(
        *(office.deals.split(who, uuid4().hex, deal.id, **part) for who in both), return_exceptions=True
    )
    assert [a.code for a in answers if isinstance(a, Refused)] == ["stale_version"]
    assert (await current(office, deal.id)).amount == 30_000 * YUAN


async def test_a_copy_takes_the_people_along_and_begins_anew(office: Office) -> None:
    deal = await office.deal(90_000 * YUAN)
    owner = await office.actor("li.wei")
    contact = await office.row(Contact, customer_id=deal.customer_id)
    assert contact is not None
    await office.deals.keep_person(
        owner, uuid4().hex, deal.id, contact_id=contact.id, role="decider", attitude="supports", note=""
    )
    copied, _ = await office.deals.copy(
        owner, uuid4().hex, deal.id, title="明年续签", amount=95_000 * YUAN, close_on=None, parts=["people"]
    )
    new = await current(office, copied)
    assert (new.stage, new.copied_from, new.line_id) == ("contact", deal.id, copied)
    assert [p.role for p in await office.rows(DealContact, deal_id=copied)] == ["decider"]


async def test_a_large_order_puts_its_customer_into_the_vip_queue(office: Office) -> None:
    deal, _ = await office.submitted(600_000 * YUAN)
    for approver in ("zhao.min", "xu.jing"):
        await office.decide(approver, await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    await office.until(lambda: office.row(Customer, id=deal.customer_id, service_tier="vip"), "the queue")
    await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    assert "deal.service_tier" in await office.line(deal.line_id)


async def test_a_next_step_has_a_day_and_a_follow_up_plans_the_next(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    assert deal.unplanned
    owner = await office.actor("li.wei")
    await office.deals.note(
        owner, uuid4().hex, deal.id, how="call", result="meeting", next_step="现场演示", next_step_on=date(2026, 12, 1)
    )
    planned = await current(office, deal.id)
    assert (planned.unplanned, planned.next_step, planned.next_step_on) == (False, "现场演示", date(2026, 12, 1))
    with pytest.raises(Refused) as refused:
        await office.deals.note(owner, uuid4().hex, deal.id, how="call", note=" ")
    assert refused.value.code == "field_needed"
    new = NewDeal(customer_id=deal.customer_id, title="另一个", amount=1, next_step="打电话")
    other, _ = await office.deals.open(owner, uuid4().hex, new)
    assert (await current(office, other)).unplanned
