"""Legal reads what the check flagged: decides about each clause, clears the version, or returns it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from commands.legal import LegalCommands
from commands.policy import Policies
from db.contract import Approval, Contract
from db.contract_check import ContractFinding
from db.deal import Deal
from db.legal import ContractReview, overruled
from db.policy import current_policy
from db.process import Task
from domain.process import Answer
from domain.refusal import Refused
from tests.workflows.checking import a_contract, submit_document
from tests.workflows.office import YUAN, Office

LATE = "甲方应在收到发票之日起90日内付款。"
SOON = "甲方应在收到发票之日起30日内付款。"
UNCAPPED = "乙方对甲方的一切损失承担无限赔偿责任。"


class Desk:
    """Legal's desk, with one contract on it."""

    def __init__(self, office: Office, deal: Deal, contract: Contract) -> None:
        self.office, self.deal, self.contract = office, deal, contract
        self.legal = LegalCommands(office.desk)

    @classmethod
    async def with_contract(cls, office: Office, *clauses: str, content: bytes | None = None) -> Desk:
        deal, contract = await office.negotiating(180_000 * YUAN)
        desk = cls(office, deal, contract)
        await desk.submit(*clauses, content=content)
        return desk

    async def submit(self, *clauses: str, content: bytes | None = None) -> None:
        current = await self.now()
        await submit_document(self.office, current, a_contract(*clauses) if content is None else content)

    async def now(self, **where: Any) -> Contract:
        if not where:
            found = await self.office.row(Contract, id=self.contract.id)
            assert found is not None
            return found
        return await self.office.until(lambda: self.office.row(Contract, id=self.contract.id, **where), f"{where}")

    async def task(self, version: int = 1) -> Task:
        async def look() -> Task | None:
            tasks = await self.office.rows(Task, kind="review_contract", status="open", line_id=self.deal.line_id)
            return next((one for one in tasks if one.params["version"] == version), None)

        return await self.office.until(look, f"legal's task of version {version}")

    async def finding(self, kind: str, version: int = 1) -> ContractFinding:
        found = await self.office.row(ContractFinding, contract_id=self.contract.id, version_no=version, kind=kind)
        assert found is not None
        return found

    async def judge(
        self, kind: str, decision: str | None, reason: str | None = None, *, by: str = "tang.wen", version: int = 1,
        turn: int = 0, key: str = "",
    ) -> Answer:  # fmt: skip
        finding = await self.finding(kind, version)
        return await self.legal.judge(
            await self.office.actor(by), key or uuid4().hex, self.contract.id, version=version, finding_id=finding.id,
            decision=decision, reason=reason, turn=turn,  # type: ignore[arg-type]
        )  # fmt: skip

    async def accept_all(self, version: int = 1) -> None:
        review = await self.office.row(ContractReview, contract_id=self.contract.id, version_no=version)
        assert review is not None
        for one in await self.office.rows(ContractFinding, contract_id=self.contract.id, version_no=version):
            if one.level in ("medium", "high") and one.decision is None and one.id not in review.exceptions:
                await self.judge(one.kind, "accept", "the customer insists", version=version)

    async def conclude(self, outcome: str, *, by: str = "tang.wen", version: int = 1, **more: Any) -> Answer:
        given: dict[str, Any] = {"comment": None, "conditions": [], "met": {}, "read": False}
        return await self.legal.conclude(
            await self.office.actor(by), uuid4().hex, self.contract.id, version=version,
            outcome=outcome, **(given | more),  # type: ignore[arg-type]
        )  # fmt: skip

    async def approvers(self, outcome: str, comment: str | None = None) -> None:
        """Each who is asked decides so, one after the other, until the approval has ended."""
        names = {person: name for name, person in self.office.people.items()}
        roles = {"regional_manager": "zhao.min", "sales_director": "lin.yue", "cfo": "xu.jing"}

        async def next_or_end() -> Task | Approval | None:
            ended = await self.office.row(Approval, line_id=self.deal.line_id, status=f"{outcome}ed".replace("ee", "e"))
            return ended or await self.office.row(Task, kind="approve", status="open", line_id=self.deal.line_id)

        while isinstance(task := await self.office.until(next_or_end, "who decides next"), Task):
            kind, holder, *_ = task.holders[0].split(":")
            await self.office.decide((names if kind == "person" else roles)[holder], task, outcome, comment)

    async def refused(self, act: Any) -> str:
        with pytest.raises(Refused) as caught:
            await act
        return caught.value.code

    async def review(self, version: int = 1, **where: Any) -> ContractReview:
        return await self.office.until(
            lambda: self.office.row(ContractReview, contract_id=self.contract.id, version_no=version, **where),
            f"the review of version {version}",
        )


async def with_rules(office: Office, **legal: Any) -> None:
    """The contract policy, changed for contracts begun from now on."""
    async with office.db.session() as session:
        version, document = await current_policy(session, "contract")
    await Policies(office.db).publish(
        await office.actor("gu.ming"), uuid4().hex, "contract", document | {"legal": legal}, follows=version
    )


