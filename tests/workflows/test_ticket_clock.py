"""A ticket's clocks with targets of seconds: warned, breached, up the ladder, paused; each once and in order."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from commands.policy import Policies
from commands.ticket import TicketCommands
from commands.ticket_clock import TicketClockCommands
from commands.ticket_intake import Inbound
from db.base import new_id
from db.customer import Contact, Customer
from db.engine import Database
from db.policy import current_policy
from db.process import Task, TimelineEvent
from db.ticket import Ticket
from db.ticket_clock import TicketClockRow
from db.ticket_tier import serve_by
from domain.calendar import CalendarPolicy
from domain.refusal import Refused
from domain.sla import SlaPolicy
from settings import Settings
from tests.workflows.office import Office, open_office
from worker.main import build_worker
from workflows.ticket_message import ticket_workflow_id

DAY = {"start": "00:00", "end": "24:00"}
FIRST = "first_response"
ALWAYS = {"zone": "UTC", "week": {day: [DAY] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}


@pytest.fixture
async def round_the_clock(office: Office) -> None:
    await seconds_in_force(office)


async def seconds_in_force(
    office: Office, first: int = 100, step: int = 20, ladder: list[dict[str, str]] | None = None
) -> None:
    """Ordinary tickets are answered in 100 s and resolved in 1000 s, those of high priority in half of it."""
    admin = await office.actor("gu.ming")
    policies = Policies(office.db)
    async with office.db.session() as session:
        no, calendars = await current_policy(session, CalendarPolicy.kind)
        version, _ = await current_policy(session, SlaPolicy.kind)
    document: dict[str, Any] = {**calendars, "calendars": {**calendars["calendars"], "always": ALWAYS}}
    await policies.publish(admin, uuid4().hex, "calendar", document, follows=no)
    sla = deepcopy(SlaPolicy.default)
    sla["ladder"] = ladder or [
        {"act": "notify", "who": "assignee"}, {"after": f"PT{step}S", "act": "task", "who": "support_lead"},
    ]  # fmt: skip
    seconds = {
        "calendar": "always",
        "first_response": f"PT{first}S",
        "next_response": "PT100S",
        "resolution": "PT1000S",
    }
    halves = {"calendar": "always", "first_response": "PT50S", "next_response": "PT50S", "resolution": "PT500S"}
    sla["table"]["rows"] = [
        {"id": "vip", "when": {"tier": {"op": "in", "values": ["vip"]}}, "then": halves, "note": ""},
        {"id": "high", "when": {"priority": {"op": "in", "values": ["high"]}}, "then": halves, "note": ""},
        {"id": "otherwise", "when": {}, "then": seconds, "note": ""},
    ]
    await policies.publish(admin, uuid4().hex, "sla", sla, follows=version)


async def came_in(office: Office) -> Ticket:
    asked = Inbound(channel="form", text="打印机不出纸了。", email="zhou@lan.example", name="周明", region="east")
    taken = await TicketCommands(office.desk).receive(asked, uuid4().hex)
    await office.relay.carry_waiting()

    async def with_clocks() -> Ticket | None:
        ticket = await office.row(Ticket, id=taken.ticket_id)
        return ticket if ticket and ticket.due_at and ticket.stage != "new" else None

    return await office.until(with_clocks, "the ticket with its clocks")


async def told(office: Office, ticket_id: str) -> list[tuple[str, str]]:
    """What happened to its clocks, in order."""
    events = sorted(await office.rows(TimelineEvent, record_id=ticket_id), key=lambda event: event.revision)
    kinds = ("ticket.amber", "ticket.red", "ticket.breached", "ticket.climbed", "ticket.due_moved")
    return [
        (event.kind.removeprefix("ticket."), event.params.get("due_why") or event.params["clock"])
        for event in events
        if event.kind in kinds
    ]


async def clock(office: Office, ticket_id: str, kind: str) -> TicketClockRow:
    return (await office.rows(TicketClockRow, ticket_id=ticket_id, kind=kind))[-1]


async def passes(office: Office, ticket_id: str, seconds: float, then: int) -> None:
    if seconds:
        await office.time_passes(timedelta(seconds=seconds))

    async def so_many() -> bool:
        return len(await told(office, ticket_id)) >= then

    await office.until(so_many, f"{then} things told of the clocks")


@pytest.mark.usefixtures("round_the_clock")
async def test_a_clock_warns_twice_is_breached_and_climbs_each_at_its_instant(office: Office) -> None:
    ticket = await came_in(office)
    assert ticket.due_at is not None
    assert ticket.due_at - ticket.opened_at == timedelta(seconds=100)
    await passes(office, ticket.id, 130, 5)
    assert await told(office, ticket.id) == [
        ("amber", FIRST), ("red", FIRST), ("breached", FIRST), ("climbed", FIRST), ("climbed", FIRST),
    ]  # fmt: skip
    events = await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.breached")
    assert timedelta() <= events[0].at - ticket.due_at < timedelta(seconds=2)
    task = (await office.rows(Task, record_id=ticket.id, kind="ticket_overdue"))[0]
    assert (task.status, task.title) == ("open", ticket.number)
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    await tickets.reply(gao, uuid4().hex, ticket.id, text="请重启。")
    first = await office.until(lambda: office.row(TicketClockRow, ticket_id=ticket.id, kind=FIRST), "the clock")
    assert (first.breached_at, first.level) == (ticket.due_at, 3)
    assert [one.status for one in await office.rows(Task, record_id=ticket.id, kind="ticket_overdue")] == ["cancelled"]


async def due_at(office: Office, ticket_id: str, due: datetime) -> TicketClockRow:
    """Its first clock, once it is due then."""
    sought = {"ticket_id": ticket_id, "kind": FIRST, "due_at": due}
    return await office.until(lambda: office.row(TicketClockRow, **sought), "the clock at the time that was shown")


@pytest.mark.usefixtures("round_the_clock")
async def test_a_step_of_the_ladder_hands_the_ticket_to_the_lead(office: Office) -> None:
    await seconds_in_force(office, ladder=[{"act": "reassign", "who": "support_lead"}])
    ticket = await came_in(office)
    await TicketCommands(office.desk).take(await office.actor("gao.fei"), uuid4().hex, ticket.id)
    await passes(office, ticket.id, 110, 4)
    shen = office.people["shen.yu"]
    await office.until(lambda: office.row(Ticket, id=ticket.id, assignee_id=shen), "the lead's ticket")
    given = await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.assigned")
    assert [event.params["how_given"] for event in sorted(given, key=lambda event: event.revision)][-1] == "ladder"


async def shown(office: Office, ticket_id: str) -> int:
    """How often its rows were written."""
    history = await office.env.client.get_workflow_handle(ticket_workflow_id(ticket_id)).fetch_history()
    begun = [event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events]
    return begun.count("project_ticket")


@pytest.mark.usefixtures("round_the_clock")
async def test_a_pause_is_never_seen_beside_clocks_that_run_on(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    before = await shown(office, ticket.id)
    await tickets.wait_for_customer(gao, uuid4().hex, ticket.id)
    row = await office.row(Ticket, id=ticket.id, stage="waiting_customer")
    assert row is not None
    assert row.paused_at is not None
    assert await shown(office, ticket.id) - before == 1


@pytest.mark.usefixtures("round_the_clock")
async def test_what_was_left_at_a_pause_is_left_when_it_goes_on_and_the_timeline_says_so(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await passes(office, ticket.id, 30, 0)
    await tickets.wait_for_third(gao, uuid4().hex, ticket.id)
    await office.time_passes(timedelta(hours=1))
    paused = await clock(office, ticket.id, FIRST)
    assert paused.paused_at is not None
    assert await told(office, ticket.id) == []
    await tickets.go_on(gao, uuid4().hex, ticket.id)
    await passes(office, ticket.id, 0, 2)
    assert await told(office, ticket.id) == [("due_moved", "went_on"), ("due_moved", "went_on")]
    again = await clock(office, ticket.id, FIRST)
    assert timedelta(hours=1) <= again.due_at - paused.due_at < timedelta(hours=1, seconds=30)
    await passes(office, ticket.id, 120, 7)
    assert [what for what, _ in await told(office, ticket.id)][2:5] == ["amber", "red", "breached"]


@pytest.mark.usefixtures("round_the_clock")
async def test_another_priority_is_reckoned_from_the_start_and_says_old_due_new_due_and_why(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await tickets.change(gao, uuid4().hex, ticket.id, priority="high")
    await passes(office, ticket.id, 0, 2)
    moved = (await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.due_moved"))[0]
    assert moved.params["due_why"] == "priority"
    first = await clock(office, ticket.id, FIRST)
    assert (first.target, first.due_at - ticket.opened_at) == (50, timedelta(seconds=50))
    await tickets.resolve(gao, uuid4().hex, ticket.id)
    await tickets.reopen(gao, uuid4().hex, ticket.id)
    resolution = await clock(office, ticket.id, "resolution")
    assert (resolution.met_at, len(resolution.pauses)) == (None, 1)


@pytest.mark.usefixtures("round_the_clock")
async def test_a_customer_who_becomes_vip_has_open_tickets_reckoned_anew_and_later_news_counts(office: Office) -> None:
    async with office.db.session() as session:
        session.add(Customer(id=(lan := new_id()), name="兰芝精密", origin="test/lan"))
        await session.flush()
        session.add(Contact(customer_id=lan, name="周明", email="zhou@lan.example"))
    first, second = await came_in(office), await came_in(office)
    async with office.db.session() as session:
        assert await serve_by(session, lan, "vip", "u1")
        assert not await serve_by(session, lan, "vip", "u1")
    await office.relay.carry_waiting()
    for ticket in (first, second):
        await office.until(lambda: office.row(Ticket, id=ticket.id, tier="vip"), "the ticket of a VIP")  # noqa: B023
        moved = (await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.due_moved"))[0]
        assert (moved.params["due_why"], moved.params["due_was"] > moved.params["due_now"]) == ("tier", True)
        assert (await clock(office, ticket.id, FIRST)).target == 50
    late = {"tier": "standard", "by": "u1", "at": ticket.opened_at.isoformat()}
    await office.desk.processes.signal(f"ticket/{first.id}", "tier_changed", late)
    async with office.db.session() as session:
        await serve_by(session, lan, "standard")
    await office.relay.carry_waiting()
    await office.until(lambda: office.row(Ticket, id=first.id, tier="standard"), "the ticket as before")
    events = await office.rows(TimelineEvent, record_id=first.id, kind="ticket.tier_changed")
    assert [event.params["now"] for event in sorted(events, key=lambda event: event.revision)] == ["vip", "standard"]


@pytest.mark.usefixtures("round_the_clock")
async def test_open_tickets_go_on_under_new_service_levels_where_somebody_says_so(office: Office) -> None:
    gu, clocks = await office.actor("gu.ming"), TicketClockCommands(office.desk)
    ticket, other = await came_in(office), await came_in(office)
    async with office.db.session() as session:
        version, document = await current_policy(session, SlaPolicy.kind)
    document = deepcopy(document)
    document["table"]["rows"][-1]["then"]["first_response"] = "PT1H"
    newer = await Policies(office.db).publish(gu, uuid4().hex, "sla", document, follows=version)
    found = {move.ticket.id: move for move in await clocks.preview(gu, "sla", newer)}
    first = found[ticket.id].clocks[0]
    assert first.now is not None
    assert (first.was, first.now - ticket.opened_at) == (ticket.due_at, timedelta(hours=1))
    ends = await clocks.move(gu, uuid4().hex, "sla", newer, [ticket.id])
    assert not any(isinstance(end, Refused) for end in ends.values())

    async def moved() -> Ticket | None:
        return await office.row(Ticket, id=ticket.id, due_at=ticket.opened_at + timedelta(seconds=1000))

    await office.until(moved, "the ticket under the new version, whose resolution is due first now")
    assert ("due_moved", "sla") in await told(office, ticket.id)
    assert (await office.row(Ticket, id=other.id)).due_at == other.due_at  # type: ignore[union-attr]


@pytest.mark.usefixtures("round_the_clock")
async def test_many_tickets_hear_of_a_new_calendar_once_and_none_is_lost(office: Office) -> None:
    gu, clocks = await office.actor("gu.ming"), TicketClockCommands(office.desk)
    tickets = [await came_in(office) for _ in range(3)]
    ended = await came_in(office)
    await TicketCommands(office.desk).close(await office.actor("gao.fei"), uuid4().hex, ended.id)
    async with office.db.session() as session:
        version, calendars = await current_policy(session, CalendarPolicy.kind)
    never: dict[str, Any] = {day: [] for day in ALWAYS["week"]} | {"mon": [{"start": "00:00", "end": "00:01"}]}
    changed = {**calendars, "calendars": {**calendars["calendars"], "always": {**ALWAYS, "week": never}}}
    newer = await Policies(office.db).publish(gu, uuid4().hex, "calendar", changed, follows=version)
    shown = {move.ticket.id: move for move in await clocks.preview(gu, "calendar", newer)}
    key, picked = uuid4().hex, [ticket.id for ticket in (*tickets, ended)]
    for _ in range(2):  # a second click
        assert await clocks.move_many(gu, key, "calendar", newer, picked) == 3
    await office.relay.carry_waiting()
    for ticket in tickets:
        due = shown[ticket.id].clocks[0].now
        assert due is not None
        moved = await due_at(office, ticket.id, due)
        assert moved.calendar_version == newer
        assert (await office.line(ticket.id)).count("ticket.sla_moved") == 1
    assert "ticket.sla_moved" not in await office.line(ended.id)


@pytest.mark.usefixtures("round_the_clock")
async def test_who_waits_longest_of_two_merged_tickets_is_who_the_clocks_go_by(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    older = await came_in(office)
    await office.time_passes(timedelta(seconds=20))
    newer = await came_in(office)
    await tickets.merge(await office.actor("shen.yu"), uuid4().hex, older.id, into=newer.id)
    await office.relay.carry_waiting()

    async def joined() -> TicketClockRow | None:
        await office.relay.carry_waiting()
        return await office.row(TicketClockRow, ticket_id=newer.id, kind=FIRST, started_at=older.opened_at)

    first = await office.until(joined, "the clocks of both")
    assert first.due_at == older.due_at
    stopped = await clock(office, older.id, FIRST)
    assert stopped.stopped_at is not None
    await tickets.reply(gao, uuid4().hex, newer.id, text="已收到。", then="stay")


async def test_what_fell_due_while_the_worker_was_away_happens_once_and_in_order_when_it_is_back(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    async with open_office(db, people, settings, suggest_new_run_after=100_000, working=False) as office:
        await seconds_in_force(office, first=4, step=1)
        async with build_worker(office.env.client, db, settings):
            ticket = await came_in(office)
        due = ticket.due_at
        assert due is not None

        async def has_passed() -> bool:
            return datetime.now(UTC) > due + timedelta(seconds=1.5)

        await office.until(has_passed, "the time of the last step")
        before = len(await told(office, ticket.id))
        back = datetime.now(UTC)
        async with build_worker(office.env.client, db, settings):
            await passes(office, ticket.id, 0, 5)
            assert await told(office, ticket.id) == [
                ("amber", FIRST), ("red", FIRST), ("breached", FIRST), ("climbed", FIRST), ("climbed", FIRST),
            ]  # fmt: skip
            late = (await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.breached"))[0]
            assert before < 3
            assert timedelta() < late.at - back < timedelta(seconds=15)
            assert len(await office.rows(Task, record_id=ticket.id, kind="ticket_overdue")) == 1
