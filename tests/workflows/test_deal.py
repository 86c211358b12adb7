"""A deal moves stage by stage, by those who may, as they saw it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from commands.deal import NewDeal
from db.customer import Customer
from db.deal import Deal
from db.process import Notification
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


async def test_a_stage_cannot_be_skipped(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.move(deal.id, "proposal")
    assert refused.value.code == "stage_skipped"
    assert refused.value.params["next"] == "needs"


async def test_a_stale_tab_moves_nothing_and_learns_who_was_first(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    await office.move(deal.id, "needs", by="zhao.min")
    with pytest.raises(Refused) as refused:
        await office.deals.move(
            await office.actor("li.wei"), uuid4().hex, deal.id, from_stage="contact", to_stage="needs"
        )
    assert refused.value.code == "moved_meanwhile"
    assert refused.value.params["by"] == office.people["zhao.min"]


async def test_it_is_not_won_before_its_contract_is_approved(office: Office) -> None:
    deal, _ = await office.negotiating(10_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.move(deal.id, "won")
    assert refused.value.code == "gate_failed"
    assert refused.value.params["conditions"][0]["message"] == "contract_not_approved"


@pytest.mark.parametrize("stranger", ["wang.fang", "huang.bo", "peng.cheng"])
async def test_for_another_owner_or_region_there_is_no_such_deal(office: Office, stranger: str) -> None:
    deal = await office.deal(10_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.move(deal.id, "needs", by=stranger)
    assert refused.value.status == 404


async def test_finance_sees_a_deal_but_does_not_move_it(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.move(deal.id, "needs", by="he.jie")
    assert refused.value.status == 403


async def test_losing_needs_a_reason(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    with pytest.raises(Refused) as refused:
        await office.move(deal.id, "lost")
    assert (refused.value.code, refused.value.field) == ("reason_needed", "reason")


async def test_the_amount_is_fixed_while_the_contract_is_in_approval(office: Office) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    seen = await office.deal_when(deal.id, contract_status="in_approval")
    with pytest.raises(Refused) as refused:
        await office.deals.edit(await office.actor("li.wei"), uuid4().hex, deal.id, version=seen.version, amount=1)
    assert refused.value.code == "amount_fixed"


async def test_a_quiet_week_tells_the_owner_once_and_a_call_wakes_it(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    await office.days_pass(6.9)
    assert "deal.stalled" not in await office.line(deal.line_id)
    await office.days_pass(10)

    async def stalled() -> Deal | None:
        found = await office.row(Deal, id=deal.id)
        return found if found and found.stalled_at else None

    await office.until(stalled, "the stall")
    assert (await office.line(deal.line_id)).count("deal.stalled") == 1
    told = await office.rows(Notification, person_id=office.people["li.wei"], kind="deal.stalled")
    assert len(told) >= 1
    await office.deals.note(await office.actor("li.wei"), uuid4().hex, deal.id, how="call", note="约了周四")
    assert (await office.deal_when(deal.id)).stalled_at is None


async def test_a_deal_opened_by_hand_is_the_same_deal_however_often_it_is_sent(office: Office) -> None:
    first = await office.deal(10_000 * YUAN)
    actor, key = await office.actor("li.wei"), uuid4().hex
    new = NewDeal(customer_id=first.customer_id, title="二期扩容", amount=20_000 * YUAN)
    made, answer = await office.deals.open(actor, key, new)
    again, _ = await office.deals.open(actor, key, new)
    assert made == again
    assert answer.seen
    rows = await office.rows(Deal, title="二期扩容", customer_id=first.customer_id)
    assert len(rows) == 1
    assert len(await office.rows(Customer, id=first.customer_id)) == 1


async def test_a_rejected_contract_is_followed_by_a_new_one_when_terms_are_agreed_again(office: Office) -> None:
    deal, contract = await office.submitted(10_000 * YUAN)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "reject", "不做")
    task = await office.open_task("submit_contract", line_id=deal.line_id)
    assert task.record_id != contract.id
    assert (await office.deal_when(deal.id, contract_status="draft")).contract_id == task.record_id