async def test_a_risky_version_waits_for_legal_then_for_its_approvers(office: Office) -> None:
    desk = await Desk.with_contract(office, LATE, UNCAPPED)
    task = await desk.task()
    assert (await desk.now()).status == "in_legal"
    assert task.holders == ["role:legal:*"]
    assert task.due_at is not None
    assert (await office.deal_when(desk.deal.id, contract_status="in_legal")).stage == "negotiation"
    for somebody in ("li.wei", "zhao.min", "xu.jing"):
        assert await desk.refused(desk.judge("payment_term", "accept", "fine", by=somebody)) == "not_yours"
    assert await desk.refused(desk.judge("payment_term", "accept")) == "clause_reason_needed"
    assert await desk.refused(desk.conclude("clear")) == "findings_undecided"
    key = uuid4().hex
    first = await desk.judge("payment_term", "accept", "a good payer", key=key)
    assert (await desk.judge("payment_term", "accept", "a good payer", key=key)).revision == first.revision
    assert await desk.refused(desk.judge("payment_term", "reject", "never", by="lin.yue")) == "not_yours"
    assert await desk.refused(desk.judge("payment_term", "reject", "from an old page")) == "finding_decided"
    await desk.accept_all()
    assert await desk.refused(desk.conclude("clear", version=2)) == "stale_version"
    await desk.conclude("clear")
    assert await desk.refused(desk.conclude("clear")) == "already_decided"
    assert (await desk.now(status="in_approval")).version == 1
    kept = await desk.finding("payment_term")
    assert (kept.decision, kept.reason, kept.decided_by) == ("accept", "a good payer", office.people["tang.wen"])
    assert (await desk.review(outcome="clear")).closed_by == office.people["tang.wen"]
    async with office.db.session() as session:
        counted = (await overruled(session))["payment_term"]
    assert (counted.found, counted.accepted, counted.changed) == (1, 1, 0)


async def test_a_harmless_version_goes_straight_to_its_approvers(office: Office) -> None:
    desk = await Desk.with_contract(
        office, SOON, "乙方在本合同项下的累计赔偿责任以合同总价为限。", "违约金累计不超过合同总价的10%。"
    )
    await desk.now(status="in_approval")
    assert (await desk.review(outcome="not_needed")).task_id is None
    assert not await office.rows(Task, kind="review_contract", line_id=desk.deal.line_id)
    assert await desk.refused(desk.conclude("clear")) == "not_in_review"


async def test_what_legal_returns_comes_back_with_a_document_and_is_read_again(office: Office) -> None:
    desk = await Desk.with_contract(office, UNCAPPED)
    await desk.task()
    await desk.judge("liability_cap", "reject", "cap it at the price")
    assert await desk.refused(desk.conclude("clear")) in ("clause_rejected", "findings_undecided")
    await desk.conclude("return", comment="看责任上限")
    draft = await desk.now(status="draft", version=2)
    assert draft.versions[0]["outcome"] == "returned"
    assert await desk.refused(desk.judge("liability_cap", "accept", "late", turn=1)) == "stale_version"
    bare = office.contracts.submit(
        await office.actor("li.wei"), uuid4().hex, desk.contract.id, version=2, amount=draft.amount
    )
    assert await desk.refused(bare) == "document_needed"
    await desk.submit(SOON, "乙方在本合同项下的累计赔偿责任以合同总价为限。", "违约金累计不超过合同总价的10%。")
    await desk.task(2)
    review = await desk.review(2)
    condition = review.conditions[0]
    assert (condition["kind"], condition["since"], condition["met"]) == ("liability_cap", 1, None)
    await desk.accept_all(2)
    assert await desk.refused(desk.conclude("clear", version=2)) == "conditions_unlooked"
    assert await desk.refused(desk.conclude("clear", version=2, met={condition["id"]: False})) == "conditions_unmet"
    await desk.conclude("clear", version=2, met={condition["id"]: True})
    await desk.now(status="in_approval", version=2)


async def test_conditions_are_to_be_met_by_the_next_version_before_it_is_approved(office: Office) -> None:
    desk = await Desk.with_contract(office, LATE)
    await desk.task()
    await desk.accept_all()
    assert await desk.refused(desk.conclude("conditions")) == "condition_needed"
    await desk.conclude("conditions", conditions=["附上营业执照"])
    await desk.approvers("approve")
    draft = await desk.now(status="draft", version=2)
    assert draft.versions[0]["outcome"] == "approved"
    assert "contract.conditions_open" in await office.line(desk.deal.line_id)


async def test_a_document_nobody_could_read_is_cleared_only_by_who_read_it(office: Office) -> None:
    desk = await Desk.with_contract(office, content=b"%PDF-1.7\nnothing")
    assert (await desk.task()).params["state"] == "unreadable"
    assert await desk.refused(desk.conclude("clear", comment="fine")) == "document_unread"
    assert await desk.refused(desk.conclude("clear", read=True)) == "document_unread"
    await desk.conclude("clear", read=True, comment="纸本已逐页阅读")
    await desk.now(status="in_approval")
    assert (await desk.review(outcome="clear")).read


