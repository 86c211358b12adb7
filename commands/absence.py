"""Absences: planned, changed and ended, by oneself, by a superior, or by who manages people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.idempotency import claim
from commands.temporal import update_id
from db.absence import Absence, find_absence, nobody_from, sharing
from db.holder import holders
from db.person import Person, member, reports_to, team_of
from domain.absence import AbsenceChange, AbsencePlan, Away
from domain.access import Action, Actor, Scope, person_key
from domain.process import Answer, Command
from domain.refusal import Refused, invalid
from workflows.absence import AbsenceStart, AbsenceWorkflow, ChangeAbsence, absence_workflow_id

NOBODY_FROM = "nobody_from"
"""In an answer's result: the instant from which nobody stands in, since the substitutes are away as well."""


class AbsenceCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def plan(self, actor: Actor, key: str, person_id: str, plan: AbsencePlan) -> Answer:
        """The answer's result has the `absence_id`, and `nobody_from` where nobody stands in for some of the time.

        Raises Refused: 403 for somebody who does not report to the actor, 409 where they are away already then, 422
        for times or a substitute that cannot be.
        """
        plan.check_times(datetime.now(UTC))
        asked = _plain(plan.model_dump()) | {"person_id": person_id}
        async with self.desk.db.session(actor.id) as session:
            await _may_arrange(session, actor, person_id)
            absence_id = await claim(session, actor, key, "PlanAbsence", "absence", asked)
            warning = await _check(session, person_id, plan, but=absence_id)
            start = AbsenceStart(absence_id=absence_id, created_by=actor.id, **asked)
            answer = await self._open(start, Command(actor=actor, key=update_id(actor, key)))
        if isinstance(answer, Refused):
            raise answer
        return answer.model_copy(update={"result": {"absence_id": absence_id, **warning}})

    async def _open(self, start: AbsenceStart, command: Command) -> Answer | Refused:
        """Within the transaction that has the person's absences to itself; a refusal leaves the key claimed."""
        workflow_id = absence_workflow_id(start.absence_id)
        try:
            return await self.desk.processes.open(
                AbsenceWorkflow.run, start, workflow_id, AbsenceWorkflow.opened, command
            )
        except Refused as refused:
            return refused

    async def change(self, actor: Actor, key: str, absence_id: str, change: AbsenceChange) -> Answer:
        """Raises Refused as `plan`, and 409 where it has ended."""
        async with self.desk.db.session(actor.id) as session:
            absence = await self._to_arrange(session, actor, absence_id)
            await claim(session, actor, key, "ChangeAbsence", f"absence/{absence_id}", _plain(change.asked))
            known = {name: getattr(absence, name) for name in AbsencePlan.model_fields}
            plan = AbsencePlan(**known | change.asked)
            plan.check_times(datetime.now(UTC))
            warning = await _check(session, absence.person_id, plan, but=absence_id)
        fields = _plain(plan.model_dump())
        answer = await self._send(actor, key, absence_id, AbsenceWorkflow.alter, ChangeAbsence, **fields)
        return answer.model_copy(update={"result": warning})

    async def end(self, actor: Actor, key: str, absence_id: str) -> Answer:
        """Back early; one that has not begun is called off. Raises Refused: 403, 404, 409 where it has ended."""
        async with self.desk.db.session(actor.id) as session:
            await self._to_arrange(session, actor, absence_id)
            await claim(session, actor, key, "EndAbsence", f"absence/{absence_id}", {})
        return await self._send(actor, key, absence_id, AbsenceWorkflow.end, Command)

    async def _to_arrange(self, session: AsyncSession, actor: Actor, absence_id: str) -> Absence:
        absence = await find_absence(session, actor, absence_id)
        await _may_arrange(session, actor, absence.person_id)
        return absence

    async def _send(
        self, actor: Actor, key: str, absence_id: str, update: Any, message: type[Command], **fields: Any
    ) -> Answer:
        command = message(actor=actor, key=update_id(actor, key), **fields)
        try:
            return await self.desk.send(actor, key, absence_workflow_id(absence_id), update, command)
        except Refused as refused:
            raise Refused("absence_ended", 409) if refused.code == "process_ended" else refused from None


async def arranged_by(session: AsyncSession, actor: Actor, people: Collection[str]) -> frozenset[str]:
    """Those of the people whose absences this person may arrange, and read the reasons of."""
    if actor.scope(Action.PEOPLE_MANAGE) == Scope.ALL:
        return frozenset(people)
    team = select(Person.id).where(Person.id.in_(team_of(actor.id)), Person.id.in_(people))
    return frozenset(await session.scalars(team))


async def may_arrange(session: AsyncSession, actor: Actor, person_id: str) -> bool:
    """Everybody their own absences, a superior those of the people below, who manages people all."""
    if person_id == actor.id or actor.scope(Action.PEOPLE_MANAGE) == Scope.ALL:
        return True
    return await reports_to(session, person_id, actor.id)


async def _may_arrange(session: AsyncSession, actor: Actor, person_id: str) -> None:
    person = (await member(session, person_id)).person
    if not await may_arrange(session, actor, person_id):
        raise Refused("not_superior", 403, person=person_id)
    if not person.active:
        raise invalid("person_left", "person_id")


async def _check(session: AsyncSession, person_id: str, plan: AbsencePlan, *, but: str) -> dict[str, str]:
    """What there is to warn of. The person's absences are looked at one after the other, however many ask at once."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"absence/{person_id}"))))
    if plan.substitute == person_key(person_id):
        raise invalid("substitute_oneself", "substitute")
    if not set(await holders(session, [plan.substitute])) - {person_id}:
        raise invalid("substitute_nobody", "substitute")
    others = await sharing(session, plan.starts_at, plan.ends_at, but=but)
    if any(other.person_id == person_id for other in others):
        raise Refused("absence_overlaps", 409, field="starts_at")
    moment = await nobody_from(session, Away(person_id, plan.substitute, plan.kinds), plan.starts_at, others)
    return {NOBODY_FROM: moment.isoformat()} if moment else {}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """With the kinds in one order, as messages and the key's record have them."""
    return fields | {"kinds": sorted(fields["kinds"])} if "kinds" in fields else fields
