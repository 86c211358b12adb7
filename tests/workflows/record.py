"""Records the histories that test_replay holds the processes against: python -m tests.workflows.record

With names (`finished-line`) only those are recorded anew.
One finished line with a returned version and two approvers, a lead that was passed on and dismissed, an approval with
about everything that may happen in one, and an absence. Until 1.0 they may be recorded anew when a process changes;
from then on a change is patched.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from commands.contract_term import ContractTermCommands
from commands.equipment import EquipmentBody, EquipmentCommands
from commands.ticket import TicketCommands
from commands.ticket_intake import Inbound
from db.absence import Absence
from db.base import new_id
from db.collection import Collection
from db.customer import Assignment, Customer
from db.engine import Database
from db.lead import Lead
from db.migrate import upgrade
from db.process import Process, Task
from db.record import Outbox
from db.ticket_tier import serve_by
from domain.absence import AbsenceChange, AbsencePlan
from domain.contract_term import Terms
from domain.payment_plan import local_day
from launch.cast import load_cast
from launch.embedded import embedded_servers, temporary_home
from settings import Settings
from tests.workflows.approvals import Request, Scene, step
from tests.workflows.checking import a_contract, submit_document
from tests.workflows.collections import Case
from tests.workflows.office import YUAN, Office, open_office
from tests.workflows.record_customers import (
    HISTORIES,
    given_pool,
    imported_file,
    keep,
    nightly_round,
    recycled_book,
    worked_list,
)
from tests.workflows.signings import SigningOffice
from tests.workflows.tickets import came_in, standing, told, wrote
from workflows.maintenance import MAINTENANCE


async def finished_line(office: Office) -> str:
    """Returns the id of a line from lead to cash."""
    deal, contract = await office.negotiating(180_000 * YUAN)
    await submit_document(office, contract, a_contract("乙方在本合同项下的累计赔偿责任以合同总价为限。"))
    manager = await office.open_task("approve", line_id=deal.line_id)
    await office.days_pass(0.5)
    await office.decide("zhao.min", manager, "return", "账期太长")
    await office.open_task("submit_contract", line_id=deal.line_id)
    await office.contracts.submit(
        await office.actor("li.wei"), uuid4().hex, contract.id, version=2, amount=180_000 * YUAN
    )
    for approver in ("zhao.min", "xu.jing"):
        await office.decide(approver, await office.open_task("approve", line_id=deal.line_id), "approve")
    await office.deal_when(deal.id, contract_status="approved")
    await office.move(deal.id, "won")
    collection = await office.until(lambda: office.row(Collection, deal_id=deal.id), "the collection")
    for _ in range(9):  # day by day: the server answers a longer sleep too late for its client
        await office.days_pass(1)
    for _ in range(2):
        await office.collections.record_payment(
            await office.actor("he.jie"), uuid4().hex, collection.id,
            amount=90_000 * YUAN, received_on=date(2026, 11, 20), reference=None,
        )  # fmt: skip
    await office.until(lambda: office.row(Process, record_id=deal.id, outcome="paid"), "the end of the line")
    return deal.line_id


async def dismissed_lead(office: Office) -> str:
    """Returns the id of a lead that was passed on, then dismissed."""
    lead = await office.lead()
    await office.time_is_up(lead.id)

    async def passed_on() -> Lead | None:
        found = await office.row(Lead, id=lead.id)
        return found if found and found.owner_id != lead.owner_id else None

    await office.until(passed_on, "the next owner")
    await office.leads.dismiss(await office.actor("zhao.min"), uuid4().hex, lead.id, reason="not_real")
    await office.until(lambda: office.row(Process, record_id=lead.id, outcome="closed"), "the end")
    return lead.id


async def debated_approval(office: Office) -> str:
    """Returns the id of the line of an approval in which about everything happened that may."""
    scene, people = Scene(office), office.people
    case = await scene.asks(
        step("all", scene.person("zhao.min"), scene.person("he.jie"), mode="all", calendar="office", remind="PT2H"),
        step("line", scene.person("lin.yue"), scene.person("xu.jing"), mode="in_order"),
        question_clock="stops",
    )
    cashier, manager = await case.asked("he.jie", "zhao.min")
    manager, cashier = sorted((cashier, manager), key=lambda task: case.key("zhao.min") not in task.holders)
    await office.tasks.ask(await office.actor("zhao.min"), uuid4().hex, manager.id, "账期？")
    asking = await office.open_task("answer_question", record_id=case.id)
    await office.days_pass(0.1)
    await office.tasks.answer(await office.actor("li.wei"), uuid4().hex, asking.id, "30 天")
    await office.tasks.delegate(await office.actor("he.jie"), uuid4().hex, cashier.id, to=people["ma.chao"], why="休假")
    await case.asked("ma.chao", "zhao.min")
    await office.tasks.add_signer(
        await office.actor("zhao.min"), uuid4().hex, manager.id, people=[people["tang.wen"]], where="before",
        mode="all", why=None,
    )  # fmt: skip
    await case.asked("tang.wen")
    await office.days_pass(0.5)
    await case.decides("tang.wen")
    await case.asked("ma.chao", "zhao.min")
    await case.decides("ma.chao")
    await case.decides("zhao.min")
    await case.asked("lin.yue")
    await case.decides("lin.yue")
    await case.asked("xu.jing")
    await case.decides("xu.jing", "return", "附件缺页", to="all")
    await case.asked("he.jie", "zhao.min")
    await office.approvals.comment(await office.actor("li.wei"), uuid4().hex, case.id, "附件已补")
    await office.approvals.nudge(await office.actor("li.wei"), uuid4().hex, case.id)
    for name in ("he.jie", "zhao.min", "lin.yue", "xu.jing"):
        await office.until(partial(holding, case, name), f"{name} to be asked")
        await case.decides(name)
    return (await case.ends("approved")).line_id


async def holding(case: Request, name: str) -> bool:
    tasks = await case.office.rows(Task, record_id=case.id, status="open")
    return any(case.key(name) in task.holders for task in tasks)


async def absence_over(office: Office) -> str:
    """Returns the id of the line of an absence that began, was cut short, and ended."""
    absences, person = office.absences, await office.actor("wang.fang")
    now = await office.env.get_current_time()
    plan = AbsencePlan(
        starts_at=now + timedelta(hours=1), ends_at=now + timedelta(days=9),
        substitute=f"person:{office.people['zhou.kai']}",
    )  # fmt: skip
    absence_id = (await absences.plan(person, uuid4().hex, person.id, plan)).result["absence_id"]
    await office.days_pass(0.1)
    await office.until(lambda: office.row(Absence, id=absence_id, stage="away"), "the absence to begin")
    change = AbsenceChange(ends_at=now + timedelta(days=2))
    await absences.change(person, uuid4().hex, absence_id, change)
    await office.days_pass(3)
    process = await office.until(lambda: office.row(Process, record_id=absence_id, stage="over"), "its end")
    return process.line_id


async def answered_ticket(office: Office) -> str:
    """Returns the id of a ticket that was answered, opened again, resolved, and closed by itself."""
    tickets, gao = TicketCommands(office.desk), await office.actor("gao.fei")
    ticket = await came_in(office)
    await tickets.take(gao, uuid4().hex, ticket.id)
    await tickets.note(gao, uuid4().hex, ticket.id, text="像是固件的老问题。")
    await tickets.reply(gao, uuid4().hex, ticket.id, text="请重启网关。", then="wait_customer")
    await wrote(office, ticket.id, "还是不行。")
    await standing(office, ticket.id, "assigned")
    await tickets.change(gao, uuid4().hex, ticket.id, priority="urgent", kind="fault")
    await tickets.wait_for_third(gao, uuid4().hex, ticket.id, why="等备件")
    await office.days_pass(0.1)
    await tickets.go_on(gao, uuid4().hex, ticket.id)
    await tickets.reply(gao, uuid4().hex, ticket.id, text="已更换。", then="resolve")
    await wrote(office, ticket.id, "谢谢！")
    await office.until(lambda: told(office, ticket.id, "ticket.thanked"), "the thanks")
    for _ in range(6):
        await office.days_pass(1)
    await standing(office, ticket.id, "closed")
    return ticket.id


async def routed_ticket(office: Office) -> str:
    """Returns the id of a ticket that rules and turns gave to somebody, who let it lie; its customer became VIP."""
    customer_id = new_id()
    async with office.db.session() as session:
        session.add(Customer(id=customer_id, name="蓝港冷链"))
    asked = Inbound(channel="form", text="设备故障，请维修。", name="吴敏", region="east", customer_id=customer_id)
    taken = await TicketCommands(office.desk).receive(asked, uuid4().hex)
    await office.relay.carry_waiting()
    ticket = await standing(office, str(taken.ticket_id), "assigned")
    await office.days_pass(31 / 1_440)
    await office.until(lambda: told(office, ticket.id, "ticket.untouched"), "that nobody touched it")
    again = await standing(office, ticket.id, "assigned")
    async with office.db.session() as session:
        await serve_by(session, customer_id, "vip")
    await office.relay.carry_waiting()
    await office.until(lambda: told(office, ticket.id, "ticket.tier_changed"), "another tier")
    who = next(name for name, one in office.people.items() if one == again.assignee_id)
    await TicketCommands(office.desk).note(await office.actor(who), uuid4().hex, ticket.id, text="在看了")
    await TicketCommands(office.desk).close(await office.actor(who), uuid4().hex, ticket.id, spam=False, why="重复")
    await standing(office, ticket.id, "closed")
    return ticket.id


async def maintained_machine(office: Office) -> str:
    """Returns the id of the workflow that keeps the register of equipment, after one maintenance fell due."""
    customer_id, start = new_id(), await office.env.get_current_time()
    async with office.db.session() as session:
        session.add(Customer(id=customer_id, name="蓝港冷链"))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=office.people["east"], owner_id=None))
    given = {
        "serial_number": "SN-1",
        "model": "C-200",
        "next_at": start + timedelta(hours=30),
        "every": timedelta(days=90),
    }
    machine = EquipmentBody.model_validate(given)
    await EquipmentCommands(office.desk).add(await office.actor("zhao.min"), uuid4().hex, customer_id, machine)
    await office.relay.carry_waiting()
    await office.days_pass(2)
    await office.until(lambda: office.row(Outbox, kind="maintenance"), "the maintenance")
    return MAINTENANCE


async def record(office: Office, line_id: str, name: str) -> None:
    """The processes of a line, or the one workflow of this id."""
    if "/" in line_id or line_id == MAINTENANCE:
        await keep(office, line_id, f"{name}-{line_id.split('/')[0]}-1")
        return
    for process in await office.rows(Process, line_id=line_id):
        number = len(list(HISTORIES.glob(f"{name}-{process.kind}-*.json"))) + 1
        await keep(office, process.workflow_id, f"{name}-{process.kind}-{number}")


async def argued_collection(office: Office) -> str:
    """Returns the id of the line of a collection with about everything that may happen to one."""
    case = await Case.open(office)
    today = local_day(await office.env.get_current_time(), office.settings.zone)
    await case.past_due(timedelta(hours=1))
    await case.when(status="overdue")
    await case.does("promise", amount=20_000 * YUAN, promised_on=today + timedelta(days=10), by="li.wei")
    await case.past_due(timedelta(days=4))
    await case.when(level=1)
    dispute = await case.does("dispute", reason="quality", by="li.wei")
    await office.days_pass(1)
    await case.does("resolve", dispute["dispute_id"], resolution="换货", by="li.wei")
    bounced = await case.pays(10_000)
    await case.does("reverse_payment", bounced, reason="退票")
    await case.pays(7_000, currency="USD", rate="7.1")
    await case.does("credit_note", amount=300 * YUAN, reason="降价")
    await case.does("write_off", amount=1_000 * YUAN, reason="尾差")
    await case.decided(("xu.jing", "approve"))
    await case.pays(100_000, surplus=True)
    await case.does("refund", amount=(await case.row()).surplus, reason="多付")
    await case.decided(("xu.jing", "approve"))
    process = await office.until(lambda: office.row(Process, record_id=case.id, outcome="written_off"), "its end")
    return process.line_id


async def signed_contract(office: Office) -> str:
    """Returns the id of the line of a contract that its two approvers have signed, and that is renewed."""
    case = await SigningOffice.approved(office, amount=180_000 * YUAN)
    await office.decide("xu.jing", await office.open_task("approve", line_id=case.contract.line_id), "approve")
    for name in ("zhao.min", "xu.jing"):
        await case.sign(name, await case.asked(name))
    await case.signing(status="signed")
    await office.until(lambda: office.row(Process, record_id=case.contract.id, outcome="signed"), "its end")
    await office.open_task("confirm_term", record_id=case.contract.id)
    terms, li = ContractTermCommands(office.desk), await office.actor("li.wei")
    days = Terms(ends_on=date(2030, 12, 31), notice_days=30, warranty_until=date(2029, 12, 31))
    await terms.confirm(li, uuid4().hex, case.contract.id, version=1, terms=days)
    renewed = await terms.decide(li, uuid4().hex, case.contract.id, version=2, decision="renew")
    await office.deal_when(renewed.result["deal_id"])
    return case.contract.line_id


STORIES = (
    (imported_file, "imported-file"), (nightly_round, "nightly-round"), (worked_list, "worked-list"),
    (recycled_book, "recycled-book"),
    (answered_ticket, "answered-ticket"), (routed_ticket, "routed-ticket"), (maintained_machine, "maintained-machine"),
    (given_pool, "given-pool"),
    (signed_contract, "signed-contract"),
    (argued_collection, "argued-collection"),
    (finished_line, "finished-line"), (dismissed_lead, "dismissed-lead"), (debated_approval, "debated-approval"),
    (absence_over, "shortened-absence"),
)  # fmt: skip


async def main(*wanted: str) -> None:
    HISTORIES.mkdir(exist_ok=True)
    stories = [(story, name) for story, name in STORIES if name in (wanted or (name,))]
    for old in (file for _, name in stories for file in HISTORIES.glob(f"{name}-*.json")):
        old.unlink()
    with temporary_home() as home, tempfile.TemporaryDirectory() as own:
        async with embedded_servers(home) as servers:
            await asyncio.to_thread(upgrade, servers.database_url)
            db = Database(servers.database_url)
            async with db.session() as session:
                people = await load_cast(session)
            settings = Settings(home=Path(own), database_url=SecretStr(servers.database_url))
            for story, name in stories:
                async with open_office(db, people, settings) as office:
                    await record(office, await story(office), name)
            await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
