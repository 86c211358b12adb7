"""Deals: their row on the board, and the people, competitors and files that hang on it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policy import PinnedPolicy
from activities.process import ProcessActivities
from db.customer_portrait import weigh as weigh_tier
from db.deal import Deal
from db.deal_part import write_parts
from db.projection import write_record
from db.reckon import weigh
from domain.deal import Competitor, DealFile, DealPerson, is_planned
from domain.order_plan import PlanPart
from domain.pipeline import SALES
from domain.process import ProcessState
from domain.stage_action import DueAction


class SplitOff(BaseModel):
    """A part of the deal that is to become a deal of its own."""

    deal_id: str
    title: str
    amount: int
    by: str


class HandedOver(BaseModel):
    """The processes behind the deal are still to be told of its new owner."""

    was: str
    now: str
    by: str


class DealState(ProcessState):
    """`version` counts what people changed, so that a stale page is noticed. `priority`: 0 none, 1 low ... 3 high.

    `has_parts` says that people, competitors or files were ever kept; `splits` and `handed_over` wait to be carried
    out, as do `amount_news` (the contract in draft is to hear of another amount) and `lines_news` (the invoice draft
    is to take the quote's lines). `reopened_key` is the command that a run after the end began with.
    `visit` counts the stages entered, `entered` how often each; `actions` are those the stages asked for and that are
    not done yet. `stall`: 0, then 1 amber, 2 red, 3 the manager was told.
    """

    pipeline: PinnedPolicy
    pipeline_key: str = SALES
    priority: int = 0
    visit: int = 1
    entered: dict[str, int] = {}
    actions: list[DueAction] = []
    stall: int = 0
    invoice_id: str | None = None
    quote_id: str | None = None
    quote_status: str | None = None
    lead_id: str | None = None
    close_on: date | None = None
    next_step: str | None = None
    next_step_on: date | None = None
    people: list[DealPerson] = []
    competitors: list[Competitor] = []
    files: list[DealFile] = []
    has_parts: bool = False
    splits: list[SplitOff] = []
    handed_over: list[HandedOver] = []
    contract_id: str | None = None
    contract_status: str | None = None
    plan: list[PlanPart] = []
    order_id: str | None = None
    collection_id: str | None = None
    end_reason: str | None = None
    end_note: str | None = None
    lost_to: str | None = None
    lost_in: str | None = None
    copied_from: str | None = None
    split_from: str | None = None
    reopened_by: str | None = None
    reopened_key: str | None = None
    amount_news: bool = False
    lines_news: bool = False
    stage_since: datetime
    active_at: datetime
    stalled_at: datetime | None = None
    moved_by: str | None = None
    version: int = 1

    @property
    def under_way(self) -> bool:
        """In an open stage of its pipeline: neither won nor lost."""
        stages = self.pipeline.document["stages"]
        return any(s["key"] == self.stage and s.get("kind", "open") == "open" for s in stages)


class DealActivities(ProcessActivities):
    @activity.defn
    async def project_deal(self, state: DealState) -> None:
        async with self.projecting("deal", state) as session:
            if session is None:
                return
            fields = {
                "title", "customer_id", "lead_id", "line_id", "region_id", "owner_id", "stage", "amount", "currency",
                "close_on", "next_step", "contract_id", "contract_status", "order_id", "collection_id", "end_reason",
                "opened_at", "stage_since", "active_at", "stalled_at", "moved_by", "closed_at", "version", "revision",
                "pipeline_key", "priority", "quote_id", "quote_status", "next_step_on", "end_note", "lost_to",
                "lost_in", "copied_from", "split_from", "stall", "invoice_id", "visit",
            }  # fmt: skip
            unplanned = state.under_way and not is_planned(state.next_step, state.next_step_on)
            actions = [
                action.model_dump(mode="json", include={"key", "stage", "when", "attempts", "error", "retry_at"})
                | {"do": action.kind}
                for action in state.actions
            ]
            row = {
                "id": state.record_id, "unplanned": unplanned, "actions": actions, **state.model_dump(include=fields),
            }  # fmt: skip
            was = await _weight(session, state.record_id)
            await write_record(session, Deal, row, prefix="D", year=self.year(state))
            if state.has_parts:
                await write_parts(session, state.record_id, *_parts(state))
            await weigh(
                session, "deal", row["customer_id"], row["region_id"], state.owner_id, over=bool(state.closed_at)
            )
        if was != (row["customer_id"], state.closed_at is None, state.amount, state.stage == "won"):
            async with self.db.session("tier") as session:  # of its own: nobody's next number waits for it
                await weigh_tier(session, [row["customer_id"]], datetime.now(UTC))


async def _weight(session: AsyncSession, deal_id: str) -> tuple[object, ...] | None:
    """What a deal adds to the tier that its customer seems to be of; None before it is there."""
    query = select(Deal.customer_id, Deal.closed_at.is_(None), Deal.amount, Deal.stage == "won")
    found = (await session.execute(query.where(Deal.id == deal_id))).one_or_none()
    return tuple(found) if found else None


def _parts(state: DealState) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of people, competitors and files."""
    people = [{**person.model_dump(), "place": no} for no, person in enumerate(state.people)]
    competitors = [{**one.model_dump(), "place": no} for no, one in enumerate(state.competitors)]
    files = [
        {**file.model_dump(exclude={"by", "at"}), "added_by": file.by, "added_at": file.at} for file in state.files
    ]
    return people, competitors, files
