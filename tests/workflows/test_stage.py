"""What stages set going is done once a visit; deals stall step by step; a pipeline changes under deals under way."""

from __future__ import annotations

import asyncio
import copy
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from activities.policy import PinnedPolicy
from commands.deal import NewDeal
from commands.pipeline import PipelineCommands
from commands.policy import Policies
from commands.webhook import Webhooks
from db.contract import Contract
from db.deal import Deal
from db.engine import Database
from db.policy import publish
from db.process import Notification, Process, Task
from db.webhook import WebhookDelivery
from domain.pipeline import PipelinePolicy
from domain.policy import load
from domain.refusal import Refused
from settings import Settings
from tests.workflows.office import YUAN, Office, open_office
from worker.main import build_worker

PROBE: dict[str, Any] = {
    "engine": 1,
    "name": {"zh": "试验", "en": "Probe"},
    "stages": [
        {"key": "start", "name": {"zh": "开始", "en": "Start"}, "win_percent": 10},
        {
            "key": "work", "name": {"zh": "进行", "en": "Work"}, "win_percent": 50, "needs": ["close_on"],
            "entry": [
                {"do": "task", "title": {"zh": "核对", "en": "Check"}, "who": "finance", "within": "PT2H"},
                {"do": "field", "field": "priority", "value": 2},
                {"do": "webhook", "target": "erp"},
                {"do": "contract"},
            ],
            "leave": [{"do": "webhook", "target": "erp"}],
        },
        {"key": "last", "name": {"zh": "收尾", "en": "Last"}, "win_percent": 80},
        {"key": "won", "name": {"zh": "赢", "en": "Won"}, "kind": "won", "win_percent": 100},
        {"key": "lost", "name": {"zh": "输", "en": "Lost"}, "kind": "lost", "win_percent": 0},
    ],
}  # fmt: skip


class Line:
    """A pipeline of its own, and what is done along it."""

    def __init__(self, office: Office, key: str) -> None:
        self.office = office
        self.key = key
        self.kind = f"pipeline.{key}"
        self.webhooks = Webhooks(office.db, office.settings)
        self.pipelines = PipelineCommands(office.desk, Policies(office.db))

    async def publish(self, follows: int = 0, **changes: Any) -> PinnedPolicy:
        document = copy.deepcopy(PROBE) | changes
        load(PipelinePolicy, document)
        async with self.office.db.session() as session:
            version = await publish(session, self.kind, document, by=None, note="", follows=follows)
        return PinnedPolicy(kind=self.kind, version=version, document=document)

    async def deal(self, *, close_on: str | None = "2026-12-18") -> Deal:
        """At the first stage of this pipeline, for a customer of Li Wei's."""
        other = await self.office.deal(1_000 * YUAN)
        new = NewDeal.model_validate({
            "customer_id": other.customer_id, "title": "试验单", "amount": 20_000 * YUAN, "pipeline": self.key,
            "close_on": close_on,
        })  # fmt: skip
        deal_id, _ = await self.office.deals.open(await self.office.actor("li.wei"), uuid4().hex, new)
        return await self.office.deal_when(deal_id)

    async def move(self, deal_id: str, was: str, now: str, by: str = "li.wei", **more: Any) -> None:
        await self.office.deals.move(
            await self.office.actor(by), uuid4().hex, deal_id, from_stage=was, to_stage=now, **more
        )

    async def settled(self, deal_id: str) -> Deal:
        """Once nothing that a stage asked for is left to be done."""

        async def look() -> Deal | None:
            deal = await self.office.row(Deal, id=deal_id)
            return deal if deal and not deal.actions else None

        return await self.office.until(look, "the actions to be done")

    async def sent(self, deal_id: str) -> list[str]:
        """The keys of the messages to other systems, without the deal's id."""
        rows = await self.office.rows(WebhookDelivery)
        return sorted(row.key.removeprefix(f"deal/{deal_id}/") for row in rows if f"/{deal_id}/" in row.key)

    async def register(self, url: str = "https://hooks.example.com/") -> None:
        with suppress(Refused):  # it is there from the story before
            await self.webhooks.register(await self.office.actor("gu.ming"), key="erp", name="ERP", url=url)


@pytest.fixture
async def line(office: Office) -> Line:
    return Line(office, f"p{uuid4().hex[:8]}")


