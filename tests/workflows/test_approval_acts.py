"""What approvers and submitters do beside deciding: pass on, add signers, ask, nudge, withdraw, return, resubmit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from db.contract import Approval, Contract
from db.process import Notification, Task
from domain.refusal import Refused
from tests.workflows.approvals import Request, Scene, role, step
from tests.workflows.office import YUAN, Office


@pytest.fixture
def scene(office: Office) -> Scene:
    return Scene(office)


async def refusal(act: Any) -> tuple[str, int]:
    with pytest.raises(Refused) as refused:
        await act
    return refused.value.code, refused.value.status


async def test_a_delegated_task_is_the_others_alone_and_the_trail_says_by_whom(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")))
    (task,) = await case.asked("zhao.min")
    manager = await office.actor("zhao.min")
    to_submitter = office.tasks.delegate(manager, uuid4().hex, task.id, to=office.people["li.wei"], why=None)
    assert await refusal(to_submitter) == ("own_request", 422)
    await office.tasks.delegate(manager, uuid4().hex, task.id, to=office.people["tang.wen"], why="合同条款")
    await case.asked("tang.wen")
    assert (await refusal(office.decide("zhao.min", task, "approve")))[1] in (403, 404)
    await case.decides("tang.wen")
    await case.ends("approved")
    assert (await case.steps())[0].seats[0].came == "delegated"


async def test_a_signer_before_decides_first_and_a_signer_after_last(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")))
    (task,) = await case.asked("zhao.min")
    manager, people = await office.actor("zhao.min"), office.people
    await office.tasks.add_signer(
        manager, uuid4().hex, task.id, people=[people["xu.jing"]], where="after", mode="all", why="金额"
    )
    await office.tasks.add_signer(
        manager, uuid4().hex, task.id, people=[people["tang.wen"], people["he.jie"]], where="before", mode="all",
        why="条款",
    )  # fmt: skip
    await case.asked("he.jie", "tang.wen")
    for name in ("he.jie", "tang.wen"):
        await case.decides(name)
    (again,) = await case.asked("zhao.min")
    assert again.id != task.id
    assert (await refusal(office.decide("zhao.min", task, "approve")))[0] == "task_cancelled"
    await case.decides("zhao.min")
    await case.asked("xu.jing")
    await case.decides("xu.jing")
    await case.ends("approved")


@pytest.mark.parametrize(("clock", "hours"), [("stops", 13.0), ("runs", 8.0)])
async def test_a_question_stops_the_clock_or_not_as_the_policy_says(scene: Scene, clock: str, hours: float) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")), question_clock=clock)
    (task,) = await case.asked("zhao.min")
    await office.tasks.ask(await office.actor("zhao.min"), uuid4().hex, task.id, "账期能缩短吗？")
    asking = await office.open_task("answer_question", record_id=case.id)
    assert (await refusal(office.tasks.answer(await office.actor("wang.fang"), uuid4().hex, asking.id, "?")))[1] == 404
    await office.days_pass(5 / 24)
    await office.tasks.answer(await office.actor("li.wei"), uuid4().hex, asking.id, "可以，30 天")

    async def answered() -> Task | None:
        found = await office.row(Task, id=task.id)
        due = found.due_at - found.opened_at if found and found.due_at else timedelta()
        return found if abs(due - timedelta(hours=hours)) < timedelta(minutes=5) else None

    await office.until(answered, f"the task to be due after {hours} hours")
    said = (await case.row()).remarks
    assert [(one["kind"], one["text"]) for one in said] == [("question", "账期能缩短吗？"), ("answer", "可以，30 天")]
    await case.decides("zhao.min")
    await case.ends("approved")


async def test_a_decision_takes_its_open_question_with_it(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")))
    (task,) = await case.asked("zhao.min")
    await office.tasks.ask(await office.actor("zhao.min"), uuid4().hex, task.id, "为什么？")
    asking = await office.open_task("answer_question", record_id=case.id)
    await case.decides("zhao.min")
    await case.ends("approved")
    assert await office.row(Task, id=asking.id, status="cancelled") is not None


async def test_the_submitter_nudges_a_few_times_and_nobody_else_does(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")), nudges=2, nudge_every="PT1H")
    await case.asked("zhao.min")
    submitter = await office.actor("li.wei")
    await office.approvals.nudge(submitter, uuid4().hex, case.id)
    assert await refusal(office.approvals.nudge(submitter, uuid4().hex, case.id)) == ("nudged_just_now", 409)
    await office.days_pass(1.1 / 24)
    await office.approvals.nudge(submitter, uuid4().hex, case.id)
    await office.days_pass(1.1 / 24)
    assert await refusal(office.approvals.nudge(submitter, uuid4().hex, case.id)) == ("nudged_enough", 409)
    assert await refusal(office.approvals.nudge(await office.actor("zhao.min"), uuid4().hex, case.id)) == (
        "not_submitter", 403,
    )  # fmt: skip
    told = await office.rows(Notification, person_id=office.people["zhao.min"], kind="approval.nudged")
    assert len(told) == 2


async def test_a_return_to_an_earlier_step_asks_again_from_there(scene: Scene) -> None:
    case = await scene.asks(*(step(f"s_{name[-3:]}", scene.person(name)) for name in ("zhao.min", "he.jie", "xu.jing")))
    for name in ("zhao.min", "he.jie"):
        await case.asked(name)
        await case.decides(name)
    await case.asked("xu.jing")
    assert await refusal(case.decides("xu.jing", "return", "?", to="s_ing")) == ("step_unknown", 422)
    await case.decides("xu.jing", "return", "折扣说明", to="s_jie")
    await case.asked("he.jie")
    await case.decides("he.jie")
    await case.asked("xu.jing")
    await case.decides("xu.jing", condition="预付 30%")
    ended = await case.ends("approved")
    assert ended.path[-1]["seats"][0]["condition"] == "预付 30%"


async def test_a_manager_hands_on_what_is_stuck_in_the_own_region_only(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("wang.fang")))
    (task,) = await case.asked("wang.fang")
    to = office.people["tang.wen"]
    for name in ("huang.bo", "zhou.kai"):
        assert (await refusal(office.tasks.hand_on(await office.actor(name), uuid4().hex, task.id, to=to, why="x")))[
            1
        ] in (403, 404)
    await office.tasks.hand_on(await office.actor("zhao.min"), uuid4().hex, task.id, to=to, why="出差")
    await case.asked("tang.wen")
    await office.tasks.hand_on(
        await office.actor("gu.ming"), uuid4().hex, task.id, to=office.people["xu.jing"], why="休假"
    )
    await case.asked("xu.jing")


async def test_nobody_has_a_hand_in_who_decides_on_their_own_request(scene: Scene) -> None:
    office, friend = scene.office, scene.office.people["wang.fang"]
    case = await scene.asks(step("one", role("regional_manager")), by="zhao.min")
    (task,) = await case.asked("role:sales_director:*")
    manager = await office.actor("zhao.min")
    handing = office.tasks.hand_on(manager, uuid4().hex, task.id, to=friend, why="x")
    assert await refusal(handing) == ("forbidden", 403), "it is with somebody above"

    shared = await scene.asks(step("one", role("finance")), by="he.jie")
    (task,) = await shared.asked("role:finance:*")
    asker = await office.actor("he.jie")
    for act in (
        office.tasks.claim(asker, uuid4().hex, task.id),
        office.tasks.delegate(asker, uuid4().hex, task.id, to=friend, why=None),
    ):
        assert await refusal(act) == ("own_request", 403)

    case = await scene.asks(step("one", scene.person("wang.fang")), by="zhao.min")
    (task,) = await case.asked("wang.fang")
    handing = office.tasks.hand_on(manager, uuid4().hex, task.id, to=office.people["zhou.kai"], why="x")
    assert await refusal(handing) == ("own_request", 403)


async def test_a_manager_does_not_take_what_somebody_above_is_asked(scene: Scene) -> None:
    office = scene.office
    manager = await office.actor("zhao.min")
    for who, holder in ((role("cfo"), "role:cfo:*"), (scene.person("xu.jing"), "xu.jing")):
        case = await scene.asks(step("one", who))
        (task,) = await case.asked(holder)
        handing = office.tasks.hand_on(manager, uuid4().hex, task.id, to=office.people["zhao.min"], why="x")
        assert await refusal(handing) == ("forbidden", 403)


async def test_nobody_gets_two_votes_where_all_must_agree(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("all", scene.person("wang.fang"), scene.person("zhou.kai"), mode="all"))
    task, _ = await case.asked("wang.fang", "zhou.kai")
    passing = office.tasks.delegate(
        await office.actor("wang.fang"), uuid4().hex, task.id, to=office.people["zhou.kai"], why=None
    )
    assert await refusal(passing) == ("asked_already", 422)


async def test_a_task_asks_for_the_proof_that_the_policy_it_is_moved_to_wants(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")))
    (task,) = await case.asked("zhao.min")
    version = await scene.policy(step("one", scene.person("zhao.min"), proof="signature"))
    await office.approvals.move(await office.actor("gu.ming"), uuid4().hex, version, [case.id])

    async def moved() -> Task | None:
        found = await office.row(Task, id=task.id, status="open")
        return found if found and found.params["proof"] == "signature" else None

    await office.until(moved, "the task to ask for a signature")
    await case.decides("zhao.min", signature="赵敏")
    await case.ends("approved")


async def test_withdrawal_and_approval_at_the_same_moment_end_one_way(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")))
    await case.asked("zhao.min")
    ends = await asyncio.gather(
        office.approvals.withdraw(await office.actor("li.wei"), uuid4().hex, case.id),
        case.decides("zhao.min"),
        return_exceptions=True,
    )
    assert sum(isinstance(end, Refused) for end in ends) == 1
    ended = await office.until(lambda: _ended(office, case.id), "the end")
    withdrawn = not isinstance(ends[0], Refused)
    assert ended.status == ("withdrawn" if withdrawn else "approved")
    assert await office.rows(Task, record_id=case.id, status="open") == []


async def _ended(office: Office, approval_id: str) -> Approval | None:
    found = await office.row(Approval, id=approval_id)
    return found if found and found.closed_at else None


async def test_twenty_clicks_on_one_task_are_one_decision(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min")))
    await case.asked("zhao.min")
    office = scene.office
    (task,) = await case.asked("zhao.min")
    ends = await asyncio.gather(
        *(office.decide("zhao.min", task, "approve" if no % 2 else "reject", "x") for no in range(20)),
        return_exceptions=True,
    )
    refused = [end for end in ends if isinstance(end, Refused)]
    assert len(refused) == 19
    assert {end.code for end in refused} <= {"already_decided", "process_ended"}


# --- policies -----------------------------------------------------------------------------------------------------


async def test_a_running_case_keeps_its_policy_until_an_administrator_moves_it(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min")), step("two", scene.person("he.jie")))
    await case.asked("zhao.min")
    await case.decides("zhao.min")
    await case.asked("he.jie")
    version = await scene.policy(step("one", scene.person("tang.wen")), step("three", scene.person("xu.jing")))
    assert await case.path() == [("one", "approved"), ("two", "open")]
    admin = await office.actor("gu.ming")
    (move,) = await office.approvals.preview(admin, version, [case.id])
    assert ([s.key for s in move.was], [s.key for s in move.now]) == (["two"], ["three"])
    assert (await refusal(office.approvals.move(await office.actor("zhao.min"), uuid4().hex, version, [case.id])))[
        1
    ] == 403
    await office.approvals.move(admin, uuid4().hex, version, [case.id])
    await case.asked("xu.jing")
    await case.decides("xu.jing")
    await case.ends("approved")


# --- contracts ----------------------------------------------------------------------------------------------------


async def test_a_withdrawn_request_lets_the_contract_be_submitted_anew(scene: Scene) -> None:
    office = scene.office
    _, contract = await office.submitted(10_000 * YUAN)
    approval = await office.until(lambda: office.row(Approval, subject_id=contract.id), "the approval")
    await office.open_task("approve", record_id=approval.id)
    await office.approvals.withdraw(await office.actor("li.wei"), uuid4().hex, approval.id)
    draft = await office.until(lambda: office.row(Contract, id=contract.id, status="draft"), "the draft")
    assert (draft.version, draft.versions[0]["outcome"]) == (2, "withdrawn")


@pytest.mark.parametrize(("resubmit", "amount", "asked"), [
    ("where_returned", 10_000, "xu.jing"), ("where_returned", 99_000, "zhao.min"), ("start", 10_000, "zhao.min"),
])  # fmt: skip
async def test_a_new_version_begins_where_it_was_returned_while_nothing_that_counts_has_changed(
    scene: Scene, resubmit: str, amount: int, asked: str
) -> None:
    office = scene.office
    columns = [{"key": "amount", "type": "money", "min": 0},
               {"key": "currency", "type": "enum", "values": ["CNY"]}]  # fmt: skip
    steps = [step("one", scene.person("zhao.min")), step("two", scene.person("xu.jing"))]
    await scene.publish({
        "engine": 1, "rules": {"resubmit": resubmit},
        "table": {"columns": columns, "rows": [{"id": "every", "when": {}, "then": {"steps": steps}}]},
    })  # fmt: skip
    _, contract = await office.submitted(10_000 * YUAN)
    first = await approval_of(office, contract, 1)
    for name, outcome in (("zhao.min", "approve"), ("xu.jing", "return")):
        await first.asked(name)
        await first.decides(name, outcome, "附件缺页")
    await office.until(lambda: office.row(Contract, id=contract.id, version=2, status="draft"), "version two")
    await office.contracts.submit(
        await office.actor("li.wei"), uuid4().hex, contract.id, version=2, amount=amount * YUAN
    )
    again = await approval_of(office, contract, 2)
    await again.asked(asked)
    assert (await again.steps())[0].note == ("carried" if asked == "xu.jing" else "")


async def approval_of(office: Office, contract: Contract, version: int) -> Request:
    async def look() -> Approval | None:
        return await office.row(Approval, subject_id=contract.id, subject_version=version)

    return Request(office, (await office.until(look, f"the approval of version {version}")).id)
