"""A collection on its own, for stories about money alone: opened, acted on through the real commands, looked at."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from activities.collection import CollectionTerms
from commands.temporal import update_id
from db.base import new_id
from db.collection import Collection, Instalment
from db.customer import Assignment, Customer
from db.ledger import LedgerEntry
from db.process import Notification
from domain.access import Actor
from domain.collection import DEFAULT, CollectionRules, PaymentPlanPolicy
from domain.instalment import Instalment as Planned
from domain.payment_plan import day_ends, local_day
from domain.policy import load
from domain.process import Command
from tests.workflows.office import YUAN, Office
from workflows.collection import CollectionStart, CollectionWorkflow, collection_workflow_id

RULES = load(PaymentPlanPolicy, DEFAULT).rules
RECEIVED = date(2026, 11, 20)


class Case:
    """A collection of 100,000 yuan in two halves, due in 7 and 37 days, without the deal before it."""

    def __init__(self, office: Office, collection_id: str) -> None:
        self.office, self.id = office, collection_id

    @classmethod
    async def open(
        cls, office: Office, *, customer_id: str | None = None, days: tuple[int, ...] = (7, 37),
        events: tuple[str, ...] = ("order", "order"), rules: CollectionRules = RULES,
        due_at: datetime | None = None,
    ) -> Case:  # fmt: skip
        """`due_at`: the first one's end of day, where a story cannot wait for it."""
        people, zone = office.people, office.settings.zone
        if customer_id is None:
            customer_id = new_id()
            async with office.db.session() as session:
                session.add(Customer(id=customer_id, name="蓝港食品"))
                await session.flush()
                session.add(Assignment(customer_id=customer_id, region_id=people["east"], owner_id=people["li.wei"]))
        today = local_day(await office.env.get_current_time(), zone)
        parts = []
        for no, (wait, event) in enumerate(zip(days, events, strict=True), start=1):
            part = Planned(id=new_id(), no=no, amount=50_000 * YUAN, event=event, days=wait)
            part.fall_due(today + timedelta(days=wait) if event == "order" else None, zone)
            parts.append(part)
        parts[0].due_at = due_at or parts[0].due_at
        terms = CollectionTerms(
            policy_version=1, plan_key="halves", zone=zone, rules=rules, happened={"order": today}, instalments=parts
        )
        start = CollectionStart(
            collection_id=new_id(), order_id=new_id(), deal_id=new_id(), line_id=new_id(), customer_id=customer_id,
            region_id=people["east"], owner_id=people["li.wei"], title="冷链可视化", currency="CNY",
            amount=50_000 * YUAN * len(parts), terms=terms,
        )  # fmt: skip
        actor = Actor(id=people["li.wei"])
        opened = Command(actor=actor, key=update_id(actor, start.collection_id))
        await office.desk.processes.open(
            CollectionWorkflow.run,
            start,
            collection_workflow_id(start.collection_id),
            CollectionWorkflow.opened,
            opened,
        )
        return cls(office, start.collection_id)

    async def does(
        self, act: str, *how: Any, by: str = "he.jie", key: str | None = None, **more: Any
    ) -> dict[str, str]:
        command = getattr(self.office.collections, act)
        answer = await command(await self.office.actor(by), key or uuid4().hex, self.id, *how, **more)
        result: dict[str, str] = answer.result
        return result

    async def pays(self, yuan: int, **more: Any) -> str:
        result = await self.does("record_payment", amount=yuan * YUAN, received_on=RECEIVED, **more)
        return result["payment_id"]

    async def row(self) -> Collection:
        row = await self.office.row(Collection, id=self.id)
        assert row is not None
        return row

    async def when(self, **fits: Any) -> Collection:
        return await self.office.until(lambda: self.office.row(Collection, id=self.id, **fits), f"it with {fits}")

    async def plan(self) -> list[Instalment]:
        return sorted(await self.office.rows(Instalment, collection_id=self.id), key=lambda i: i.no)

    async def past_due(self, by: timedelta) -> datetime:
        """Time passes until so long after the first instalment's end of day, which is the answer."""
        (first, *_) = await self.plan()
        assert first.due_on is not None
        due = day_ends(first.due_on, self.office.settings.zone)
        await self.office.time_passes(due + by - await self.office.env.get_current_time())
        return due

    async def events(self) -> list[str]:
        line = await self.office.line((await self.row()).line_id)
        return [kind.removeprefix("collection.") for kind in line if kind.startswith("collection.")]

    async def told(self, name: str, kind: str) -> int:
        """How often this person heard of this collection."""
        heard = await self.office.rows(Notification, person_id=self.office.people[name], kind=f"collection.{kind}")
        return sum(self.id in notification.link for notification in heard)

    async def decided(self, *steps: tuple[str, str]) -> None:
        """The approval asked for last, by each person's outcome in turn."""
        for by, outcome in steps:
            task = await self.office.open_task("approve", line_id=(await self.row()).line_id)
            await self.office.decide(by, task, outcome, "看过了")

    async def sums(self) -> dict[str, int]:
        """The ledger by account; it sums to zero in each currency, and agrees with the collection's row."""
        entries, row = await self.office.rows(LedgerEntry, collection_id=self.id), await self.row()
        found: dict[str, int] = defaultdict(int)
        currencies: dict[tuple[str, str], int] = defaultdict(int)
        for entry in entries:
            found[entry.account] += entry.amount if entry.currency == "CNY" else 0
            currencies[entry.posting_id, entry.currency] += entry.amount
        assert not any(currencies.values())
        assert found["receivable"] == row.amount - row.paid - row.credited - row.written_off
        assert -found["surplus"] == row.surplus
        return found
