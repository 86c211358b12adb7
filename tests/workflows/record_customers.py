"""Stories of customers whose histories test_replay holds their processes against: see `tests.workflows.record`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from activities.customer_match import MatchRun
from commands.customer_act import CustomerActBody, CustomerActs
from commands.customer_export import CustomerExports
from commands.customer_import import ImportCommands
from commands.document import DocumentStore
from commands.extension import ExtensionCommands
from commands.policy import publish_defaults
from commands.pool import PoolCommands
from db.allocation_plan import plan
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_act import CustomerAct
from db.customer_export import CustomerExport
from db.customer_import import CustomerImport
from domain.allocation import Terms as AllocationTerms
from domain.customer_import import Choices
from tests.workflows.books import back, customers, dated, rules, tiers
from tests.workflows.office import Office
from workflows.allocation import AllocationStart, AllocationWorkflow
from workflows.book import book_workflow_id
from workflows.calendar_feed import CalendarFeedWorkflow
from workflows.customer_export import customer_export_workflow_id
from workflows.customer_import import import_workflow_id
from workflows.customer_import_clearing import CustomerImportClearingWorkflow
from workflows.customer_match import CustomerMatchWorkflow
from workflows.customer_tier import CustomerTierWorkflow

HISTORIES = Path(__file__).parent / "histories"
ROWS = 60_000
"""So many that an import takes long enough to be paused."""


async def keep(office: Office, workflow_id: str, name: str) -> None:
    """What its latest run did."""
    history = await office.env.client.get_workflow_handle(workflow_id).fetch_history()
    (HISTORIES / f"{name}.json").write_text(history.to_json())


async def given_pool(office: Office) -> str:
    """Returns the id of the workflow that gave a pool's customers to people."""
    await publish_defaults(office.db)
    ids, east = [new_id() for _ in range(12)], office.people["east"]
    async with office.db.session() as session:
        session.add_all([Customer(id=one, name=f"公海{no}") for no, one in enumerate(ids)])
        await session.flush()
        session.add_all([Assignment(customer_id=one, region_id=east) for one in ids])
        now = datetime.now(UTC)
        run = await plan(session, east, AllocationTerms(), 7, now, asked_by=office.people["zhao.min"])
        run.status, run.started_at, run.attempt = "running", now, 1
    workflow_id = f"allocation/{run.id}/1"
    await office.env.client.execute_workflow(
        AllocationWorkflow.run, AllocationStart(allocation_id=run.id), id=workflow_id,
        task_queue=office.settings.task_queue,
    )  # fmt: skip
    return workflow_id


async def recycled_book(office: Office) -> str:
    """Returns the id of the line of a granted extension; the book that it was of has a history of its own."""
    await rules(office, tiers=tiers("P10D", warn="P2D"))
    longer, left_alone = await customers(office, "li.wei", 2)
    due = await dated(office, longer)
    extensions, place = ExtensionCommands(PoolCommands(office.desk)), (longer, office.people["east"])
    owner = await office.actor("li.wei")
    await extensions.ask(owner, uuid4().hex, place, until=due + timedelta(days=5), why="a tender")
    task = await office.open_task("extend_customer", customer_id=longer)
    await extensions.decide(await office.actor("zhao.min"), uuid4().hex, task.id, grant=True)
    await office.days_pass(11)
    await back(office, left_alone)
    await office.days_pass(6)
    await back(office, longer)
    await keep(office, book_workflow_id(owner.id), "recycled-book-book-1")
    return task.line_id


async def worked_list(office: Office) -> str:
    """Returns the id of the workflow that wrote a file of customers; that of an act on all of them has its own."""
    await publish_defaults(office.db)
    await customers(office, "li.wei", 3)
    manager = await office.actor("zhao.min")
    act_id = await CustomerActs(office.desk).begin(
        manager, uuid4().hex, CustomerActBody(act="tags", every=True, add=["展会"])
    )
    await office.relay.carry_waiting()
    await office.until(lambda: office.row(CustomerAct, id=act_id, status="done"), "the act")
    await keep(office, f"customer-act/{act_id}", "worked-list-customer_act-1")
    export_id = await CustomerExports(office.desk).begin(manager, uuid4().hex, file_format="csv", language="en")
    await office.relay.carry_waiting()
    await office.until(lambda: office.row(CustomerExport, id=export_id, status="done"), "the export")
    await office.days_pass(8)
    await office.until(lambda: office.row(CustomerExport, id=export_id, status="expired"), "the end of its file")
    return customer_export_workflow_id(export_id)


async def imported_file(office: Office) -> str:
    """Returns the id of the workflow that took an import back; that which carried it out has a history of its own."""
    await publish_defaults(office.db)
    imports = ImportCommands(office.desk, DocumentStore(office.settings.home / "imports"))
    manager = await office.actor("zhao.min")

    async def rows() -> AsyncIterator[bytes]:
        yield "\n".join(["客户名称,电话", *(f"记录{no}号有限公司,139{no:08d}" for no in range(ROWS))]).encode()

    sent = (await imports.add(manager, "客户.csv", rows())).id
    chosen = Choices(mapping=["name", "phone"], region_id=office.people["east"])
    await imports.start(manager, uuid4().hex, sent, chosen)
    await imports.pause(manager, uuid4().hex, sent)
    await imports.resume(manager, uuid4().hex, sent)
    workflow_id = import_workflow_id(sent)
    await office.until(lambda: office.row(CustomerImport, id=sent, stage="done"), "its end")
    await office.env.client.get_workflow_handle(workflow_id).result()
    await keep(office, workflow_id, "imported-file-import-2")
    await imports.undo(manager, uuid4().hex, sent)
    await office.until(lambda: office.row(CustomerImport, id=sent, stage="undone"), "the end of taking it back")
    await office.env.client.get_workflow_handle(workflow_id).result()
    return workflow_id


async def nightly_round(office: Office) -> str:
    """Returns the id of the last of the workflows of a night; the others have histories of their own."""
    await publish_defaults(office.db)
    await customers(office, "li.wei", 3)
    run, queue = office.env.client.execute_workflow, office.settings.task_queue
    await run(CustomerMatchWorkflow.run, MatchRun(), id="customer_match/1", task_queue=queue)
    await run(CustomerTierWorkflow.run, id="customer_tier/1", task_queue=queue)
    await run(CustomerImportClearingWorkflow.run, id="import_clearing/1", task_queue=queue)
    await run(CalendarFeedWorkflow.run, id="calendar_feed/1", task_queue=queue)
    for kind in ("customer_match", "customer_tier", "import_clearing"):
        await keep(office, f"{kind}/1", f"nightly-round-{kind}-1")
    return "calendar_feed/1"
