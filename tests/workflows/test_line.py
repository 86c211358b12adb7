"""A lead becomes cash."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from db.collection import Collection, Instalment
from db.contract import Contract
from db.deal import Deal, Order
from tests.workflows.office import YUAN, Office


async def test_a_lead_of_48000_yuan_becomes_cash_with_one_approval(office: Office) -> None:
    deal, contract = await office.submitted(48_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.decide("zhao.min", task, "approve")

    async def approved() -> Deal | None:
        return await office.row(Deal, id=deal.id, contract_status="approved")

    await office.until(approved, "the contract to be approved")
    await office.move(deal.id, "won")
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    finance = await office.actor("he.jie")
    for _ in range(2):
        await office.collections.record_payment(
            finance, uuid4().hex, collection.id, amount=24_000 * YUAN, received_on=date(2026, 11, 30), reference=None
        )
    await office.until(lambda: office.row(Deal, id=deal.id, contract_status="approved"), "the deal")

    async def closed() -> Deal | None:
        found = await office.row(Deal, id=deal.id)
        return found if found and found.closed_at else None

    await office.until(closed, "the line to be closed")
    assert len(await office.rows(Order, deal_id=deal.id)) == 1
    assert [i.status for i in await office.rows(Instalment, collection_id=collection.id)] == ["paid", "paid"]
    assert (await office.row(Contract, id=contract.id)).status == "approved"
