"""Absences: whose tasks others have meanwhile. They are read anew whenever somebody acts, so that no task waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Index, Select, and_, func, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.holder import holding
from db.person import Person, member_of, members, team_of
from domain.absence import Away, Roster
from domain.access import Action, Actor, Scope
from domain.refusal import not_found

OPEN = ("coming", "away")


class Absence(Base):
    """Written by AbsenceWorkflow. From `starts_at` until `ends_at`, which is no longer part of it."""

    __tablename__ = "absence"

    id: Mapped[Id]
    person_id: Mapped[Ref]
    substitute: Mapped[str]  # a holder key (domain.access)
    kinds: Mapped[list[str]]  # of tasks; none: all
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    reason: Mapped[str | None]
    stage: Mapped[str]  # coming, away, over, cancelled
    created_by: Mapped[Ref]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_absence_open", "starts_at", postgresql_where=text("stage in ('coming', 'away')")),
        Index("ix_absence_person", "person_id", text("starts_at desc")),
    )

    @property
    def away(self) -> Away:
        return Away(self.person_id, self.substitute, frozenset(self.kinds))


def holds_at(at: datetime | None = None) -> ColumnElement[bool]:
    """Absences in force at an instant; None: now, as the database's clock has it."""
    moment = func.now() if at is None else at
    return and_(Absence.stage.in_(OPEN), Absence.starts_at <= moment, Absence.ends_at > moment)


def _away(at: datetime | None = None) -> Select[str, str, list[str]]:
    return select(Absence.person_id, Absence.substitute, Absence.kinds).where(holds_at(at))


AWAY_NOW = _away()
"""Made once: it is asked with every request."""


async def away_at(session: AsyncSession, at: datetime | None = None) -> list[Away]:
    found = await session.execute(AWAY_NOW if at is None else _away(at))
    return [Away(person, substitute, frozenset(kinds)) for person, substitute, kinds in found]


async def roster(session: AsyncSession, away: Sequence[Away]) -> Roster:
    """With everybody concerned who is with the company: the absent, and whoever holds their substitutes' keys."""
    if not away:
        return Roster((), ())
    named = or_(Person.id.in_({one.person for one in away}), Person.id.in_(holding({one.substitute for one in away})))
    found = await session.execute(members().where(Person.active, named))
    return Roster(away, [member_of(row).authority for row in found])


async def roster_during(session: AsyncSession, absence_id: str, own: Away, at: datetime) -> Roster:
    """As it is while this absence is in force, whatever its row says already."""
    others = await session.scalars(select(Absence).where(holds_at(at), Absence.id != absence_id))
    return await roster(session, [own, *(other.away for other in others)])


async def find_absence(session: AsyncSession, actor: Actor, absence_id: str) -> Absence:
    """Raises Refused (404) where there is none that this person may see."""
    found = await session.scalar(select(Absence).where(Absence.id == absence_id, _within(actor)))
    if found is None:
        raise not_found("absence")
    return found


async def list_absences(
    session: AsyncSession, actor: Actor, *, person_id: str | None = None, past: bool = False, limit: int = 200
) -> Sequence[Absence]:
    """Those of oneself, of the people below, and those one stands in for; all for who manages people.

    Those that are over come last first, the others in order of their start.
    """
    query = select(Absence).where(_within(actor), Absence.stage.not_in(OPEN) if past else Absence.stage.in_(OPEN))
    if person_id:
        query = query.where(Absence.person_id == person_id)
    order = (Absence.starts_at.desc(), Absence.id) if past else (Absence.starts_at, Absence.id)
    return (await session.scalars(query.order_by(*order).limit(limit))).all()


def _within(actor: Actor) -> ColumnElement[bool]:
    if actor.scope(Action.PEOPLE_MANAGE) == Scope.ALL:
        return true()
    return or_(Absence.person_id.in_(team_of(actor.id)), Absence.substitute.in_(actor.holder_keys))


async def sharing(
    session: AsyncSession, starts_at: datetime, ends_at: datetime, *, but: str | None = None
) -> list[Absence]:
    """Absences, coming or under way, that share a moment with this time, without the one named."""
    shared = (Absence.stage.in_(OPEN), Absence.starts_at < ends_at, Absence.ends_at > starts_at)
    return [one for one in await session.scalars(select(Absence).where(*shared)) if one.id != but]


async def nobody_from(
    session: AsyncSession, away: Away, starts_at: datetime, others: Sequence[Absence]
) -> datetime | None:
    """The first moment of an absence at which nobody has some of its tasks, the substitutes being away as well.

    `others` are all that share a moment with it; None: somebody is there at every moment.
    """
    for moment in sorted({starts_at, *(one.starts_at for one in others if one.starts_at > starts_at)}):
        then = [one.away for one in others if one.starts_at <= moment < one.ends_at]
        if (await roster(session, [*then, away])).unattended(away.person):
            return moment
    return None


async def current_absence(session: AsyncSession, person_id: str) -> tuple[Absence, frozenset[str]] | None:
    """The absence somebody is on now, and who has their tasks meanwhile; nobody where the substitutes are away too."""
    found = await session.scalar(select(Absence).where(holds_at(), Absence.person_id == person_id).limit(1))
    if found is None:
        return None
    return found, (await roster(session, await away_at(session))).takers_of(person_id)
