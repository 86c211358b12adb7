"""Deals: opened by hand, moved over the board, edited, followed up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel
from sqlalchemy import select

from commands.deal_transfer import DealTransfers
from commands.idempotency import claim
from commands.temporal import update_id
from db.customer import Assignment, Customer
from db.scope import customers_within
from domain.access import Action, Actor
from domain.order_plan import PlanPart
from domain.pipeline import SALES
from domain.process import Answer, Command
from domain.refusal import forbidden, invalid
from workflows.deal import DealStart, DealWorkflow, MoveDeal, SetPriority, deal_workflow_id
from workflows.deal_action import ActionCommand
from workflows.deal_record import EditDeal, NoteDeal


class NewDeal(BaseModel):
    """`amount` in minor units of the company's currency; `pipeline` is the key of one that takes new deals."""

    pipeline: str = SALES
    customer_id: str
    title: str
    amount: int
    close_on: date | None = None
    next_step: str | None = None
    next_step_on: date | None = None


class DealCommands(DealTransfers):
    async def open(self, actor: Actor, key: str, deal: NewDeal) -> tuple[str, Answer]:
        """The new deal's id; it belongs to the customer's owner in one of the actor's regions, or to the actor."""
        actor.require(Action.DEAL_CREATE)
        settings = self.desk.settings
        async with self.desk.db.session(actor.id) as session:
            seen = select(Customer.id).where(Customer.id == deal.customer_id, customers_within(actor))
            if await session.scalar(seen) is None:
                raise invalid("customer_unknown", "customer_id")
            follows = select(Assignment).where(Assignment.customer_id == deal.customer_id)
            assignments = list(await session.scalars(follows.order_by(Assignment.owner_id != actor.id)))
            mine = [a for a in assignments if actor.reaches(Action.DEAL_CREATE, owner=a.owner_id, region=a.region_id)]
            if not mine:
                raise forbidden(Action.DEAL_CREATE)
            deal_id = await claim(session, actor, key, "NewDeal", "deal", deal.model_dump())
            pipeline = await self.pinned(session, deal.pipeline)
            if pipeline.document.get("retired"):
                raise invalid("pipeline_retired", "pipeline", pipeline=deal.pipeline)
        start = DealStart(
            deal_id=deal_id, line_id=deal_id, region_id=mine[0].region_id, owner_id=mine[0].owner_id or actor.id,
            currency=settings.currency, by=actor.id,
            pipeline=pipeline, **deal.model_dump(exclude={"pipeline"}),
        )  # fmt: skip
        opened = Command(actor=actor, key=update_id(actor, key))
        answer = await self.desk.processes.open(
            DealWorkflow.run, start, deal_workflow_id(deal_id), DealWorkflow.opened, opened
        )
        return deal_id, answer

    async def move(
        self, actor: Actor, key: str, deal_id: str, *, from_stage: str, to_stage: str, reason: str | None = None,
        note: str | None = None, competitor: str | None = None, amount: int | None = None,
        close_on: date | None = None, next_step: str | None = None, plan: Sequence[PlanPart] = (),
    ) -> Answer:  # fmt: skip
        """To an end with its `reason`, `note` in words of one's own, and for a lost one the `competitor` who won.

        `amount`, `close_on` and `next_step` fill in what the stage requires, as the deal moves; `plan` is how a won
        one is paid.
        """
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.move, MoveDeal,
            from_stage=from_stage, to_stage=to_stage, reason=reason, note=note, competitor=competitor,
            amount=amount, close_on=close_on, next_step=next_step,
            plan=[PlanPart.model_validate(one).model_dump() for one in plan],
        )  # fmt: skip

    async def prioritise(self, actor: Actor, key: str, deal_id: str, priority: int) -> Answer:
        """0 none, 1 low, 2 medium, 3 high."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.prioritise, SetPriority, priority=priority
        )

    async def try_action(self, actor: Actor, key: str, deal_id: str, action: str) -> Answer:
        """A failed action of a stage, at once."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.try_action, ActionCommand, action=action
        )

    async def give_up_action(self, actor: Actor, key: str, deal_id: str, action: str) -> Answer:
        """A failed action of a stage is not tried any more."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.give_up_action, ActionCommand, action=action
        )

    async def edit(
        self, actor: Actor, key: str, deal_id: str, *, version: int, title: str | None = None,
        amount: int | None = None, close_on: date | None = None, no_close_on: bool = False,
        next_step: str | None = None, next_step_on: date | None = None, no_next_step_on: bool = False,
    ) -> Answer:  # fmt: skip
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.edit, EditDeal,
            version=version, title=title, amount=amount, close_on=close_on, no_close_on=no_close_on,
            next_step=next_step, next_step_on=next_step_on, no_next_step_on=no_next_step_on,
        )  # fmt: skip

    async def note(
        self, actor: Actor, key: str, deal_id: str, *, how: str, note: str = "", result: str | None = None,
        next_step: str | None = None, next_step_on: date | None = None,
    ) -> Answer:  # fmt: skip
        """A follow-up: `how`, what it came to, and the step planned next."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.note, NoteDeal,
            how=how, note=note, result=result, next_step=next_step, next_step_on=next_step_on,
        )  # fmt: skip
