"""An approval branches by amount, is decided once, by the right person, on what they saw."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from db.contract import Approval, Contract
from db.process import Notification, Task
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


@pytest.mark.parametrize(("fen", "steps"), [(5_000_000, 1), (5_000_001, 2)])
async def test_the_cfo_is_asked_from_one_fen_above_50000_yuan(office: Office, fen: int, steps: int) -> None:
    _, contract = await office.submitted(fen)
    approval = await office.until(lambda: office.row(Approval, subject_id=contract.id), "the approval")
    await office.open_task("approve", record_id=approval.id)
    routed = await office.row(Approval, id=approval.id)
    assert routed is not None
    assert len(routed.path) == steps


async def test_two_approvers_at_the_same_moment_get_one_decision_and_one_refusal(office: Office) -> None:
    deal, _ = await office.submitted(200_000 * YUAN)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.days_pass(2)  # nobody decides, so that the administrator holds it beside the CFO
    task = await office.until(lambda: office.row(Task, id=task.id, status="open"), "the task")
    assert "role:administrator:*" in task.holders
    ends = await asyncio.gather(
        office.decide("xu.jing", task, "approve"),
        office.decide("gu.ming", task, "reject", "too risky"),
        return_exceptions=True,
    )
    refused = [e for e in ends if isinstance(e, Refused)]
    assert len(refused) == 1
    decided = await office.row(Task, id=task.id)
    assert decided is not None
    assert refused[0].code == "already_decided"
    assert refused[0].params["by"] == decided.decided_by


async def test_the_second_click_gets_the_first_answer(office: Office) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    manager, key = await office.actor("zhao.min"), uuid4().hex
    first = await office.tasks.decide(manager, key, task.id, outcome="approve", version=1)
    again = await office.tasks.decide(manager, key, task.id, outcome="approve", version=1)
    assert again.revision == first.revision
    with pytest.raises(Refused) as other:
        await office.tasks.decide(manager, key, task.id, outcome="reject", version=1, comment="no")
    assert other.value.code == "key_reused"
    assert other.value.status == 422


@pytest.mark.parametrize("stranger", ["huang.bo", "li.wei", "wang.fang", "he.jie"])
async def test_nobody_but_the_regions_manager_decides(office: Office, stranger: str) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    with pytest.raises(Refused) as refused:
        await office.decide(stranger, task, "approve")
    assert refused.value.status in (403, 404)


async def test_a_return_needs_a_reason_and_makes_the_next_version(office: Office) -> None:
    deal, contract = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    with pytest.raises(Refused) as refused:
        await office.decide("zhao.min", task, "return", "  ")
    assert refused.value.code == "comment_needed"
    await office.decide("zhao.min", task, "return", "账期太长")
    again = await office.open_task("submit_contract", line_id=deal.line_id)
    assert again.params == {"version": 2}
    owner = await office.actor("li.wei")
    with pytest.raises(Refused) as stale:
        await office.contracts.submit(owner, uuid4().hex, contract.id, version=1, amount=9_000 * YUAN)
    assert stale.value.code == "stale_version"
    await office.contracts.submit(owner, uuid4().hex, contract.id, version=2, amount=9_000 * YUAN)
    await office.decide("zhao.min", await office.open_task("approve", line_id=deal.line_id), "approve")
    done = await office.until(lambda: office.row(Contract, id=contract.id, status="approved"), "the contract")
    assert [(v["no"], v["amount"], v["outcome"]) for v in done.versions] == [
        (1, 10_000 * YUAN, "returned"),
        (2, 9_000 * YUAN, "approved"),
    ]
    assert (await office.deal_when(deal.id, contract_status="approved")).amount == 9_000 * YUAN


async def test_what_a_manager_submits_goes_to_the_one_above(office: Office) -> None:
    deal, contract = await office.negotiating(10_000 * YUAN)
    manager = await office.actor("zhao.min")
    await office.contracts.submit(manager, uuid4().hex, contract.id, version=1, amount=10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    assert task.holders == ["role:sales_director:*"]
    await office.decide("lin.yue", task, "approve")
    await office.deal_when(deal.id, contract_status="approved")


async def test_an_approver_is_reminded_after_four_hours_and_escalated_after_eight(office: Office) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.days_pass(3.9 / 24)
    assert "task.reminded" not in await office.line(deal.line_id)
    await office.days_pass(0.2 / 24)

    async def kinds() -> list[str] | None:
        told = await office.rows(Notification, person_id=office.people["zhao.min"])
        mine = [n.kind for n in sorted(told, key=lambda n: n.created_at) if n.params.get("task") == task.id]
        return mine if "task.reminded.approve" in mine else None

    assert await office.until(kinds, "the reminder") == ["task.opened.approve", "task.reminded.approve"]
    await office.days_pass(4 / 24)
    director = "role:sales_director:*"

    async def escalated() -> Task | None:
        found = await office.row(Task, id=task.id)
        return found if found and director in found.holders else None

    assert (await office.until(escalated, "the escalation")).escalated_at is not None


async def test_a_claimed_task_waits_for_its_claimer(office: Office) -> None:
    deal, _ = await office.submitted(10_000 * YUAN)
    task = await office.open_task("approve", line_id=deal.line_id)
    await office.days_pass(0.5)  # the director holds it now, too
    await office.tasks.claim(await office.actor("lin.yue"), uuid4().hex, task.id)
    with pytest.raises(Refused) as refused:
        await office.decide("zhao.min", task, "approve")
    assert refused.value.code == "claimed"
    await office.tasks.release(await office.actor("lin.yue"), uuid4().hex, task.id)
    await office.decide("zhao.min", task, "approve")
