"""How tickets find their queue and their person, and what becomes of those nobody can take, or touches."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from activities.ticket_training import Training
from commands.policy import Policies
from commands.shift import ShiftCommands
from commands.ticket import TicketCommands
from commands.ticket_intake import Inbound
from db.base import new_id
from db.customer import Customer
from db.policy import current_policy
from db.process import Notification, TimelineEvent
from db.shift import Shift
from db.ticket import Ticket, TicketMessage
from db.ticket_routing import TicketModelVersion, TicketRoute, tallies
from db.ticket_turn import TicketTurn
from domain.calendar import WEEKDAYS
from domain.routing import DEFAULT, RoutingPolicy
from domain.shift import ShiftDetails
from domain.ticket import OPEN
from tests.workflows.office import Office
from workflows.ticket_training import TicketTrainingWorkflow

AGENTS = ("gao.fei", "song.dan")


async def came_in(office: Office, text: str = "设备故障，请维修。", **fields: Any) -> str:
    asked = Inbound(channel="form", text=text, email="wu@lan.example", name="吴敏", region="east", **fields)
    taken = await TicketCommands(office.desk).receive(asked, uuid4().hex)
    await office.relay.carry_waiting()
    return str(taken.ticket_id)


async def standing(office: Office, ticket_id: str, stage: str, **more: Any) -> Ticket:
    return await office.until(lambda: office.row(Ticket, id=ticket_id, stage=stage, **more), f"the ticket {stage}")


@pytest.fixture(autouse=True)
async def empty_hands(office: Office) -> None:
    """Each story has a Temporal server of its own, and all have one database."""
    async with office.db.session() as session:
        await session.execute(delete(Shift))
        await session.execute(delete(TicketTurn))
        await session.execute(update(Ticket).where(Ticket.stage.in_(OPEN)).values(stage="closed", queue=None))


async def skilled(office: Office, **levels: dict[str, int]) -> None:
    lead = await office.actor("shen.yu")
    for name in AGENTS:
        skills = levels.get(name.replace(".", "_"), {})
        await ShiftCommands(office.db).set_skills(lead, office.people[name], skills, {})


def shift_of(office: Office, **changes: Any) -> ShiftDetails:
    """Of support in the east, day and night unless it is said otherwise."""
    always = {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}
    details = {"name": "Day", "unit_id": office.people["east-support"], "zone": "UTC", "week": always}
    return ShiftDetails.model_validate_json(json.dumps(details | changes))


async def told(office: Office, ticket_id: str) -> list[str]:
    return await office.line(ticket_id)


async def publish(office: Office, **changes: Any) -> None:
    async with office.db.session() as session:
        version, document = await current_policy(session, RoutingPolicy.kind)
    admin = await office.actor("gu.ming")
    await Policies(office.db).publish(admin, uuid4().hex, RoutingPolicy.kind, {**document, **changes}, follows=version)


async def test_an_angry_fault_goes_to_repair_at_high_priority_and_to_somebody_at_once(office: Office) -> None:
    ticket = await standing(office, await came_in(office, "又坏了，没人管，太差了！设备故障。"), "assigned")
    assert (ticket.queue, ticket.priority) == ("repair", "high")
    assert ticket.assignee_id in {office.people[name] for name in AGENTS}
    assert ticket.sentiment is not None
    assert ticket.sentiment <= -0.5
    assert "没人管" in ticket.sentiment_words
    route = await office.row(TicketRoute, ticket_id=ticket.id)
    assert route is not None
    assert (route.by, route.row) == ("rules", "says_breakdown")


async def test_with_no_history_what_no_rule_knows_waits_for_a_person_to_choose(office: Office) -> None:
    ticket = await standing(office, await came_in(office, "你们周末有人吗"), "triage")
    shen = await office.actor("shen.yu")
    await TicketCommands(office.desk).change(shen, uuid4().hex, ticket.id, queue="general")
    assert (await standing(office, ticket.id, "assigned")).queue == "general"


async def test_a_vip_goes_to_a_senior_and_others_to_who_has_less(office: Office) -> None:
    await skilled(office, gao_fei={"repair": 1}, song_dan={"repair": 3})
    first = await standing(office, await came_in(office), "assigned")
    other = next(name for name in AGENTS if office.people[name] != first.assignee_id)
    second = await standing(office, await came_in(office), "assigned")
    assert second.assignee_id == office.people[other]
    async with office.db.session() as session:
        session.add(Customer(id=(vip := new_id()), name="大客户", service_tier="vip", language="zh_CN"))
    for _ in range(2):
        served = await standing(office, await came_in(office, customer_id=vip), "assigned")
        assert served.assignee_id == office.people["song.dan"]
    await skilled(office)


async def test_two_at_once_do_not_go_to_the_same_person_beyond_their_room(office: Office) -> None:
    await publish(office, capacity={"each": 1}, look_again="P1D")
    tickets = TicketCommands(office.desk)
    taken = [
        await tickets.receive(
            Inbound(channel="form", text="设备故障", email=f"{no}@lan.example", name="吴敏", region="east"), uuid4().hex
        )
        for no in range(3)
    ]
    await office.relay.carry_waiting()

    async def spread() -> list[Ticket]:
        rows = [await office.row(Ticket, id=one.ticket_id) for one in taken]
        stages = sorted(row.stage for row in rows if row)
        return [row for row in rows if row] if stages == ["assigned", "assigned", "queued"] else []

    rows = await office.until(spread, "two of three tickets given")
    owners = {row.assignee_id for row in rows if row.stage == "assigned"}
    assert owners == {office.people[name] for name in AGENTS}
    # Whose hands are free gets the one that waits, long before it would be looked at again.
    waits, done = next(r for r in rows if r.stage == "queued"), next(r for r in rows if r.stage == "assigned")
    assert done.assignee_id is not None
    await tickets.resolve(await office.actor("shen.yu"), uuid4().hex, done.id, anyway=True)
    await office.until(lambda: office.row(Ticket, id=done.id, stage="resolved"), "the ticket resolved")
    await office.relay.carry_waiting()
    await standing(office, waits.id, "assigned", assignee_id=done.assignee_id)
    given = (await office.rows(TimelineEvent, record_id=waits.id, kind="ticket.assigned"))[0]
    assert (given.params["how_given"], given.params["of"], given.params["open"]) == ("turn", 1, 0)
    await publish(office, capacity={"each": 20}, look_again="PT5M")


async def test_nobody_on_duty_waits_and_is_given_at_the_next_opening_to_the_second(office: Office) -> None:
    now = await office.env.get_current_time()
    opens = (now + timedelta(hours=5)).astimezone(UTC).replace(second=0, microsecond=0)
    lead = await office.actor("shen.yu")
    week = {WEEKDAYS[opens.weekday()]: [{"start": f"{opens:%H:%M}", "end": "24:00"}]}
    shift = shift_of(office, week=week, people=[office.people["gao.fei"]])
    shift_id = await ShiftCommands(office.db).add(lead, uuid4().hex, shift)
    waits = await standing(office, await came_in(office), "queued")
    await office.until(lambda: _has(office, waits.id, "ticket.nobody"), "that nobody is there")
    await office.days_pass(31 / 1_440)
    await office.until(lambda: _has(office, waits.id, "ticket.lead_told"), "that the lead was told")
    assert "ticket.nobody" in {one.kind for one in await office.rows(Notification, person_id=office.people["shen.yu"])}
    await office.time_passes(opens - await office.env.get_current_time() + timedelta(seconds=2))
    given = await standing(office, waits.id, "assigned")
    assert given.assignee_id == office.people["gao.fei"]
    events = [e for e in await office.rows(TimelineEvent, line_id=waits.id) if e.kind == "ticket.assigned"]
    assert timedelta() <= events[0].at - opens < timedelta(seconds=2)
    await ShiftCommands(office.db).remove(lead, shift_id)


async def test_a_shift_that_is_entered_now_wakes_what_waits(office: Office) -> None:
    lead, db = await office.actor("shen.yu"), ShiftCommands(office.db)
    past = shift_of(office, ends_on="2020-01-01", people=[office.people["gao.fei"]])
    shift_id = await db.add(lead, uuid4().hex, past)
    waits = await standing(office, await came_in(office), "queued")
    await office.until(lambda: _has(office, waits.id, "ticket.nobody"), "that nobody is there")
    await db.change(lead, shift_id, shift_of(office, people=[office.people["song.dan"]]))
    await office.relay.carry_waiting()
    await standing(office, waits.id, "assigned", assignee_id=office.people["song.dan"])
    await db.remove(lead, shift_id)


async def test_an_untouched_ticket_comes_back_and_goes_to_somebody_else(office: Office) -> None:
    ticket = await standing(office, await came_in(office), "assigned")
    other = next(name for name in AGENTS if office.people[name] != ticket.assignee_id)
    await office.days_pass(31 / 1_440)
    again = await standing(office, ticket.id, "assigned", assignee_id=office.people[other])
    await TicketCommands(office.desk).note(await office.actor(other), uuid4().hex, again.id, text="在看了")
    await office.days_pass(1)
    assert (await standing(office, ticket.id, "assigned")).assignee_id == office.people[other]
    assert (await told(office, ticket.id)).count("ticket.untouched") == 1
    assert all(not turn.pending for turn in await office.rows(TicketTurn, ticket_id=ticket.id))


async def test_the_model_learns_from_answered_tickets_and_is_measured_by_what_happened(office: Office) -> None:
    await _history(office)
    trained = await office.env.client.execute_workflow(
        TicketTrainingWorkflow.run, Training(), id=f"train-{uuid4()}", task_queue=office.settings.task_queue
    )
    assert trained.version == 1
    assert len(await office.rows(TicketModelVersion)) == 1
    known = await standing(office, await came_in(office, "开水壶的快递什么时候送到"), "assigned")
    assert known.queue == "general"
    route = await office.row(TicketRoute, ticket_id=known.id)
    assert route is not None
    assert (route.by, route.model, route.sure) == ("model", 1, True)
    unknown = await standing(office, await came_in(office, "聊聊足球吧"), "triage")
    unsure = await office.row(TicketRoute, ticket_id=unknown.id)
    assert unsure is not None
    assert len(unsure.guesses) == 2
    # It was wrong: a person moves the ticket, and that is what counts.
    shen, tickets = await office.actor("shen.yu"), TicketCommands(office.desk)
    await tickets.change(shen, uuid4().hex, known.id, queue="billing")
    await standing(office, known.id, "assigned", queue="billing")
    await tickets.resolve(shen, uuid4().hex, known.id, anyway=True)
    now = datetime.now(UTC)
    async with office.db.session() as session:
        found = await tallies(session, shen, now - timedelta(days=900), now + timedelta(days=900), "UTC", "queue")
    billing = next(one for one in found if one.key == "billing")
    assert (billing.guessed, billing.guessed_right, billing.first, billing.first_right) == (1, 0, 1, 0)


async def _history(office: Office) -> None:
    """Forty answered tickets, of two queues."""
    said = {"general": ["{}什么时候送到", "{}的快递到哪了"], "billing": ["{}的价钱怎么算", "{}多少钱一台"]}
    things = ["水泵", "阀门", "压机", "皮带", "电机", "钻头", "烤箱", "搅拌机", "吊车", "秤"]
    async with office.db.session() as session:
        for queue, listed in said.items():
            for no, text in enumerate(one.format(thing) for one in listed for thing in things):
                ticket_id, now = new_id(), datetime.now(UTC)
                session.add(Ticket(
                    id=ticket_id, number=f"T-{queue}-{no}", subject=text, channel="form", language="zh_CN",
                    opened_at=now, kind="question", priority="normal", stage="closed", tier="standard", queue=queue,
                    region_id=office.people["east"], sentiment_words=[],
                ))  # fmt: skip
                session.add(TicketMessage(
                    id=new_id(), ticket_id=ticket_id, author="customer", direction="in", body=text, at=now,
                    status="received", automatic=False, references=[], attachments=[],
                ))  # fmt: skip


async def _has(office: Office, ticket_id: str, kind: str) -> bool:
    return kind in await told(office, ticket_id)


def test_the_default_policy_can_be_published() -> None:
    assert RoutingPolicy.model_validate_json(json.dumps(DEFAULT)).problems() == []
