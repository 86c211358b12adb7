"""Requests to keep a customer longer: their row, and what a granted one does to the customer's."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.process import ProcessActivities
from db.extension import Extension, extend
from domain.process import ProcessState


class ExtensionState(ProcessState):
    """`stage`: open, granted, refused, lapsed (nobody decided before it went back)."""

    stage: str = "open"
    until: datetime
    due_at: datetime
    why: str = ""


class Grant(BaseModel):
    customer_id: str
    region_id: str
    owner_id: str
    until: datetime


class Granted(BaseModel):
    """`kept`: it was still theirs."""

    kept: bool


class ExtensionActivities(ProcessActivities):
    @activity.defn
    async def grant_extension(self, grant: Grant) -> Granted:
        async with self.db.session("extension") as session:
            return Granted(kept=await extend(session, **grant.model_dump()))

    @activity.defn
    async def project_extension(self, state: ExtensionState) -> None:
        async with self.projecting("extension", state) as session:
            if session is None:
                return
            fields = {
                "customer_id", "region_id", "owner_id", "why", "due_at", "until", "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {"id": state.record_id, "status": state.stage, **state.model_dump(include=fields)}
            written = insert(Extension).values(row)
            await session.execute(written.on_conflict_do_update(index_elements=["id"], set_=row))
