"""A ticket's life: it comes in, is answered, waits, is resolved, opens again or closes by itself."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from activities.ticket import Said
from commands.ticket import TicketCommands
from commands.ticket_split import TicketSplits
from db.engine import Database
from db.letter import Letter
from db.ticket import Ticket, TicketMessage
from domain.refusal import Refused
from settings import Settings
from tests.workflows.office import Office, open_office
from tests.workflows.test_kit import wired
from tests.workflows.tickets import came_in, last_said, standing, told, wrote
from worker.main import build_worker


async def test_a_ticket_is_taken_answered_and_closes_by_itself_after_it_was_resolved(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await tickets.take(gao, uuid4().hex, ticket.id)
    key = uuid4().hex
    for _ in range(2):  # the second click
        await tickets.reply(gao, key, ticket.id, text="请关机后再开机。", then="wait_customer")
    waiting = await standing(office, ticket.id, "waiting_customer")
    assert waiting.assignee_id == gao.id
    letters = await office.rows(Letter, line_id=ticket.id, template="ticket_reply")
    assert [letter.address for letter in letters] == ["zhou@lan.example"]

    await wrote(office, ticket.id, "还是不行。")
    await standing(office, ticket.id, "assigned")
    await tickets.resolve(gao, uuid4().hex, ticket.id, seen=await last_said(office, ticket.id))
    await standing(office, ticket.id, "resolved")
    await office.days_pass(5.01)
    closed = await standing(office, ticket.id, "closed")
    assert closed.closed_at is not None

    # What they write within the days of the policy opens the same ticket again, with who had it.
    await wrote(office, ticket.id, "又坏了，请再看看。")
    again = await standing(office, ticket.id, "assigned")
    assert again.assignee_id == gao.id
    assert again.closed_at is None


async def test_thanks_leave_a_ticket_resolved_and_anything_more_opens_it(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await tickets.reply(gao, uuid4().hex, ticket.id, text="已处理。", then="resolve")
    await wrote(office, ticket.id, "谢谢！问题解决了。")
    await office.until(lambda: told(office, ticket.id, "ticket.thanked"), "the thanks")
    assert (await standing(office, ticket.id, "resolved")).assignee_id == gao.id
    await tickets.reopen(gao, uuid4().hex, ticket.id)  # the agent reads more into it
    await standing(office, ticket.id, "assigned")
    await tickets.resolve(gao, uuid4().hex, ticket.id)
    await wrote(office, ticket.id, "谢谢，但是还是打不开。")
    await standing(office, ticket.id, "assigned")


async def test_of_two_who_answer_at_once_the_second_reads_the_first_answer_before_sending(office: Office) -> None:
    tickets = TicketCommands(office.desk)
    ticket = await came_in(office)
    seen = await last_said(office, ticket.id)
    agents = [await office.actor("gao.fei"), await office.actor("song.dan")]
    ends = await asyncio.gather(
        *(tickets.reply(one, uuid4().hex, ticket.id, text="您好。", seen=seen) for one in agents),
        return_exceptions=True,
    )
    refused = [end for end in ends if isinstance(end, Refused)]
    assert [one.code for one in refused] == ["ticket_moved"]
    out = [one for one in await office.rows(TicketMessage, ticket_id=ticket.id) if one.direction == "out"]
    assert len(out) == 1
    second = agents[ends.index(refused[0])]
    await tickets.reply(second, uuid4().hex, ticket.id, text="补充一点。", seen=out[0].id)


async def test_an_agent_who_resolves_while_the_customer_writes_istold(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    seen = await last_said(office, ticket.id)
    await tickets.take(gao, uuid4().hex, ticket.id)
    await wrote(office, ticket.id, "补充：是二楼那台。")
    await office.until(lambda: told(office, ticket.id, "ticket.customer_wrote"), "what they wrote")
    with pytest.raises(Refused, match="ticket_moved"):
        await tickets.resolve(gao, uuid4().hex, ticket.id, seen=seen)
    await tickets.resolve(gao, uuid4().hex, ticket.id, seen=seen, anyway=True)
    await standing(office, ticket.id, "resolved")


async def test_a_merge_of_merged_tickets_ends_in_one_open_ticket(office: Office) -> None:
    tickets, shen = TicketCommands(office.desk), await office.actor("shen.yu")
    first, second, third = [await came_in(office, f"第{no}次说：不出纸。") for no in "一二三"]
    await tickets.merge(shen, uuid4().hex, first.id, into=second.id)
    with pytest.raises(Refused, match="merge_circle"):
        await tickets.merge(shen, uuid4().hex, second.id, into=first.id)
    await tickets.merge(shen, uuid4().hex, second.id, into=third.id)
    with pytest.raises(Refused, match="ticket_not_now"):
        await tickets.merge(shen, uuid4().hex, first.id, into=third.id)

    async def together() -> bool:
        await office.relay.carry_waiting()
        return len(await office.rows(TicketMessage, ticket_id=third.id)) == 3

    await office.until(together, "all that was said in one ticket")
    rows = await office.rows(Ticket, merged_into=third.id)
    assert {row.id for row in rows} == {first.id, second.id}
    # What the customer writes to the first goes on in the third.
    await wrote(office, first.id, "还有一件事。")
    assert len(await office.rows(TicketMessage, ticket_id=third.id)) == 4


async def test_nobody_of_another_region_answers_or_sees_a_ticket(office: Office) -> None:
    tickets, xie = TicketCommands(office.desk), await office.actor("xie.ting")
    ticket = await came_in(office)
    with pytest.raises(Refused, match="not_found"):
        await tickets.reply(xie, uuid4().hex, ticket.id, text="您好。")
    with pytest.raises(Refused, match="not_found"):
        await tickets.take(xie, uuid4().hex, ticket.id)


async def test_what_is_told_twice_is_heard_once(office: Office) -> None:
    ticket = await came_in(office)
    now = await office.env.get_current_time()
    handle = office.env.client.get_workflow_handle(f"ticket/{ticket.id}")
    said = Said(id=str(uuid4()), at=now)
    for _ in range(2):
        await handle.signal("customer_wrote", said)
    await office.until(lambda: told(office, ticket.id, "ticket.customer_wrote"), "what they wrote")
    assert (await office.line(ticket.id)).count("ticket.customer_wrote") == 1


async def test_a_worker_killed_between_an_answer_and_its_mail_sends_it_once(
    db: Database, people: dict[str, str], settings: Settings, database_url: str
) -> None:
    async with wired(database_url) as (far, wire), open_office(db, people, settings, working=False) as office:
        tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
        async with build_worker(office.env.client, far, settings, strict=True):
            ticket = await came_in(office)
            wire.sever()
            key = uuid4().hex
            answer = await tickets.reply(gao, key, ticket.id, text="正在处理。")
            assert not answer.seen
        wire.cut = False
        assert await answers_by_mail(office, ticket.id) == []
        async with build_worker(office.env.client, db, settings, strict=True):
            await tickets.reply(gao, key, ticket.id, text="正在处理。")  # who does not know sends it again
            await standing(office, ticket.id, "waiting_customer")
            for _ in range(2):
                await office.relay.carry_waiting()
    assert [letter.status for letter in await answers_by_mail(office, ticket.id)] == ["sent"]
    out = [one for one in await office.rows(TicketMessage, ticket_id=ticket.id) if one.direction == "out"]
    assert [(one.status, one.body) for one in out] == [("sent", "正在处理。")]


async def answers_by_mail(office: Office, ticket_id: str) -> list[Letter]:
    return [letter for letter in await office.rows(Letter, line_id=ticket_id) if letter.template == "ticket_reply"]


async def test_what_a_customer_writes_after_the_end_opens_the_ticket_with_what_it_was(office: Office) -> None:
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await tickets.change(gao, uuid4().hex, ticket.id, priority="urgent", kind="complaint")
    await tickets.close(gao, uuid4().hex, ticket.id, why="重复")
    await standing(office, ticket.id, "closed")
    await wrote(office, ticket.id, "谢谢。")  # thanks wake nobody
    await office.until(lambda: told(office, ticket.id, "ticket.thanked"), "the thanks")
    await standing(office, ticket.id, "closed")
    await tickets.reopen(gao, uuid4().hex, ticket.id, why="还有问题")
    await office.until(lambda: told(office, ticket.id, "ticket.reopened"), "the ticket open again")
    again = await office.until(lambda: office.row(Ticket, id=ticket.id, closed_at=None), "the ticket open again")
    assert (again.priority, again.kind) == ("urgent", "complaint")
    assert again.stage in ("queued", "assigned")


async def test_a_message_about_something_else_becomes_a_ticket_and_the_rest_is_answered_on(office: Office) -> None:
    tickets, gao = TicketSplits(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    with pytest.raises(Refused, match="message_not_split"):
        await tickets.split(gao, uuid4().hex, ticket.id, message_id=await last_said(office, ticket.id), subject="发票")
    await wrote(office, ticket.id, "另外，发票什么时候寄？")
    await office.until(lambda: told(office, ticket.id, "ticket.customer_wrote"), "what they wrote")
    key, message = uuid4().hex, await last_said(office, ticket.id)
    made = {await tickets.split(gao, key, ticket.id, message_id=message, subject="发票") for _ in range(2)}
    await office.relay.carry_waiting()
    own = await office.until(lambda: office.row(Ticket, id=made.copy().pop(), subject="发票"), "its own ticket")
    assert len(made) == 1
    assert (own.from_email, own.number != ticket.number) == ("zhou@lan.example", True)
    assert [one.id for one in await office.rows(TicketMessage, ticket_id=own.id)] == [message]
    await office.until(lambda: told(office, ticket.id, "ticket.split"), "the split")
    await tickets.reply(gao, uuid4().hex, ticket.id, text="先处理故障。", seen=await last_said(office, ticket.id))
