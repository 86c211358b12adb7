"""Legal's review: when it is due, and which findings a customer's standing exceptions accept."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.calendar import calendars
from db.customer_signpost import living
from db.legal import granted_to, standard_of
from domain.legal import exception_for


class Clause(BaseModel):
    id: str
    kind: str
    value: str


class ReviewRequest(BaseModel):
    """Asked at `now` about one version's findings; `spans` of working time in `calendar`, None: around the clock."""

    contract_id: str
    version_no: int
    customer_id: str | None
    clauses: list[Clause]
    now: datetime
    calendar: str | None
    spans: list[timedelta]


class ReviewPlan(BaseModel):
    """`exceptions`: by finding the exception that accepts it; `instants`: when each span has passed."""

    exceptions: dict[str, str]
    instants: list[datetime]


class LegalActivities(ProcessActivities):
    @activity.defn
    async def plan_review(self, asked: ReviewRequest) -> ReviewPlan:
        today = asked.now.astimezone(self.zone).date()
        async with self.db.session() as session:
            customer_id = await living(session, asked.customer_id) if asked.customer_id else None
            granted = await granted_to(session, customer_id, today) if customer_id else []
            standard = await standard_of(session, asked.contract_id, asked.version_no)
            clock = (await calendars(session)).working_time(asked.calendar) if asked.calendar else None
        covered = {
            clause.id: found
            for clause in asked.clauses
            if (found := exception_for(standard, clause.kind, clause.value, granted, today))
        }
        instants = [clock.due(asked.now, span) if clock else asked.now + span for span in asked.spans]
        return ReviewPlan(exceptions=covered, instants=instants)