async def test_entering_twice_does_everything_twice_but_the_contract_which_is_alive(line: Line, office: Office) -> None:
    await line.register()
    await line.publish()
    deal = await line.deal()
    await line.move(deal.id, "start", "work")
    first = await line.settled(deal.id)
    assert (first.priority, first.contract_status) == (2, "draft")
    await line.move(deal.id, "work", "start")
    await line.move(deal.id, "start", "work")
    again = await line.settled(deal.id)
    assert await line.sent(deal.id) == ["2/entry/2", "2/leave/0", "4/entry/2"]
    tasks = await office.rows(Task, record_id=deal.id, kind="stage_task")
    assert [task.params["words"]["en"] for task in tasks] == ["Check", "Check"]
    assert tasks[0].holders == ["role:finance:*"]
    contracts = await office.rows(Contract, deal_id=deal.id)
    assert [contract.id for contract in contracts] == [first.contract_id] == [again.contract_id]


async def test_a_failing_action_holds_up_nothing_and_is_done_once_it_can_be(line: Line, office: Office) -> None:
    stages = copy.deepcopy(PROBE["stages"])
    target = f"gone_{uuid4().hex[:6]}"
    stages[1]["entry"][2]["target"] = target
    await line.publish(stages=stages)
    deal = await line.deal()
    await line.move(deal.id, "start", "work")

    async def failed() -> Deal | None:
        found = await office.row(Deal, id=deal.id)
        return found if found and [one for one in found.actions if one["error"]] else None

    seen = await office.until(failed, "the failure to show")
    assert target in seen.actions[0]["error"]
    await office.deal_when(deal.id, contract_status="draft")  # the action after it was done
    process = await office.row(Process, record_id=deal.id)
    assert process is not None
    assert "deal.action_failed" in [wait["reason"] for wait in process.waiting]
    await line.move(deal.id, "work", "last")
    await line.webhooks.register(
        await office.actor("gu.ming"), key=target, name="ERP", url="https://hooks.example.com/"
    )
    actor, key = await office.actor("li.wei"), seen.actions[0]["key"]
    with pytest.raises(Refused):
        await office.deals.try_action(await office.actor("wang.fang"), uuid4().hex, deal.id, key)
    await office.deals.try_action(actor, uuid4().hex, deal.id, key)
    await line.settled(deal.id)
    assert (await line.sent(deal.id)).count("2/entry/2") == 1


async def test_a_failing_action_can_be_given_up(line: Line, office: Office) -> None:
    stages = copy.deepcopy(PROBE["stages"])
    stages[0]["entry"] = [{"do": "webhook", "target": "nowhere"}]
    await line.publish(stages=stages)
    deal = await line.deal()

    async def failed() -> Deal | None:
        found = await office.row(Deal, id=deal.id)
        return found if found and found.actions and found.actions[0]["error"] else None

    await office.until(failed, "the failure to show")
    await office.deals.give_up_action(await office.actor("li.wei"), uuid4().hex, deal.id, "1/entry/0")
    assert (await line.settled(deal.id)).actions == []
    assert "deal.action_given_up" in await office.line(deal.line_id)


async def test_a_stage_is_not_entered_without_its_fields_which_may_come_with_the_move(
    line: Line, office: Office
) -> None:
    await line.register()
    await line.publish()
    deal = await line.deal(close_on=None)
    with pytest.raises(Refused) as refused:
        await line.move(deal.id, "start", "work")
    assert (refused.value.code, refused.value.params["fields"]) == ("fields_missing", ["close_on"])
    await line.move(deal.id, "start", "work", close_on=(await line.deal()).close_on)
    moved = await office.deal_when(deal.id, stage="work")
    assert str(moved.close_on) == "2026-12-18"


async def test_of_two_who_move_a_deal_at_once_one_wins_and_the_other_hears_of_whom(line: Line, office: Office) -> None:
    await line.register()
    await line.publish()
    deal = await line.deal()
    both = ("li.wei", "zhao.min")
    ends = await asyncio.gather(
        *(line.move(deal.id, "start", "work", by=who) for who in both), return_exceptions=True
    )  # fmt: skip
    lost = next(no for no, end in enumerate(ends) if isinstance(end, Refused))
    refused = ends[lost]
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params["by"]) == ("moved_meanwhile", office.people[both[1 - lost]])
    await line.settled(deal.id)
    assert await line.sent(deal.id) == ["2/entry/2"]


