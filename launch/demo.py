"""The demo company: people, customers, and deals in every stage with what they wait for.

Processes are started with a state and instants of the past; whatever happens from then on is the real thing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.approval import ApprovalState
from activities.contract import ContractState, ContractVersion
from activities.deal import DealState
from activities.policy import PinnedPolicy
from commands.database import open_database
from commands.desk import Desk
from commands.document import DocumentStore
from commands.lead import LeadCommands
from commands.lead_intake import NewLead
from commands.policy import publish_defaults
from commands.temporal import Processes, connect
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.engine import Database
from db.lead import Lead
from db.person import Person
from db.policy import current_policy, publish
from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep, Seat
from domain.approver import RoleApprover
from domain.contract import ContractPolicy
from domain.pipeline import SALES, PipelinePolicy, pipeline_key, pipeline_kind
from domain.policy import load
from domain.process import Event
from domain.task import HumanTask, ladder_of
from launch.cast import load_cast
from launch.demo_allocation import load_allocations
from launch.demo_contract import CONTRACTS, DemoContract, contract_state, keep_papers, signing_start, term_start
from launch.demo_customer import load_fields
from launch.demo_data import CUSTOMERS, DEALS, GRADED_LEADS, LEADS, RENEWALS, DemoCustomer, DemoDeal
from launch.demo_duplicate import load_duplicates
from launch.demo_equipment import load_equipment
from launch.demo_import import load_import
from launch.demo_intake import ask_again, open_ways_in
from launch.demo_pool import load_pools
from launch.demo_quote import load_products
from launch.demo_record import LOSSES, NEXT_STEPS, WON, DemoLoss, load_people, parts
from launch.demo_routing import load_routing
from launch.demo_service import load_answered, promise_round_the_clock
from launch.demo_ticket import VIP, load_tickets
from launch.demo_view import load_views
from settings import Settings
from workflows.approval import ApprovalStart, approval_workflow_id
from workflows.contract import ContractStart, contract_workflow_id
from workflows.contract_term_message import term_workflow_id
from workflows.deal import DealStart, deal_workflow_id
from workflows.signing_message import SigningStart, signing_workflow_id


async def load_demo_once(settings: Settings) -> bool:
    """Loads it into an installation without people, or to its end where it was cut off; says whether it did.

    Policies are published in any case.
    """
    db = open_database(settings)
    try:
        await publish_defaults(db)
        async with db.session() as session:
            empty = await session.scalar(select(Person.id).limit(1)) is None
            if not empty and not await _cut_off(session):
                return False
        await load_demo(db, settings)
        return True
    finally:
        await db.close()


async def load_demo(db: Database, settings: Settings) -> None:
    """People, customers, deals and leads that are missing: everything has the id of its first time."""
    async with db.session("demo") as session:
        ids = await load_cast(session)
        customers = await _load_customers(session, ids)
        await load_people(session, customers)
        await load_products(session, settings.currency)
        await load_routing(session, ids, settings.zone)
        await promise_round_the_clock(session)
        await load_answered(session, settings, ids, customers, VIP)
        await load_tickets(session, settings, ids, customers)
        papers = await keep_papers(session, DocumentStore(settings.home / "documents"))
        await load_fields(session, customers)
        await load_equipment(session, ids, customers)
        await load_duplicates(session, ids, customers)
        await load_pools(session, ids)
        await load_allocations(session, ids)
        await load_import(session, ids)
        await load_views(session, ids)
        approvals = await _pinned(session, ApprovalPolicy.kind)
        contracts = await _pinned(session, ContractPolicy.kind)
        await publish(
            session, RENEWALS_KIND, RENEWALS, by=None, note="续约流程", follows=0,
            origin="policy/demo/renewals",
        )  # fmt: skip
        pipelines = {pipeline_key(kind): await _pinned(session, kind) for kind in (PipelinePolicy.kind, RENEWALS_KIND)}
    processes = Processes(await connect(settings), settings.task_queue)
    demo = Demo(processes, ids, customers, pipelines, approvals, contracts, papers, settings)
    for deal in DEALS:
        await demo.start(deal)
    for loss in LOSSES:
        await demo.start_lost(loss)
    leads = LeadCommands(Desk(db, processes, settings))
    await open_ways_in(leads, settings, ids)
    for told in GRADED_LEADS:
        await leads.capture(NewLead(**told), f"demo/{told['company']}")
    for region, company, name, phone, message, amount in LEADS:
        lead = NewLead(
            source="form", company=company, name=name, phone=phone, message=message, amount=amount, region=region
        )
        if company == LEADS[-1][1]:  # what comes last tells that the demo is whole
            await demo.start_signings()
            await ask_again(leads)
        await leads.capture(lead, f"demo/{company}")


async def _cut_off(session: AsyncSession) -> bool:
    """Whether it was begun, which is to write its customers, and not ended, which is to take in its last lead."""
    begun = exists().where(Customer.origin == origin_of(CUSTOMERS[-1]))
    ended = exists().where(Lead.company == LEADS[-1][1])
    return bool(await session.scalar(select(begun & ~ended)))


async def _pinned(session: AsyncSession, kind: str) -> PinnedPolicy:
    version, document = await current_policy(session, kind)
    return PinnedPolicy(kind=kind, version=version, document=document)


async def _load_customers(session: AsyncSession, ids: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    """Customer id, region id and owner id by the customer's key."""
    there = {row.origin: row.id for row in await session.execute(select(Customer.origin, Customer.id))}
    made = {}
    for customer in CUSTOMERS:
        origin, region_id, owner_id = origin_of(customer), ids[customer.region], ids[customer.owner]
        if origin not in there:
            there[origin] = new_id()
            session.add(Customer(id=there[origin], name=customer.name, origin=origin))
            await session.flush()
            address = f"contact@{customer.key}.example"
            session.add(Contact(customer_id=there[origin], name=customer.contact, phone=customer.phone, email=address))
            session.add(Assignment(customer_id=there[origin], region_id=region_id, owner_id=owner_id))
        made[customer.key] = (there[origin], region_id, owner_id)
    return made


