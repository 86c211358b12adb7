"""What the edge works with: opened when the application starts, closed when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from commands.absence import AbsenceCommands
from commands.account import Account
from commands.allocation import AllocationCommands
from commands.approval import ApprovalCommands
from commands.bank import BankCommands
from commands.billing import BillingCommands
from commands.calendar_feed import CalendarFeeds
from commands.canned_answer import CannedAnswers
from commands.clause_standard import ClauseStandards
from commands.collection import CollectionCommands
from commands.contact import ContactCommands
from commands.contract import ContractCommands
from commands.contract_check import ContractChecks
from commands.contract_compare import Comparisons
from commands.contract_term import ContractTermCommands
from commands.credentials import Credentials
from commands.customer import CustomerCommands
from commands.customer_act import CustomerActs
from commands.customer_edit import CustomerEdits
from commands.customer_export import CustomerExports
from commands.customer_import import ImportCommands
from commands.customer_match import CustomerMatches
from commands.customer_merge import MergeCommands
from commands.customer_region import CustomerRegions
from commands.database import open_database
from commands.deal import DealCommands
from commands.decision_link import DecisionLinks, DecisionsByMail
from commands.desk import Desk
from commands.document import Documents, DocumentStore
from commands.equipment import EquipmentCommands
from commands.extension import ExtensionCommands
from commands.follow_up import FollowUps
from commands.invoice import InvoiceCommands
from commands.lead import LeadCommands
from commands.lead_check import LeadCheck
from commands.lead_form import LeadForms
from commands.lead_hook import LeadHooks
from commands.lead_mail import LeadMail
from commands.lead_upload import LeadUploads
from commands.legal import LegalCommands
from commands.notification import Notifications
from commands.page_image import PageImages
from commands.password import Passwords
from commands.person import People
from commands.pipeline import PipelineCommands
from commands.policy import Policies
from commands.policy_draft import PolicyDrafts
from commands.pool import PoolCommands
from commands.product import ProductCommands
from commands.quote import QuoteCommands
from commands.quote_link import QuoteLinks, QuotesForCustomers
from commands.second_factor import SecondFactor
from commands.shift import ShiftCommands
from commands.sign_in import SignIn
from commands.signing import SigningCommands
from commands.signing_customer import InvitationCommands, SigningsByLink
from commands.signing_link import InvitationLinks
from commands.statement import CustomerStatements
from commands.task import TaskCommands
from commands.temporal import Processes, connect
from commands.ticket_clock import TicketClockCommands
from commands.ticket_file import TicketFiles
from commands.ticket_hook import TicketHooks
from commands.ticket_link import TicketLinks
from commands.ticket_mail import TicketMail
from commands.ticket_portal import TicketPortal
from commands.ticket_split import TicketSplits
from commands.ticket_training import TicketTraining
from commands.verify import Verifications
from commands.webhook import Webhooks
from db.engine import Database
from keys import master_key
from settings import Settings


@dataclass(frozen=True)
class Services:
    settings: Settings
    db: Database
    temporal: Client
    sign_in: SignIn
    account: Account
    people: People
    leads: LeadCommands
    lead_forms: LeadForms
    lead_check: LeadCheck
    lead_uploads: LeadUploads
    lead_hooks: LeadHooks
    lead_mail: LeadMail
    deals: DealCommands
    contracts: ContractCommands
    contract_checks: ContractChecks
    legal: LegalCommands
    quotes: QuoteCommands
    quotes_for_customers: QuotesForCustomers
    invoices: InvoiceCommands
    billing: BillingCommands
    contacts: ContactCommands
    follow_ups: FollowUps
    customers: CustomerCommands
    customer_matches: CustomerMatches
    customer_merges: MergeCommands
    customer_edits: CustomerEdits
    products: ProductCommands
    tasks: TaskCommands
    tickets: TicketSplits
    ticket_mail: TicketMail
    ticket_portal: TicketPortal
    ticket_hooks: TicketHooks
    ticket_links: TicketLinks
    canned_answers: CannedAnswers
    ticket_clocks: TicketClockCommands
    signings: SigningCommands
    terms: ContractTermCommands
    invitations: InvitationCommands
    signings_by_link: SigningsByLink
    decisions_by_mail: DecisionsByMail
    approvals: ApprovalCommands
    collections: CollectionCommands
    bank: BankCommands
    customer_imports: ImportCommands
    customer_statements: CustomerStatements
    customer_acts: CustomerActs
    customer_exports: CustomerExports
    equipment: EquipmentCommands
    ticket_training: TicketTraining
    shifts: ShiftCommands
    absences: AbsenceCommands
    allocations: AllocationCommands
    customer_regions: CustomerRegions
    pool: PoolCommands
    extensions: ExtensionCommands
    documents: Documents
    page_images: PageImages
    comparisons: Comparisons
    notifications: Notifications
    policies: Policies
    policy_drafts: PolicyDrafts
    calendar_feeds: CalendarFeeds
    pipelines: PipelineCommands
    clause_standards: ClauseStandards
    webhooks: Webhooks
    verifications: Verifications


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Raises commands.database.NoDatabase, keys.UnusableKey, or what connecting to Temporal raises."""
    key = master_key(settings)
    db = open_database(settings)
    try:
        yield _services(settings, key, db, await connect(settings))
    finally:
        await db.close()


