"""A lead becomes cash."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from db.collection import Collection, Instalment, Payment
from db.deal import Deal
from db.lead import Lead
from db.order import Order
from db.process import Process, Task
from tests.workflows.office import YUAN, Office

PAID_ON = date(2026, 11, 20)


async def pay(office: Office, collection: Collection, yuan: int) -> None:
    finance = await office.actor("he.jie")
    await office.collections.record_payment(
        finance, uuid4().hex, collection.id, amount=yuan * YUAN, received_on=PAID_ON, reference="银行回单"
    )


async def test_a_lead_of_48000_yuan_becomes_cash_with_one_approval(office: Office) -> None:
    deal, _ = await office.submitted(48_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.decide("zhao.min", task, "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    await pay(office, collection, 24_000)
    await pay(office, collection, 24_000)

    await office.until(lambda: office.row(Process, record_id=deal.id, outcome="paid"), "the line to be closed")
    assert len(await office.rows(Task, line_id=deal.line_id, kind="approve")) == 1
    assert len(await office.rows(Order, deal_id=deal.id)) == 1
    assert {i.status for i in await office.rows(Instalment, collection_id=collection.id)} == {"paid"}
    assert [t.kind for t in await office.rows(Task, line_id=deal.line_id, status="open")] == ["prepare_invoice"]
    events = await office.line(deal.line_id)
    stories = {kind: [e for e in events if e.startswith(kind)] for kind in ("lead", "deal", "contract", "approval")}
    assert stories == {  # each process in its own order: between them, there is none
        "lead": ["lead.captured", "lead.assigned", "lead.qualified", "lead.converted"],
        "deal": ["deal.opened", *["deal.moved"] * 2, "deal.quote_begun", "deal.invoice_drafted", "deal.moved",
                 "deal.contract_opened", *["deal.contract_changed"] * 2,
                 "deal.moved", "deal.order_placed", "deal.quote_changed", "deal.closed"],
        "contract": ["contract.opened", "contract.submitted", "contract.approved", "contract.closed"],
        "approval": ["approval.opened", "approval.routed", "approval.approved"],
    }  # fmt: skip


async def test_180000_yuan_need_the_cfo_after_the_regional_manager(office: Office) -> None:
    deal, _ = await office.submitted(180_000 * YUAN)
    first = await office.open_task("approve", line_id=deal.line_id)
    assert first.holders == [f"role:regional_manager:{office.people['east']}"]
    await office.decide("zhao.min", first, "approve")
    second = await office.open_task("approve", line_id=deal.line_id)
    assert second.holders == ["role:cfo:*"]
    await office.decide("xu.jing", second, "approve")
    await office.deal_when(deal.id, contract_status="approved")


async def test_a_lead_a_deal_and_their_money_share_one_line(office: Office) -> None:
    deal, contract = await office.submitted(1_000 * YUAN)
    lead = await office.row(Lead, deal_id=deal.id)
    assert lead is not None
    assert deal.line_id == contract.line_id == lead.id
    kinds = {p.kind for p in await office.rows(Process, line_id=lead.id)}
    assert {"lead", "deal", "contract"} <= kinds


async def test_a_lost_deal_withdraws_the_contract_and_its_approval(office: Office) -> None:
    deal, contract = await office.submitted(60_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.move(deal.id, "lost", reason="budget")
    await office.until(lambda: office.row(Process, record_id=contract.id, outcome="withdrawn"), "the contract's end")
    gone = await office.row(Task, id=task.id)
    assert gone is not None
    assert gone.status == "cancelled"
    lost = await office.deal_when(deal.id, stage="lost")
    assert lost.end_reason == "budget"


async def test_a_partial_payment_pays_the_oldest_instalment_first(office: Office) -> None:
    deal, _ = await office.submitted(10_001)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    await pay(office, collection, 51)
    plan = sorted(await office.rows(Instalment, collection_id=collection.id), key=lambda i: i.no)
    assert [(i.amount, i.paid, i.status) for i in plan] == [(5_000, 5_000, "paid"), (5_001, 100, "planned")]
    assert [p.amount for p in await office.rows(Payment, collection_id=collection.id)] == [5_100]
    assert (await office.row(Deal, id=deal.id)) is not None
