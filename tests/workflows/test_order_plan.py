"""A won deal's order is collected as the contract says, where somebody confirms that; it is made once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from db.collection import Collection, Instalment
from db.contract import Contract
from db.order import Order
from domain.order_plan import PlanPart
from domain.payment_plan import local_day
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office
from tests.workflows.signings import SigningOffice

PLAN = [
    PlanPart(share_bp=3_000, event="contract_signed", days=7),
    PlanPart(share_bp=7_000, event="invoice", days=60),
]


async def test_the_confirmed_plan_is_collected_from_the_day_of_the_signature(office: Office) -> None:
    case = await SigningOffice.approved(office, amount=40_000 * YUAN)
    await case.sign("zhao.min", await case.asked("zhao.min"))
    contract = await office.until(lambda: office.row(Contract, id=case.contract.id, status="signed"), "its end")
    deal = await office.deal_when(contract.deal_id, contract_status="signed")
    li = await office.actor("li.wei")
    won = {"from_stage": "negotiation", "to_stage": "won", "reason": "fit", "plan": PLAN}
    await office.deals.move(li, uuid4().hex, deal.id, **won)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="moved_meanwhile"):
        await office.deals.move(li, uuid4().hex, deal.id, **won)  # type: ignore[arg-type]
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    assert collection.plan_key == "agreed"
    assert len(await office.rows(Order, deal_id=deal.id)) == 1
    first, rest = sorted(await office.rows(Instalment, collection_id=collection.id), key=lambda one: one.no)
    assert contract.closed_at is not None
    signed_on = local_day(contract.closed_at, office.settings.zone)
    assert (first.amount, first.due_on) == (12_000 * YUAN, signed_on + timedelta(days=7))
    assert (rest.amount, rest.due_on) == (28_000 * YUAN, None)


async def test_a_plan_that_makes_no_whole_wins_nothing(office: Office) -> None:
    case = await SigningOffice.approved(office)
    deal = await office.deal_when(case.contract.deal_id, contract_status="approved")
    with pytest.raises(Refused, match="plan_not_whole"):
        await office.deals.move(
            await office.actor("li.wei"), uuid4().hex, deal.id, from_stage="negotiation", to_stage="won",
            reason="fit", plan=PLAN[:1],
        )  # fmt: skip
