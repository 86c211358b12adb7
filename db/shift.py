"""What people can do, and when they are on duty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.person import OrgUnit, Person, unit_regions
from domain.access import Action, Actor, Scope
from domain.calendar import Week
from domain.policy import canonical
from domain.refusal import not_found
from domain.shift import Duty, ShiftDetails


class PersonSkill(Base):
    """`what` is skill or language; `key` a skill that queues ask for, or a language (zh_CN, en); `level` 1 to 3."""

    __tablename__ = "person_skill"

    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]


class Shift(Base):
    """Hours of a week that repeat, by the wall clock of `zone`, from `starts_on` to `ends_on` or always."""

    __tablename__ = "shift"

    id: Mapped[Id] = mapped_column(default=new_id)
    name: Mapped[str]
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("org_unit.id"), index=True)
    zone: Mapped[str]
    week: Mapped[dict[str, Any]]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    changed_by: Mapped[Ref | None]
    changed_at: Mapped[Instant]

    @property
    def duty(self) -> Duty:
        return Duty(self.zone, Week.model_validate_json(canonical(self.week)), self.starts_on, self.ends_on)


class ShiftPerson(Base):
    __tablename__ = "shift_person"

    shift_id: Mapped[Ref] = mapped_column(ForeignKey("shift.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_shift_person_person", "person_id"),)


Levels = Mapping[str, int]


async def skills_of(session: AsyncSession, people: Iterable[str]) -> dict[str, tuple[Levels, Levels]]:
    """By person the levels of their skills and of their languages; who has none is not among them."""
    found: dict[str, tuple[dict[str, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
    for one in await session.scalars(select(PersonSkill).where(PersonSkill.person_id.in_(set(people)))):
        found[one.person_id][one.what == "language"][one.key] = one.level
    return dict(found)


async def set_skills(session: AsyncSession, person_id: str, skills: Levels, languages: Levels) -> None:
    await session.execute(delete(PersonSkill).where(PersonSkill.person_id == person_id))
    for what, levels in (("skill", skills), ("language", languages)):
        session.add_all(PersonSkill(person_id=person_id, what=what, key=k, level=level) for k, level in levels.items())


async def duties_of(session: AsyncSession, people: Iterable[str]) -> dict[str, list[Duty]]:
    """The shifts of each person who has any."""
    query = (
        select(ShiftPerson.person_id, Shift)
        .join(Shift, Shift.id == ShiftPerson.shift_id)
        .where(ShiftPerson.person_id.in_(set(people)))
    )
    found: dict[str, list[Duty]] = defaultdict(list)
    for person_id, shift in await session.execute(query):
        found[person_id].append(shift.duty)
    return dict(found)


async def list_shifts(session: AsyncSession, actor: Actor) -> list[tuple[Shift, OrgUnit, list[Person]]]:
    """Those of the units one reaches, by unit and name, each with its people."""
    rows = (
        await session.execute(
            select(Shift, OrgUnit)
            .join(OrgUnit, OrgUnit.id == Shift.unit_id)
            .where(Shift.unit_id.in_(_reached(actor)))
            .order_by(OrgUnit.code, Shift.name)
        )
    ).all()
    people = await people_of(session, [shift.id for shift, _ in rows])
    return [(shift, unit, people.get(shift.id, [])) for shift, unit in rows]


async def people_of(session: AsyncSession, shifts: Iterable[str]) -> dict[str, list[Person]]:
    query = (
        select(ShiftPerson.shift_id, Person)
        .join(Person, Person.id == ShiftPerson.person_id)
        .where(ShiftPerson.shift_id.in_(list(shifts)), Person.active)
        .order_by(Person.email)
    )
    found: dict[str, list[Person]] = defaultdict(list)
    for shift_id, person in await session.execute(query):
        found[shift_id].append(person)
    return dict(found)


async def find_shift(session: AsyncSession, actor: Actor, shift_id: str) -> Shift:
    """Raises Refused (404) where there is none in a unit one reaches."""
    found = await session.scalar(select(Shift).where(Shift.id == shift_id, Shift.unit_id.in_(_reached(actor))))
    if found is None:
        raise not_found("shift")
    return found


async def units_reached(session: AsyncSession, actor: Actor) -> Sequence[OrgUnit]:
    return (await session.scalars(select(OrgUnit).where(OrgUnit.id.in_(_reached(actor))).order_by(OrgUnit.code))).all()


async def regions_of_unit(session: AsyncSession, unit_id: str) -> list[str]:
    reach = unit_regions()
    return list(await session.scalars(select(reach.c.region_id).where(reach.c.unit_id == unit_id)))


def _reached(actor: Actor) -> Any:
    if actor.scope(Action.TICKET_READ) == Scope.ALL:
        return select(OrgUnit.id)
    reach = unit_regions()
    beyond = select(reach.c.unit_id).where(reach.c.region_id.not_in(actor.regions))
    return select(reach.c.unit_id).where(reach.c.region_id.in_(actor.regions), reach.c.unit_id.not_in(beyond))


async def save_shift(session: AsyncSession, shift_id: str, details: ShiftDetails, by: str, at: datetime) -> None:
    """Made, or changed as a whole."""
    shift = await session.get(Shift, shift_id) or Shift(id=shift_id)
    shift.name, shift.unit_id, shift.zone = details.name, details.unit_id, details.zone
    shift.week = details.week.model_dump(mode="json")
    shift.starts_on, shift.ends_on = details.starts_on, details.ends_on
    shift.changed_by, shift.changed_at = by, at
    session.add(shift)
    await session.flush()
    await session.execute(delete(ShiftPerson).where(ShiftPerson.shift_id == shift_id))
    session.add_all(ShiftPerson(shift_id=shift_id, person_id=person) for person in sorted(set(details.people)))