async def test_a_stage_task_is_done_by_whom_it_is_open_to(line: Line, office: Office) -> None:
    await line.register()
    await line.publish()
    deal = await line.deal()
    await line.move(deal.id, "start", "work")
    task = await office.open_task("stage_task", record_id=deal.id)
    with pytest.raises(Refused):
        await office.tasks.finish(await office.actor("li.wei"), uuid4().hex, task.id)
    await office.tasks.finish(await office.actor("he.jie"), uuid4().hex, task.id, comment="对过了")
    done = await office.until(lambda: office.row(Task, id=task.id, status="done"), "the task to be done")
    assert (done.outcome, done.comment) == ("done", "对过了")


async def test_stall_timers_of_seconds_fire_once_and_in_order_also_while_no_worker_was_there(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    async with open_office(db, people, settings, suggest_new_run_after=10_000, working=False) as office:
        line = Line(office, f"p{uuid4().hex[:8]}")
        await line.publish(stall={"amber": "PT1S", "red": "PT1.5S", "manager": "PT2S"})
        async with build_worker(office.env.client, db, settings):
            deal = await line.deal()
        # Nobody works while they fall due.
        async with build_worker(office.env.client, db, settings):
            await office.deal_when(deal.id, stall=3)
            told = [kind for kind in await office.line(deal.line_id) if kind.startswith("deal.stalled")]
            assert told == ["deal.stalled", "deal.stalled_red", "deal.stalled_told"]
            for who, kind in (("li.wei", "deal.stalled"), ("li.wei", "deal.stalled_red"), ("zhao.min", told[2])):
                rows = await office.rows(Notification, person_id=people[who], kind=kind)
                assert len([row for row in rows if deal.id in row.link]) == 1
            await office.deals.note(await office.actor("li.wei"), uuid4().hex, deal.id, how="call", note="约了")
            assert (await office.deal_when(deal.id, stall=0)).stalled_at is None


async def test_over_many_runs_each_visit_acts_once(db: Database, people: dict[str, str], settings: Settings) -> None:
    async with open_office(db, people, settings, suggest_new_run_after=60) as office:
        line = Line(office, f"p{uuid4().hex[:8]}")
        await line.register()
        await line.publish()
        deal = await line.deal()
        for _ in range(6):
            await line.move(deal.id, "start", "work")
            await line.move(deal.id, "work", "start")
        await line.settled(deal.id)
        expected = [f"{visit}/entry/2" for visit in range(2, 14, 2)] + [f"{visit}/leave/0" for visit in range(2, 14, 2)]
        assert await line.sent(deal.id) == sorted(expected)
        assert len(await office.rows(Contract, deal_id=deal.id)) == 1
        handle = office.env.client.get_workflow_handle(f"deal/{deal.id}")

        async def shown() -> bool:
            return await office.row(Process, record_id=deal.id, run_id=(await handle.describe()).run_id) is not None

        await office.until(shown, "the newest run to be shown")
        first = [run async for run in office.env.client.list_workflows(f"WorkflowId = 'deal/{deal.id}'")]
        assert len(first) > 1


async def test_deals_follow_a_new_version_where_their_stage_went_and_stay_where_nobody_says(
    line: Line, office: Office
) -> None:
    await line.register()
    await line.publish()
    deal = await line.deal()
    await line.move(deal.id, "start", "work")
    await line.settled(deal.id)
    left = [stage for stage in copy.deepcopy(PROBE["stages"]) if stage["key"] != "work"]
    gone = await line.publish(1, stages=left)
    admin = await office.actor("gu.ming")
    ends = await line.pipelines.move(admin, uuid4().hex, line.kind, gone.version, [deal.id])
    assert isinstance(refused := ends[deal.id], Refused)
    assert refused.code == "stage_gone"
    assert (await office.deal_when(deal.id)).stage == "work"
    mapped = await line.publish(2, stages=left, replaced={"work": "last"})
    _, follows = await line.pipelines.preview(admin, line.kind, mapped.version)
    assert [(one.deal.id, one.version, one.to and one.to.key) for one in follows] == [(deal.id, 1, "last")]
    sent = await line.sent(deal.id)
    await line.pipelines.move(admin, uuid4().hex, line.kind, mapped.version, [deal.id])
    moved = await office.deal_when(deal.id, stage="last")
    assert moved.moved_by == admin.id
    assert await line.sent(deal.id) == sent  # the deal has not moved: nothing is set going
    process = await office.row(Process, record_id=deal.id)
    assert process is not None
    assert process.policies[line.kind] == mapped.version
    with pytest.raises(Refused) as forbidden:
        await line.pipelines.move(await office.actor("li.wei"), uuid4().hex, line.kind, 1, [deal.id])
    assert forbidden.value.status == 403
