"""Who is asked in a step, together or in order, in what time, and what happens when time is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from commands.password import Passwords
from commands.person import People
from db.approval_turn import ApprovalTurn
from db.calendar import calendars
from db.process import Notification, Task
from db.scope import visible
from domain.refusal import Refused
from tests.workflows.approvals import Scene, role, step
from tests.workflows.office import Office


@pytest.fixture
def scene(office: Office) -> Scene:
    return Scene(office)


async def test_all_are_asked_at_once_then_any_then_in_order(scene: Scene) -> None:
    finance = (scene.person("he.jie"), scene.person("ma.chao"))
    case = await scene.asks(
        step("all", *finance, mode="all"),
        step("any", scene.person("tang.wen"), scene.person("zhao.min")),
        step("line", scene.person("xu.jing"), scene.person("lin.yue"), mode="in_order"),
    )
    await case.asked("he.jie", "ma.chao")
    await case.decides("ma.chao")
    await case.asked("he.jie")
    await case.decides("he.jie")
    await case.asked("tang.wen+zhao.min")
    await case.decides("zhao.min")
    await case.asked("xu.jing")
    await case.decides("xu.jing")
    await case.asked("lin.yue")
    await case.decides("lin.yue")
    await case.ends("approved")


async def test_everybody_of_a_role_must_agree_where_all_are_asked(scene: Scene) -> None:
    case = await scene.asks(step("finance", role("finance"), mode="all"))
    await case.asked("he.jie", "ma.chao")


async def test_the_reporting_line_is_asked_level_by_level_and_the_head_of_a_unit(scene: Scene) -> None:
    case = await scene.asks(
        step("above", {"by": "superior", "levels": 2}, mode="in_order"),
        step("own_head", {"by": "head"}),
        step("legal", {"by": "head", "unit": "legal"}),
    )
    for name in ("zhao.min", "lin.yue", "zhao.min", "tang.wen"):
        await case.asked(name)
        await case.decides(name)
    await case.ends("approved")


async def test_whoever_left_is_not_asked_and_what_they_held_goes_to_the_one_above(scene: Scene) -> None:
    office = scene.office
    people = People(office.db, Passwords())
    case = await scene.asks(step("one", scene.person("peng.cheng")), step("two", scene.person("peng.cheng")))
    await case.asked("peng.cheng")
    await people.set_active(await office.actor("gu.ming"), office.people["peng.cheng"], False)
    await office.relay.carry_waiting()
    await case.asked("huang.bo")
    await case.decides("huang.bo")
    await case.asked("huang.bo")
    assert [[seat.came for seat in one.seats] for one in await case.steps()] == [["left"], ["above"]]
    assert "task.left" in await office.line((await case.row()).line_id)
    await people.set_active(await office.actor("gu.ming"), office.people["peng.cheng"], True)


@pytest.mark.parametrize("later", ["next", "passed"])
async def test_whoever_left_is_not_asked_later_either(scene: Scene, later: str) -> None:
    office, leaving = scene.office, scene.person("peng.cheng")
    people = People(office.db, Passwords())
    case = await scene.asks(
        step("one", scene.person("tang.wen"), *([leaving] if later == "next" else []), mode="in_order",
             timeout={"do": "pass", "to": leaving if later == "passed" else scene.person("xu.jing")})
    )  # fmt: skip
    await case.asked("tang.wen")
    await people.set_active(await office.actor("gu.ming"), office.people["peng.cheng"], False)
    await office.relay.carry_waiting()
    if later == "next":
        await case.decides("tang.wen")
        await case.asked("huang.bo")
    else:
        await office.days_pass(9 / 24)
        await case.asked("lin.yue")
    await people.set_active(await office.actor("gu.ming"), office.people["peng.cheng"], True)


@pytest.mark.parametrize(
    ("rules", "asked"), [({}, "role:administrator:*"), ({"nobody": "administrator"}, "role:administrator:*")]
)
async def test_nobody_to_be_found_never_lets_a_request_through(scene: Scene, rules: Any, asked: str) -> None:
    case = await scene.asks(step("ghost", {"by": "head", "unit": "nowhere"}), **rules)
    tasks = await case.asked("zhao.min") if not rules else await case.asked(asked)
    assert len(tasks) == 1


async def test_a_route_of_which_every_step_is_skipped_goes_to_an_administrator(scene: Scene) -> None:
    case = await scene.asks(step("ghost", {"by": "head", "unit": "nowhere"}), nobody="skip")
    await case.asked("role:administrator:*")
    assert await case.path() == [("ghost", "skipped"), ("administrator", "open")]


async def test_a_request_that_no_row_understands_goes_to_an_administrator(scene: Scene) -> None:
    columns = [{"key": "kind", "type": "enum", "values": ["contract"]},
               {"key": "x_site", "type": "enum", "values": ["a"], "nullable": True}]  # fmt: skip
    rows = [{"id": "every", "when": {}, "then": {"steps": [step("manager", role("regional_manager"))]}}]
    await scene.publish({"engine": 1, "table": {"columns": columns, "rows": rows}})
    case = await scene.request(x_site="elsewhere")
    await case.asked("role:administrator:*")
    assert (await case.row()).decision["refused"] == "fact_invalid"


async def test_who_approved_just_before_is_not_asked_again(scene: Scene) -> None:
    both = (step("one", scene.person("zhao.min")), step("two", scene.person("zhao.min")))
    case = await scene.asks(*both, twice="consecutive")
    await case.asked("zhao.min")
    await case.decides("zhao.min")
    ended = await case.ends("approved")
    assert [(one["status"], one["note"]) for one in ended.path] == [("approved", ""), ("skipped", "twice")]


async def test_a_copy_tells_whoever_it_goes_to_and_lets_them_read_the_case(scene: Scene) -> None:
    office = scene.office
    case = await scene.asks(step("one", scene.person("zhao.min"), copy_to=[scene.person("wu.hao")]))
    reader = await office.actor("wu.hao")
    async with office.db.session() as session:
        with pytest.raises(Refused):
            await visible(session, reader, "approval", case.id)
    await case.asked("zhao.min")
    await case.decides("zhao.min")
    await case.ends("approved")
    told = await office.rows(Notification, person_id=office.people["wu.hao"])
    assert [one.kind for one in told] == ["approval.copied"]
    async with office.db.session() as session:
        await visible(session, reader, "approval", case.id)


# --- time ---------------------------------------------------------------------------------------------------------


async def test_eight_working_hours_are_counted_in_the_named_calendar_to_the_second(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min"), calendar="office", remind="PT4H"))
    (task,) = await case.asked("zhao.min")
    async with scene.office.db.session() as session:
        clock = (await calendars(session)).working_time("office")
    # It is counted from when it was asked for; the task is opened once that is reckoned, some milliseconds later.
    assert task.due_at is not None
    assert abs(task.due_at - clock.due(task.opened_at, timedelta(hours=8))) < timedelta(seconds=1)
    assert task.due_at - task.opened_at > timedelta(hours=8, seconds=1)
    await case.decides("zhao.min")
    await case.ends("approved")
    turn = await scene.office.row(ApprovalTurn, task_id=task.id)
    assert turn is not None
    assert turn.decided_at is not None
    assert turn.worked == int(clock.worked(turn.opened_at, turn.decided_at).total_seconds())


async def test_time_up_passes_the_question_to_somebody_else_who_gets_as_long(scene: Scene) -> None:
    timeout = {"do": "pass", "to": scene.person("lin.yue")}
    case = await scene.asks(step("one", scene.person("zhao.min"), timeout=timeout))
    (task,) = await case.asked("zhao.min")
    await scene.office.days_pass(8.5 / 24)
    (passed,) = await case.asked("lin.yue")
    assert passed.id == task.id
    with pytest.raises(Refused):
        await scene.office.decide("zhao.min", task, "approve")
    await case.decides("lin.yue")
    await case.ends("approved")


@pytest.mark.parametrize(("do", "status"), [("approve", "approved"), ("reject", "rejected")])
async def test_time_up_decides_where_the_policy_says_so(scene: Scene, do: str, status: str) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min"), timeout={"do": do}))
    await case.asked("zhao.min")
    await scene.office.days_pass(9 / 24)
    ended = await case.ends(status)
    assert ended.path[0]["seats"][0]["by"] == "system"


async def test_time_up_reminds_again_and_again_where_nobody_else_is_to_be_asked(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min"), timeout={"do": "remind"}))
    (task,) = await case.asked("zhao.min")
    await scene.office.days_pass(25 / 24)

    async def reminded() -> bool:
        told = await scene.office.rows(Notification, person_id=scene.office.people["zhao.min"])
        mine = [one.kind for one in told if one.params.get("task") == task.id]
        return mine.count("task.reminded.approve") == 3

    await scene.office.until(reminded, "three reminders")


async def test_time_up_asks_the_superiors_of_a_person_one_after_the_other(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("wang.fang")))
    await case.asked("wang.fang")
    await scene.office.days_pass(9 / 24)
    await case.asked("wang.fang+zhao.min")
    await scene.office.days_pass(8 / 24)
    await case.asked("wang.fang+zhao.min+lin.yue")


# --- proofs -------------------------------------------------------------------------------------------------------


async def test_a_signature_is_the_approvers_own_name(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min"), proof="signature"))
    await case.asked("zhao.min")
    for typed, code in ((None, "signature_needed"), ("李伟", "signature_unlike")):
        with pytest.raises(Refused) as refused:
            await case.decides("zhao.min", signature=typed)
        assert refused.value.code == code
    await case.decides("zhao.min", signature=" 赵敏 ")
    await case.ends("approved")


async def test_a_step_that_wants_the_second_factor_takes_nothing_less(scene: Scene) -> None:
    case = await scene.asks(step("one", scene.person("zhao.min"), proof="second_factor"))
    await case.asked("zhao.min")
    for more in ({}, {"signature": "赵敏"}):
        with pytest.raises(Refused) as refused:
            await case.decides("zhao.min", **more)
        assert refused.value.code == "second_factor_needed"
    with pytest.raises(Refused) as wrong:
        await case.decides("zhao.min", code="000000")
    assert (wrong.value.code, wrong.value.field) == ("wrong_code", "code")


async def test_in_bulk_only_where_the_policy_allows_it(scene: Scene) -> None:
    office = scene.office
    await scene.policy(step("one", scene.person("zhao.min"), bulk=True))
    free = await scene.request()
    (first,) = await free.asked("zhao.min")
    single = await scene.asks(step("one", scene.person("zhao.min")))
    (second,) = await single.asked("zhao.min")
    tasks: list[Task] = [first, second]
    ends = await office.tasks.decide_many(
        await office.actor("zhao.min"), uuid4().hex, [(task.id, task.version) for task in tasks], outcome="approve"
    )
    refused = ends[second.id]
    assert isinstance(refused, Refused)
    assert refused.code == "not_in_bulk"
    await free.ends("approved")
