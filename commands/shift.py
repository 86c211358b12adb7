"""Shifts, and what people can do: kept by leads of support for the units they reach. Waiting tickets are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim_once
from db.audit import record
from db.base import new_id
from db.engine import Database
from db.outbox import enqueue_all
from db.person import Person, member, unit_regions
from db.shift import find_shift, save_shift, set_skills, units_reached
from db.ticket import Ticket
from domain.access import Action, Actor, Role, Scope
from domain.refusal import forbidden, invalid
from domain.shift import ShiftDetails

ANSWERING = frozenset({Role.SUPPORT_AGENT, Role.SUPPORT_LEAD})
LEVELS = (1, 2, 3)
MOST_TOLD = 2_000
"""Waiting tickets that hear of a change at once; the others ask again by themselves."""


class ShiftCommands:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def add(self, actor: Actor, key: str, details: ShiftDetails) -> str:
        """Its id. Raises Refused: 403, 422 for a unit out of reach or somebody who answers no tickets."""
        async with self.db.session(actor.id) as session:
            await _check(session, actor, details)
            asked = await claim_once(session, actor, key, "shift.add", "shift", details.model_dump(mode="json"))
            if asked.fresh:
                await self._save(session, actor, asked.id, details)
        return asked.id

    async def change(self, actor: Actor, shift_id: str, details: ShiftDetails) -> None:
        """As a whole. Raises Refused as `add` does, and 404."""
        async with self.db.session(actor.id) as session:
            actor.require(Action.TICKET_MANAGE)
            shift = await find_shift(session, actor, shift_id)
            before = shift.unit_id
            await _check(session, actor, details)
            await record(session, actor.id, "shift.changed", f"shift/{shift_id}")
            await self._save(session, actor, shift_id, details)
            if before != details.unit_id:
                await _tell_waiting(session, before)

    async def remove(self, actor: Actor, shift_id: str) -> None:
        async with self.db.session(actor.id) as session:
            actor.require(Action.TICKET_MANAGE)
            shift = await find_shift(session, actor, shift_id)
            unit_id = shift.unit_id
            await session.delete(shift)
            await record(session, actor.id, "shift.removed", f"shift/{shift_id}", name=shift.name)
            await session.flush()
            await _tell_waiting(session, unit_id)

    async def _save(self, session: AsyncSession, actor: Actor, shift_id: str, details: ShiftDetails) -> None:
        await save_shift(session, shift_id, details, actor.id, datetime.now(UTC))
        await _tell_waiting(session, details.unit_id)

    async def set_skills(
        self, actor: Actor, person_id: str, skills: Mapping[str, int], languages: Mapping[str, int]
    ) -> None:
        """All of them at once: level 1 to 3 by key. Raises Refused: 403, 404, 422 for a level there is not."""
        async with self.db.session(actor.id) as session:
            known = await member(session, person_id)
            scope = actor.require(Action.TICKET_MANAGE)
            if scope != Scope.ALL and not known.regions & actor.regions:
                raise forbidden(Action.TICKET_MANAGE)
            for field, levels in (("skills", skills), ("languages", languages)):
                if any(level not in LEVELS for level in levels.values()):
                    raise invalid("level_unknown", field)
            await set_skills(session, person_id, skills, languages)
            said = {"skills": dict(skills), "languages": dict(languages)}
            await record(session, actor.id, "person.skills", f"person/{person_id}", **said)
            await _tell_waiting(session, known.unit.id)


async def _check(session: AsyncSession, actor: Actor, details: ShiftDetails) -> None:
    actor.require(Action.TICKET_MANAGE)
    if details.unit_id not in {unit.id for unit in await units_reached(session, actor)}:
        raise invalid("unit_unknown", "unit_id")
    for person_id in set(details.people):
        person = await session.get(Person, person_id)
        if person is None or not person.active or not (await member(session, person_id)).roles & ANSWERING:
            raise invalid("shift_person_unfit", "people", name=person.name if person else "")


async def _tell_waiting(session: AsyncSession, unit_id: str) -> None:
    """Tickets that wait in a queue of the unit's regions ask whose turn it is once more."""
    reach = unit_regions()
    regions = select(reach.c.region_id).where(reach.c.unit_id == unit_id)
    waiting = select(Ticket.id).where(Ticket.stage == "queued", Ticket.region_id.in_(regions))
    change = new_id()
    told = {
        f"ticket/{ticket}/people/{change}": {
            "id": f"ticket/{ticket}", "signal": "people_changed", "input": {"key": change},
        }
        for ticket in await session.scalars(waiting.order_by(Ticket.id).limit(MOST_TOLD))
    }  # fmt: skip
    if told:
        await enqueue_all(session, "signal", told)
