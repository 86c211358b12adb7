"""Opens a collection without the deal before it, for stories about money alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.collection import CollectionTerms
from api.services import Services
from commands.temporal import update_id
from db.base import new_id
from db.customer import Assignment, Customer
from domain.access import Actor
from domain.collection import DEFAULT, CollectionRules, PaymentPlanPolicy
from domain.instalment import Instalment
from domain.payment_plan import local_day
from domain.policy import load
from domain.process import Command
from workflows.collection import CollectionStart, CollectionWorkflow, collection_workflow_id

RULES = load(PaymentPlanPolicy, DEFAULT).rules


async def open_collection(
    services: Services,
    people: dict[str, str],
    *,
    customer: str = "蓝港食品",
    amounts: tuple[int, ...] = (2_400_000, 2_400_000),
    due_in: tuple[int, ...] = (7, 37),
    owner: str = "li.wei",
    region: str = "east",
    rules: CollectionRules | None = None,
) -> str:
    """`amounts` in fen, `due_in` days from today. The collection's id, once its rows are there."""
    customer_id, collection_id = new_id(), new_id()
    async with services.db.session() as session:
        session.add(Customer(id=customer_id, name=customer))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=people[region], owner_id=people[owner]))
    zone, now = services.settings.zone, datetime.now(UTC)
    today = local_day(now, zone)
    instalments = []
    for no, (amount, days) in enumerate(zip(amounts, due_in, strict=True), start=1):
        instalment = Instalment(id=new_id(), no=no, amount=amount, event="order", days=days)
        instalment.fall_due(today + timedelta(days=days), zone)
        instalments.append(instalment)
    terms = CollectionTerms(
        policy_version=1, plan_key="halves", zone=zone, rules=rules or RULES, happened={"order": today},
        instalments=instalments,
    )  # fmt: skip
    start = CollectionStart(
        collection_id=collection_id, order_id=new_id(), deal_id=new_id(), line_id=new_id(), customer_id=customer_id,
        region_id=people[region], owner_id=people[owner], title=f"{customer} 冷链可视化", amount=sum(amounts),
        currency=services.settings.currency, terms=terms,
    )  # fmt: skip
    actor = Actor(id=people[owner])
    opened = Command(actor=actor, key=update_id(actor, collection_id))
    workflow_id = collection_workflow_id(collection_id)
    answer = await services.leads.desk.processes.open(
        CollectionWorkflow.run, start, workflow_id, CollectionWorkflow.opened, opened
    )
    assert answer.seen
    return collection_id