def origin_of(customer: DemoCustomer) -> str:
    return f"demo/{customer.key}"


RENEWALS_KIND = pipeline_kind("renewals")

PATIENCE = 10
"""Attempts to start one process, each of a few seconds."""


class Demo:
    def __init__(
        self, processes: Processes, ids: dict[str, str], customers: dict[str, tuple[str, str, str]],
        pipelines: dict[str, PinnedPolicy], approvals: PinnedPolicy, contracts: PinnedPolicy, papers: dict[str, str],
        settings: Settings,
    ) -> None:  # fmt: skip
        self.processes = processes
        self.ids = ids
        self.customers = customers
        self.pipelines = pipelines
        self.approvals = approvals
        self.contracts = contracts
        self.papers = papers
        self.currency = settings.currency
        self.zone = settings.zone
        self.now = datetime.now(UTC)
        self.signings: list[SigningStart] = []

    async def _begin(self, run: str, start: Any, workflow_id: str) -> None:
        """A server that has only just come up may be slow to answer; starting twice starts once."""
        for attempt in range(PATIENCE):
            try:
                await self.processes.start(run, start, workflow_id)
                return
            except WorkflowAlreadyStartedError:  # and has ended since
                return
            except RPCError:
                if attempt == PATIENCE - 1:
                    raise

    async def start(self, deal: DemoDeal) -> None:
        customer_id = UUID(self.customers[deal.customer][0])
        deal_id, contract_id, approval_id = (
            str(uuid5(customer_id, f"{kind}/{deal.title}")) for kind in ("deal", "contract", "approval")
        )
        shared = self._shared(deal, deal_id)
        if deal.contract:
            if deal.late is not None:
                await self._start_approval(deal, shared, contract_id, approval_id)
            await self._start_contract(deal, shared, deal_id, contract_id, approval_id)
        await self._start_deal(deal, shared, deal_id, contract_id if deal.contract else None)

    def _shared(self, deal: DemoDeal, deal_id: str) -> dict[str, Any]:
        customer_id, region_id, owner_id = self.customers[deal.customer]
        return {
            "line_id": deal_id, "customer_id": customer_id, "region_id": region_id, "owner_id": owner_id,
            "title": deal.title, "amount": deal.amount, "currency": self.currency,
        }  # fmt: skip

    async def _start_deal(self, deal: DemoDeal, shared: dict[str, Any], deal_id: str, contract_id: str | None) -> None:
        active = self.now - timedelta(days=deal.idle)
        opened = active - timedelta(days=11)
        pipeline, step = self.pipelines[deal.pipeline], NEXT_STEPS.get(deal.title)
        steps = load(PipelinePolicy, pipeline.document).stall.steps
        stall = sum(1 for step in steps if active + step <= self.now) if deal.stage != "won" else 0
        state = DealState(
            record_id=deal_id, stage=deal.stage, pipeline=pipeline, policies={pipeline.kind: pipeline.version},
            pipeline_key=deal.pipeline, priority=deal.priority, stall=stall,
            stalled_at=active + steps[0] if stall else None,
            close_on=(self.now + timedelta(days=deal.closes_in)).date(), next_step=deal.next_step,
            next_step_on=(self.now + timedelta(days=step)).date() if step is not None else None,
            end_reason=WON.get(deal.title), **parts(deal.title, shared["customer_id"]),
            contract_id=contract_id, contract_status=deal.contract, opened_at=opened, stage_since=active,
            active_at=active, moved_by=shared["owner_id"], events=self._walk(deal, opened, active, shared), **shared,
        )  # fmt: skip
        start = DealStart(deal_id=deal_id, by=shared["owner_id"], pipeline=pipeline, state=state, **shared)
        await self._begin("DealWorkflow", start, deal_workflow_id(deal_id))

    async def start_lost(self, deal: DemoLoss) -> None:
        """It ends by itself as soon as it runs."""
        customer_id, region_id, owner_id = self.customers[deal.customer]
        deal_id, pipeline = str(uuid5(UUID(customer_id), f"deal/{deal.title}")), self.pipelines[SALES]
        shared = {
            "line_id": deal_id, "customer_id": customer_id, "region_id": region_id, "owner_id": owner_id,
            "title": deal.title, "amount": deal.amount, "currency": self.currency, "pipeline": pipeline,
        }  # fmt: skip
        lost = self.now - timedelta(days=deal.days)
        opened = lost - timedelta(days=20)
        told = [
            ("deal.opened", opened, {"title": deal.title, "amount": deal.amount}),
            ("deal.moved", lost, {"was": deal.lost_in, "now": "lost", "note": deal.note}),
        ]
        state = DealState(
            record_id=deal_id, stage="lost", policies={pipeline.kind: pipeline.version}, end_reason=deal.reason,
            end_note=deal.note, lost_to=deal.competitor, lost_in=deal.lost_in, opened_at=opened, stage_since=lost,
            active_at=lost, moved_by=owner_id, **shared,
            events=[
                Event(id=new_id(), at=at, kind=kind, actor=owner_id, params=params, revision=no)
                for no, (kind, at, params) in enumerate(told)
            ],
        )  # fmt: skip
        start = DealStart(deal_id=deal_id, by=owner_id, state=state, **shared)
        await self._begin("DealWorkflow", start, deal_workflow_id(deal_id))

    def _walk(self, deal: DemoDeal, opened: datetime, active: datetime, shared: dict[str, Any]) -> list[Event]:
        """The timeline of a deal that went through its stages one by one until its last activity."""
        stages = [s.key for s in load(PipelinePolicy, self.pipelines[deal.pipeline].document).stages]
        passed = stages[: stages.index(deal.stage) + 1]
        steps: list[tuple[str, dict[str, Any]]] = [("deal.opened", {"title": deal.title, "amount": deal.amount})]
        steps += [("deal.moved", {"was": was, "now": now, "reason": None}) for was, now in pairwise(passed)]
        pause = (active - opened) / max(len(steps) - 1, 1)
        return [
            Event(id=new_id(), at=opened + pause * n, kind=kind, actor=shared["owner_id"], params=params, revision=n)
            for n, (kind, params) in enumerate(steps)
        ]

    async def _start_contract(
        self, deal: DemoDeal, shared: dict[str, Any], deal_id: str, contract_id: str, approval_id: str
    ) -> None:
        submitted = self.now - timedelta(days=deal.idle)
        state = None
        if paper := CONTRACTS.get(deal.title):
            state = await self._on_paper(paper, shared, deal_id, contract_id)
        elif deal.contract and deal.contract != "draft":
            outcome = "approved" if deal.contract == "approved" else None
            version = ContractVersion(no=1, amount=deal.amount, by=shared["owner_id"], at=submitted, outcome=outcome)
            state = ContractState(
                record_id=contract_id, stage=deal.contract, told=deal.contract, deal_id=deal_id, versions=[version],
                approval_id=approval_id if outcome is None else None, opened_at=submitted, **shared,
            )  # fmt: skip
        start = ContractStart(contract_id=contract_id, deal_id=deal_id, state=state, **shared)
        await self._begin("ContractWorkflow", start, contract_workflow_id(contract_id))

    async def _on_paper(
        self, paper: DemoContract, shared: dict[str, Any], deal_id: str, contract_id: str
    ) -> ContractState:
        """The state of a contract that has a document; what runs beside it is begun first."""
        signing_id = str(uuid5(UUID(contract_id), "signing"))
        if paper.goes_on == "signing":
            document = self.papers[paper.papers[-1]]
            self.signings.append(signing_start(signing_id, contract_id, deal_id, document, self.ids, self.now, shared))
        elif paper.goes_on == "ending":
            rules = self.contracts
            term = term_start(contract_id, deal_id, rules.document, rules.version, self.zone, self.now, shared)
            await self._begin("ContractTermWorkflow", term, term_workflow_id(contract_id))
        return contract_state(paper, self.papers, self.ids, signing_id, self.now, shared, contract_id, deal_id)

    async def start_signings(self) -> None:
        """Last, when the contracts they seal are there."""
        for signing in self.signings:
            await self._begin("SigningWorkflow", signing, signing_workflow_id(signing.signing_id))

    async def _start_approval(self, deal: DemoDeal, shared: dict[str, Any], contract_id: str, approval_id: str) -> None:
        """An approval whose first step is due `-late` hours from now."""
        policy = load(ApprovalPolicy, self.approvals.document)
        facts = {
            "amount": deal.amount, "currency": self.currency, "region": shared["region_id"], "kind": "contract",
        }  # fmt: skip
        decision, steps = policy.route(facts)
        path = [PathStep(step=step, reason=row) for row, step in steps]
        first = path[0].step
        (approver,) = first.who
        assert isinstance(approver, RoleApprover)  # noqa: S101 - the policy an installation begins with
        holder, ladder = approver.holder(shared["region_id"]), ladder_of(approver.role, shared["region_id"])
        due = self.now - timedelta(hours=deal.late or 0)
        task = HumanTask(
            id=new_id(), kind="approve", title=deal.title, holders=[holder], ladder=ladder,
            from_id=shared["owner_id"], amount=deal.amount, currency=self.currency, opened_at=due - first.allowed,
            due_at=due, escalate_at=max(due, self.now) + timedelta(hours=12), escalate_every=first.allowed,
            params={"subject": "contract", "version": 1, "step": first.key, "proof": first.proof, "bulk": first.bulk},
        )  # fmt: skip
        seat = Seat(holders=[holder], ladder=ladder, status="open", task_id=task.id, opened_at=task.opened_at,
                    due_at=due)  # fmt: skip
        path[0].status, path[0].seats = "open", [seat]
        subject: dict[str, Any] = {
            "subject_kind": "contract", "subject_id": contract_id, "subject_version": 1,
            "submitted_by": shared["owner_id"],
        }  # fmt: skip
        state = ApprovalState(
            record_id=approval_id, facts=facts, decision=decision.model_dump(mode="json", exclude={"outcomes"}),
            rules=policy.rules, path=path, tasks=[task], readers=[holder],
            opened_at=task.opened_at, policies={"approval": self.approvals.version}, **subject, **shared,
        )  # fmt: skip
        given = {k: v for k, v in shared.items() if k != "owner_id"}
        start = ApprovalStart(
            approval_id=approval_id, reply_to=contract_workflow_id(contract_id), state=state, **subject, **given
        )
        await self._begin("ApprovalWorkflow", start, approval_workflow_id(approval_id))
