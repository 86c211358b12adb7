"""What stories about leads share: policies of a scene's own, and looking at a lead until it is as expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from commands.lead_intake import NewLead
from commands.policy import Policies
from db.absence import Absence
from db.lead import Lead
from db.policy import current_policy
from db.process import Process, Task
from tests.workflows.office import Office

DAY = [{"start": "09:00", "end": "17:00"}]
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY)


def targets(allowed: str, **more: Any) -> dict[str, Any]:
    """The same for every grade."""
    return {"targets": {grade: {"allowed": allowed, **more} for grade in "abcd"}}


@dataclass
class Leads:
    office: Office

    async def rule(self, kind: str, **changes: Any) -> int:
        """Publishes a version of a policy with other values, by the administrator."""
        async with self.office.db.session() as session:
            version, document = await current_policy(session, kind)
        admin = await self.office.actor("gu.ming")
        return await Policies(self.office.db).publish(
            admin, uuid4().hex, kind, {**document, **changes}, follows=version
        )

    async def hours(self, zone: str) -> None:
        """Leads count by a calendar of Monday to Friday, nine to five."""
        async with self.office.db.session() as session:
            _, document = await current_policy(session, "calendar")
        calendars = {**document["calendars"], "plain": {"zone": zone, "week": WEEK}}
        await self.rule("calendar", calendars=calendars)

    async def capture(self, company: str, **more: Any) -> str:
        """A lead from the public form; its process has begun."""
        new = {"source": "form", "name": "周明", "phone": None, "region": "east", **more}
        lead_id = await self.office.leads.capture(NewLead(company=company, **new))
        await self.office.relay.carry_waiting()
        return lead_id

    async def when(self, lead_id: str, what: str, fits: Callable[[Lead], Any]) -> Lead:
        async def look() -> Lead | None:
            lead = await self.office.row(Lead, id=lead_id)
            return lead if lead and fits(lead) else None

        return await self.office.until(look, what)

    async def stage(self, lead_id: str, stage: str) -> Lead:
        """With what is to be done about it, where something is."""
        timed = stage in ("assigned", "pooled", "asleep")
        return await self.when(lead_id, stage, lambda lead: lead.stage == stage and (lead.due_at or not timed))

    async def skip_to(self, instant: datetime) -> None:
        await self.office.time_passes(max(instant - await self.office.env.get_current_time(), timedelta()))

    async def away(self, *names: str) -> list[str]:
        """These people are away for ten days; ids of the absences."""
        now, admin = await self.office.env.get_current_time(), self.office.people["gu.ming"]
        ids = []
        async with self.office.db.session() as session:
            for name in names:
                one = Absence(
                    id=str(uuid4()), person_id=self.office.people[name], substitute=f"person:{admin}",
                    kinds=[], starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=10), reason=None,
                    stage="away", created_by=self.office.people[name], opened_at=now, closed_at=None, revision=1,
                )  # fmt: skip
                session.add(one)
                ids.append(one.id)
        return ids

    async def back(self, ids: list[str]) -> None:
        async with self.office.db.session() as session:
            for one in ids:
                (await session.get_one(Absence, one)).stage = "over"

    async def ended(self, lead_id: str, outcome: str) -> None:
        await self.office.until(lambda: self.office.row(Process, record_id=lead_id, outcome=outcome), outcome)

    async def asked(self, lead_id: str, kind: str) -> Task:
        return await self.office.open_task(kind, record_id=lead_id)
