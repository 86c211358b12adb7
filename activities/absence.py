"""Absences: their row, how much goes over at their start and back at their end, and who hears of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.absence import Absence, roster_during
from db.live import announce
from db.process import Task
from db.scope import tasks_lent
from domain.absence import Away
from domain.access import person_key
from domain.process import ProcessState


class AbsenceState(ProcessState):
    """`stage`: coming, away, over, cancelled (before it began)."""

    stage: str = "coming"
    person_id: str
    substitute: str
    kinds: list[str] = []
    starts_at: datetime
    ends_at: datetime
    reason: str | None = None
    created_by: str

    @property
    def audience(self) -> list[str]:
        return [person_key(self.person_id), self.substitute]

    @property
    def away(self) -> Away:
        return Away(self.person_id, self.substitute, frozenset(self.kinds))


class Look(BaseModel):
    """What others have of an absent person's at a moment, and have done since the absence began."""

    absence_id: str
    person_id: str
    substitute: str
    kinds: list[str]
    since: datetime
    at: datetime


class Share(BaseModel):
    """`open` are the tasks that one substitute has, `done` those they did in the absent person's place."""

    person: str
    open: int
    done: int


class AbsenceActivities(ProcessActivities):
    @activity.defn
    async def project_absence(self, state: AbsenceState) -> None:
        async with self.projecting("absence", state) as session:
            if session is None:
                return
            fields = {
                "person_id", "substitute", "kinds", "starts_at", "ends_at", "reason", "stage", "created_by",
                "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {"id": state.record_id, **state.model_dump(include=fields)}
            changed = insert(Absence).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            await session.execute(changed)
            await self._announce_to_takers(session, state)

    @activity.defn
    async def shares(self, look: Look) -> list[Share]:
        """Of each who has tasks of the absent person's then; none: nobody stands in."""
        away = Away(look.person_id, look.substitute, frozenset(look.kinds))
        found = []
        async with self.db.session() as session:
            roster = await roster_during(session, look.absence_id, away, look.at)
            for person in sorted(roster.takers_of(look.person_id)):
                actor = roster.acting(roster.people[person])
                [lent] = [absent for absent in actor.acting_for if absent.id == look.person_id]
                waiting = select(func.count()).where(Task.status == "open", tasks_lent(lent))
                done = select(func.count()).where(
                    Task.status == "done", Task.decided_by == person, Task.decided_for == look.person_id,
                    Task.decided_at >= look.since,
                )  # fmt: skip
                counts = [(await session.scalars(query)).one() for query in (waiting, done)]
                found.append(Share(person=person, open=counts[0], done=counts[1]))
        return found

    async def _announce_to_takers(self, session: AsyncSession, state: AbsenceState) -> None:
        """Also to who has the tasks at the end of a chain of substitutes."""
        changed_at = state.changed_at or state.starts_at
        roster = await roster_during(session, state.record_id, state.away, changed_at)
        takers = [person_key(person) for person in sorted(roster.takers_of(state.person_id))]
        if takers:
            await announce(session, "absence", state.record_id, state.revision, holders=takers)
