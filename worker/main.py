"""One worker process: workflows and activities on Temporal's queue, the relay beside them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import PollerBehaviorAutoscaling, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.absence import AbsenceActivities
from activities.allocation import AllocationActivities
from activities.approval import ApprovalActivities
from activities.book import BookActivities
from activities.calendar_feed import CalendarFeedActivities
from activities.clause import ClauseActivities
from activities.clause_scan import ScanActivities
from activities.collection import CollectionActivities
from activities.contract import ContractActivities
from activities.contract_term import ContractTermActivities
from activities.contract_version import ContractVersionActivities
from activities.customer_act import CustomerActActivities
from activities.customer_export import CustomerExportActivities
from activities.customer_import import CustomerImportActivities
from activities.customer_import_clearing import CustomerImportClearingActivities
from activities.customer_match import CustomerMatchActivities
from activities.customer_tier import CustomerTierActivities
from activities.deal import DealActivities
from activities.digest import DigestActivities
from activities.equipment import EquipmentActivities
from activities.extension import ExtensionActivities
from activities.invoice import InvoiceActivities
from activities.lead import LeadActivities
from activities.legal import LegalActivities
from activities.letter import LetterActivities
from activities.order import OrderActivities
from activities.policy import PolicyActivities
from activities.quote import QuoteActivities
from activities.sealing import SealingActivities
from activities.signing import SigningActivities
from activities.signing_customer import InvitationActivities
from activities.signing_sheet import SheetActivities
from activities.stage_action import StageActivities
from activities.statement import StatementActivities
from activities.ticket import TicketActivities
from activities.ticket_clock import TicketClockActivities
from activities.ticket_routing import TicketRoutingActivities
from activities.ticket_training import TicketTrainingActivities
from commands.bank import StatementOpener
from commands.contract_check import ClauseReader
from commands.customer_act import CustomerActs
from commands.database import open_database
from commands.desk import Desk
from commands.document import DocumentStore
from commands.lead import LeadCommands
from commands.lead_form import open_default_forms
from commands.lead_mail import LeadMail
from commands.policy import publish_defaults
from commands.sealing import Sealer
from commands.signing_link import InvitationLinks
from commands.signing_sheet import Sheets
from commands.temporal import Processes, connect
from commands.ticket_intake import TicketIntake
from commands.ticket_link import TicketLinks
from commands.ticket_mail import TicketMail
from db.engine import Database
from keys import master_key
from settings import Settings
from worker.allocation_schedule import AllocationSchedules
from worker.customer_search import SearchFiller
from worker.feed import feed_reader
from worker.mail import Mailer
from worker.relay import Relay
from worker.schedule import keep_schedules
from worker.ticket_mail import take_mail_in
from worker.webhook import WebhookSender
from workflows.absence import AbsenceWorkflow
from workflows.allocation import AllocationWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.book import BookWorkflow
from workflows.calendar_feed import CalendarFeedWorkflow
from workflows.collection import CollectionWorkflow
from workflows.contract import ContractWorkflow
from workflows.contract_check import DOCUMENTS, OCR
from workflows.contract_term import ContractTermWorkflow
from workflows.customer_act import CustomerActWorkflow
from workflows.customer_export import CustomerExportWorkflow
from workflows.customer_import import IMPORTS, ImportWorkflow
from workflows.customer_import_clearing import CustomerImportClearingWorkflow
from workflows.customer_match import CustomerMatchWorkflow
from workflows.customer_tier import CustomerTierWorkflow
from workflows.deal import DealWorkflow
from workflows.digest import DigestWorkflow
from workflows.extension import ExtensionWorkflow
from workflows.invoice import InvoiceWorkflow
from workflows.lead import LeadWorkflow
from workflows.maintenance import MaintenanceWorkflow
from workflows.quote import QuoteWorkflow
from workflows.signing import SigningWorkflow
from workflows.statement import StatementWorkflow
from workflows.ticket import TicketWorkflow
from workflows.ticket_training import TicketTrainingWorkflow

WORKFLOWS = [
    QuoteWorkflow, InvoiceWorkflow,
    LeadWorkflow, DealWorkflow, ContractWorkflow, ApprovalWorkflow, CollectionWorkflow, AbsenceWorkflow, DigestWorkflow,
    StatementWorkflow, SigningWorkflow, TicketWorkflow, MaintenanceWorkflow, TicketTrainingWorkflow,
    ContractTermWorkflow, CustomerActWorkflow, CustomerExportWorkflow,
    AllocationWorkflow,
    BookWorkflow, ExtensionWorkflow,
    CustomerMatchWorkflow,
    CustomerTierWorkflow,
    CalendarFeedWorkflow,
    CustomerImportClearingWorkflow,
    ImportWorkflow,
]  # fmt: skip
ACTIVITIES = [
    QuoteActivities, InvoiceActivities,
    PolicyActivities, LeadActivities, DealActivities, OrderActivities, ContractActivities, ApprovalActivities,
    CollectionActivities, AbsenceActivities, DigestActivities, LetterActivities, StageActivities, SigningActivities,
    LegalActivities, TicketActivities, TicketClockActivities, EquipmentActivities,
    ContractTermActivities,
    AllocationActivities,
    CustomerTierActivities,
    BookActivities, ExtensionActivities,
]  # fmt: skip

GRACE = timedelta(seconds=20)
SLOTS = 40
"""Workflow tasks at once: the deadlock detector allows each 2 s, also when a restart replays many."""

log = structlog.get_logger()


@asynccontextmanager
async def build_worker(
    client: Client, db: Database, settings: Settings, *, strict: bool = False
) -> AsyncIterator[None]:  # fmt: skip
    """At work while entered: every process of ours, and beside them those who open documents. `db` should have a pool
    at least as large as `SLOTS`.

    `strict` loads the workflow files anew for each case, so that the sandbox catches a clock or a file read in them:
    the tests do. It costs more than the case itself, since every message model is built again.
    """
    async with (
        processes(client, db, settings, strict),
        documents(client, db, settings),
        scans(client, db, settings),
        imports(client, db, settings),
    ):
        yield


def documents(client: Client, db: Database, settings: Settings) -> Worker:
    """What is opened takes a processor and memory: a few at a time, and never a slot that a process waits for."""
    shelf = DocumentStore(settings.home / "documents")
    clauses = ClauseActivities(db, settings.zone, shelf.path, ClauseReader(settings.names))
    versions = ContractVersionActivities(db, settings.zone, shelf.path)
    training = TicketTrainingActivities(db, settings.zone, shelf.path)
    matching = CustomerMatchActivities(db, settings.zone)
    return Worker(
        client,
        task_queue=settings.task_queue + DOCUMENTS,
        activities=[
            clauses.check_document,
            versions.compare_versions,
            training.train_ticket_model,
            matching.prepare_customer_match,
            matching.begin_customer_match,
            matching.match_customers,
            matching.end_customer_match,
        ],
        max_concurrent_activities=2,
        graceful_shutdown_timeout=GRACE,
    )


def scans(client: Client, db: Database, settings: Settings) -> Worker:
    """OCR takes a processor for minutes: one document at a time, and none waits for it that has text."""
    shelf = DocumentStore(settings.home / "documents")
    reading = ScanActivities(db, settings.zone, shelf.path, ClauseReader(settings.names), settings.home / "pages")
    return Worker(
        client,
        task_queue=settings.task_queue + OCR,
        activities=[reading.read_scan],
        max_concurrent_activities=1,
        graceful_shutdown_timeout=GRACE,
    )


def imports(client: Client, db: Database, settings: Settings) -> Worker:
    """One import works for minutes with connections of its own: two at a time, one of which waits for the other."""
    held = _imports(db, settings)
    return Worker(
        client,
        task_queue=settings.task_queue + IMPORTS,
        activities=[held.carry_customer_import, held.undo_customer_import, held.settle_customer_import],
        max_concurrent_activities=4,
        graceful_shutdown_timeout=timedelta(seconds=1),  # it goes on where it stood, whenever it is stopped
    )


def _imports(db: Database, settings: Settings) -> CustomerImportActivities:
    shelf = DocumentStore(settings.home / "imports")
    return CustomerImportActivities(db, settings.zone, shelf.path, settings.country)


def processes(client: Client, db: Database, settings: Settings, strict: bool) -> Worker:
    ours = () if strict else ("workflows",)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=[
            getattr(held, name)
            for held in _activities(db, Desk(db, Processes(client, settings.task_queue), settings))
            for name in dir(held)
            if hasattr(getattr(held, name), "__temporal_activity_definition")
        ],
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*ours)
        ),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        max_concurrent_workflow_tasks=SLOTS,
        max_cached_workflows=settings.kept_processes,
        graceful_shutdown_timeout=GRACE,
    )


def _activities(db: Database, desk: Desk) -> list[object]:
    settings = desk.settings
    store = DocumentStore(settings.home / "documents")
    opener = StatementOpener(store, settings.currency)
    held: list[object] = [activities(db, settings.zone) for activities in ACTIVITIES]
    invitations = InvitationActivities(db, settings.zone, InvitationLinks(master_key(settings)))
    sealing = SealingActivities(db, settings.zone, Sealer(settings))
    sheets = SheetActivities(db, settings.zone, Sheets(settings))
    exports = CustomerExportActivities(db, settings.zone, settings.home / "exports", settings.export_keep)
    acts = CustomerActActivities(db, settings.zone, CustomerActs(desk))
    routing = TicketRoutingActivities(db, settings.zone, store.path)
    statements = StatementActivities(db, settings.zone, opener)
    feeds = CalendarFeedActivities(db, settings.zone, feed_reader(settings))
    clearing = CustomerImportClearingActivities(db, settings.zone, settings.home / "imports", settings.import_keep)
    imported = [_imports(db, settings), clearing]
    return [*held, feeds, statements, invitations, sealing, sheets, routing, exports, acts, *imported]


async def run_worker(settings: Settings) -> None:
    """Works until it is cancelled, then finishes what it began within `GRACE`."""
    db = open_database(settings, pool_size=SLOTS)
    await publish_defaults(db)
    await open_default_forms(db)
    client = await connect(settings, runtime=_runtime(settings))
    await keep_schedules(client, settings)
    await AllocationSchedules(client, db, settings).keep()
    relay = Relay(db, Processes(client, settings.task_queue), Mailer(settings), WebhookSender(db, settings))
    desk = Desk(db, Processes(client, settings.task_queue), settings)
    key = master_key(settings)
    shelf = DocumentStore(settings.home / "documents")
    tickets = TicketMail(TicketIntake(desk), shelf, TicketLinks(key, settings))
    try:
        async with build_worker(client, db, settings), asyncio.TaskGroup() as group:
            log.info("worker.ready", queue=settings.task_queue)
            group.create_task(relay.run())
            group.create_task(SearchFiller(db).run())
            group.create_task(take_mail_in(settings, LeadMail(LeadCommands(desk)), tickets))
    finally:
        await db.close()
        # The SDK's threads may still hold Python objects; an exit right now can abort in the interpreter's shutdown.
        del client
        gc.collect()


def _runtime(settings: Settings) -> Runtime | None:
    if not settings.metrics_port:
        return None
    metrics = PrometheusConfig(bind_address=f"{settings.host}:{settings.metrics_port}", durations_as_seconds=True)
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))