def _services(settings: Settings, key: bytes, db: Database, temporal: Client) -> Services:
    """What needs nothing else first, then what stands on it."""
    passwords = Passwords()
    credentials = Credentials(db, passwords, SecondFactor(key, settings.company))
    desk = Desk(db, Processes(temporal, settings.task_queue), settings)
    store = DocumentStore(settings.home / "documents")
    files = TicketFiles(db, store)
    documents = Documents(db, store)
    pages = PageImages(documents, settings.home / "pages")
    quote_links = QuoteLinks(key, settings.base_url)
    leads = LeadCommands(desk)
    tickets = TicketSplits(desk)
    ticket_links = TicketLinks(key, settings)
    tasks = TaskCommands(desk, credentials)
    return Services(
        settings=settings,
        db=db,
        temporal=temporal,
        sign_in=SignIn(db, credentials, key),
        account=Account(db, credentials),
        people=People(db, passwords),
        leads=leads,
        lead_forms=LeadForms(leads, tickets, files, key),
        lead_check=LeadCheck(desk),
        lead_uploads=LeadUploads(leads),
        lead_hooks=LeadHooks(leads, key),
        lead_mail=LeadMail(leads),
        deals=DealCommands(desk),
        contracts=ContractCommands(desk),
        legal=LegalCommands(desk),
        quotes=QuoteCommands(desk, documents, quote_links),
        quotes_for_customers=QuotesForCustomers(desk, quote_links),
        invoices=InvoiceCommands(desk, documents),
        billing=BillingCommands(db),
        contacts=ContactCommands(db, settings.country),
        follow_ups=FollowUps(db, settings.zone),
        customers=CustomerCommands(desk),
        customer_matches=CustomerMatches(desk),
        customer_merges=MergeCommands(db),
        customer_edits=CustomerEdits(db, settings.zone, settings.country),
        products=ProductCommands(db),
        tasks=tasks,
        tickets=tickets,
        ticket_mail=TicketMail(tickets, store, ticket_links),
        ticket_links=ticket_links,
        canned_answers=CannedAnswers(db),
        ticket_portal=TicketPortal(tickets, files),
        ticket_hooks=TicketHooks(tickets, key),
        ticket_clocks=TicketClockCommands(desk),
        signings=SigningCommands(tasks),
        terms=ContractTermCommands(desk),
        invitations=InvitationCommands(desk),
        signings_by_link=SigningsByLink(desk, store, pages, InvitationLinks(key)),
        decisions_by_mail=DecisionsByMail(tasks, DecisionLinks(key, settings)),
        approvals=ApprovalCommands(desk),
        collections=CollectionCommands(desk),
        bank=BankCommands(desk, store),
        customer_imports=ImportCommands(desk, DocumentStore(settings.home / "imports")),
        customer_statements=CustomerStatements(desk, store),
        customer_acts=CustomerActs(desk),
        customer_exports=CustomerExports(desk),
        equipment=EquipmentCommands(desk),
        ticket_training=TicketTraining(db, temporal, settings.task_queue),
        shifts=ShiftCommands(db),
        absences=AbsenceCommands(desk),
        allocations=AllocationCommands(desk),
        customer_regions=CustomerRegions(desk),
        pool=PoolCommands(desk),
        extensions=ExtensionCommands(PoolCommands(desk)),
        documents=documents,
        page_images=pages,
        comparisons=Comparisons(db, store),
        notifications=Notifications(db),
        policies=Policies(db),
        policy_drafts=PolicyDrafts(db),
        calendar_feeds=CalendarFeeds(db),
        pipelines=PipelineCommands(desk, Policies(db)),
        contract_checks=ContractChecks(db, settings.names),
        clause_standards=ClauseStandards(db, Policies(db)),
        verifications=Verifications(db, settings),
        webhooks=Webhooks(db, settings),
    )


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Provided = Annotated[Services, Depends(services_of)]