async def test_a_lost_deal_takes_its_contract_off_legals_desk(office: Office) -> None:
    desk = await Desk.with_contract(office, LATE)
    task = await desk.task()
    await office.move(desk.deal.id, "lost", reason="price")
    await desk.now(status="withdrawn")
    assert await desk.refused(desk.judge("payment_term", "accept", "too late")) in ("task_cancelled", "process_ended")
    assert (await desk.review(outcome="withdrawn")).closed_by is None
    assert await office.row(Task, id=task.id, status="cancelled")


async def test_an_exception_of_the_customer_opens_no_review_until_it_ends(office: Office) -> None:
    deal, contract = await office.negotiating(180_000 * YUAN)
    desk = Desk(office, deal, contract)
    legal = await office.actor("tang.wen")
    today = (await office.env.get_current_time()).date()
    given: dict[str, Any] = {
        "customer_id": contract.customer_id, "kind": "payment_term", "value": "90d", "reason": "框架协议",
        "until": today + timedelta(days=30),
    }  # fmt: skip
    assert await desk.refused(desk.legal.grant(await office.actor("li.wei"), uuid4().hex, **given)) == "forbidden"
    exception = await desk.legal.grant(legal, uuid4().hex, **given)
    capped = ("乙方在本合同项下的累计赔偿责任以合同总价为限。", "违约金累计不超过合同总价的10%。")
    await desk.submit(LATE, *capped)
    await desk.now(status="in_approval")
    review = await desk.review(outcome="not_needed")
    assert review.exceptions == {(await desk.finding("payment_term")).id: exception}
    await desk.legal.revoke(legal, uuid4().hex, exception)
    assert await desk.refused(desk.legal.revoke(legal, uuid4().hex, exception)) == "exception_ended"


async def test_two_of_legal_at_once_are_told_of_each_other(office: Office) -> None:
    desk = await Desk.with_contract(office, LATE)
    await desk.task()
    both = await asyncio.gather(
        desk.judge("payment_term", "accept", "fine"), desk.judge("payment_term", "reject", "never"),
        return_exceptions=True,
    )  # fmt: skip
    assert sum(isinstance(one, Answer) for one in both) == 1
    assert [one.code for one in both if isinstance(one, Refused)] == ["finding_decided"]


async def test_legal_is_reminded_and_then_whoever_is_above(office: Office) -> None:
    await with_rules(office, allowed="PT4H", remind="PT1H")
    desk = await Desk.with_contract(office, LATE)
    task = await desk.task()
    assert task.due_at is not None
    await office.time_passes(task.due_at - await office.env.get_current_time() + timedelta(seconds=1))

    async def above() -> Task | None:
        found = await office.row(Task, id=task.id)
        return found if found and found.escalated_at else None

    assert "role:administrator:*" in (await office.until(above, "the escalation")).holders
    assert {"task.reminded", "task.escalated"} <= set(await office.line(desk.deal.line_id))


@pytest.mark.parametrize("first", ["legal", "approvers"])
async def test_beside_the_approvers_a_return_by_either_ends_both(office: Office, first: str) -> None:
    await with_rules(office, order="beside")
    desk = await Desk.with_contract(office, LATE)
    await desk.task()
    assert (await desk.now()).status == "in_approval"
    if first == "legal":
        await desk.conclude("return", comment="90 天太长")
        await office.until(lambda: office.row(Approval, line_id=desk.deal.line_id, status="withdrawn"), "its end")
    else:
        await desk.approvers("return", "价格")
        await desk.review(outcome="superseded")
    draft = await desk.now(status="draft", version=2)
    assert draft.versions[0]["outcome"] == "returned"
    assert not await office.rows(Task, kind="review_contract", status="open", line_id=desk.deal.line_id)


async def test_beside_the_approvers_it_is_approved_once_both_have_ended(office: Office) -> None:
    await with_rules(office, order="beside")
    desk = await Desk.with_contract(office, LATE)
    await desk.task()
    await desk.approvers("approve")
    assert (await desk.now()).status == "in_approval"
    await desk.accept_all()
    await desk.conclude("clear")
    await desk.now(status="approved")


async def test_a_version_with_legal_is_taken_back_by_its_submitter_alone_and_once(office: Office) -> None:
    await with_rules(office)  # legal before the approvers, whatever a story before had
    desk = await Desk.with_contract(office, LATE)
    task = await desk.task()

    async def take_back(who: str, version: int = 1) -> Answer:
        actor = await office.actor(who)
        return await office.contracts.take_back(actor, uuid4().hex, desk.contract.id, version=version)

    with pytest.raises(Refused, match="forbidden"):
        await take_back("zhao.min")
    with pytest.raises(Refused, match="stale_version"):
        await take_back("li.wei", 7)
    await take_back("li.wei")
    contract = await desk.now(status="draft")
    assert (contract.version, contract.versions[0]["outcome"]) == (2, "withdrawn")
    assert (await office.row(Task, id=task.id)).status == "cancelled"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="contract_not_with_legal"):
        await take_back("li.wei", 2)
    await desk.submit(SOON)
    await desk.now(status="in_legal", version=2)
