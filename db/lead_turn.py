"""The fair turn: who could take a lead, how full their hands are, who got one last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Index, and_, distinct, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.absence import away_at
from db.base import Base, Instant, Ref
from db.holder import holders
from db.lead import Lead
from db.person import OrgUnit, Person, PersonRole, units_within
from domain.access import Role, person_key, role_key
from domain.approver import PersonApprover
from domain.lead_assignment import SELLING, Candidate, Group, RoleGroup

BUSY = ("assigned", "contacted")
"""Stages in which a lead takes room in somebody's hands."""


class LeadTurn(Base):
    """Who got which lead when. While `pending` the lead's own row does not say yet that it is theirs."""

    __tablename__ = "lead_turn"

    lead_id: Mapped[Ref] = mapped_column(primary_key=True)
    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    pending: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index("ix_lead_turn_person", "person_id", text("at desc")),
        Index("ix_lead_turn_pending", "person_id", postgresql_where=text("pending")),
    )


async def lock_turns(session: AsyncSession) -> None:
    """Turns are taken one after the other until the transaction ends: a person may sell in several regions."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("lead-turn"))))


async def pending_turn(session: AsyncSession, lead_id: str, without: Sequence[str]) -> str | None:
    """Who has been given the lead already, and it was not heard: the answer to a repeat."""
    query = select(LeadTurn.person_id).where(LeadTurn.lead_id == lead_id, LeadTurn.pending)
    return await session.scalar(query.where(LeadTurn.person_id.not_in(without)).limit(1))


async def note_turn(session: AsyncSession, lead_id: str, person_id: str) -> None:
    turn = insert(LeadTurn).values(lead_id=lead_id, person_id=person_id, pending=True)
    again = {"at": func.clock_timestamp(), "pending": True}
    await session.execute(turn.on_conflict_do_update(index_elements=["lead_id", "person_id"], set_=again))


async def settle_turns(session: AsyncSession, lead_id: str, settled: Sequence[str], owner_id: str | None) -> None:
    """The lead's row says now whose it is; who got it without a turn has had theirs with it."""
    if owner_id is not None:
        turn = insert(LeadTurn).values(lead_id=lead_id, person_id=owner_id, pending=False)
        await session.execute(turn.on_conflict_do_nothing())
    if settled:
        theirs = (LeadTurn.lead_id == lead_id, LeadTurn.person_id.in_(settled), LeadTurn.pending)
        await session.execute(update(LeadTurn).where(*theirs).values(pending=False))


async def open_leads(session: AsyncSession, people: Iterable[str]) -> dict[str, int]:
    """How many leads each has in hand, with those just given that their rows do not show yet."""
    asked = set(people)
    owned = select(Lead.owner_id.label("person"), Lead.id.label("lead")).where(
        Lead.owner_id.in_(asked), Lead.stage.in_(BUSY)
    )
    given = select(LeadTurn.person_id, LeadTurn.lead_id).where(LeadTurn.person_id.in_(asked), LeadTurn.pending)
    both = owned.union(given).subquery()
    counted = select(both.c.person, func.count(distinct(both.c.lead))).group_by(both.c.person)
    return dict((await session.execute(counted)).all())


async def leads_in_hand(session: AsyncSession, person_id: str) -> Sequence[str]:
    """Ids of the leads that are somebody's now, those that sleep among them."""
    query = select(Lead.id).where(Lead.owner_id == person_id, Lead.stage.in_((*BUSY, "asleep")))
    return (await session.scalars(query)).all()


async def selling_roles(session: AsyncSession, people: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The roles of those who sell, by person; who does not, or has left, is not among them."""
    held = (
        select(PersonRole.person_id, func.array_agg(PersonRole.role))
        .join(Person, and_(Person.id == PersonRole.person_id, Person.active))
        .where(PersonRole.person_id.in_(set(people)), PersonRole.role.in_([role.value for role in SELLING]))
        .group_by(PersonRole.person_id)
    )
    return {person: frozenset(roles) for person, roles in await session.execute(held)}


async def candidates(session: AsyncSession, group: Group, region_id: str, at: datetime) -> list[Candidate]:
    """Everybody of a group who sells, as they stand at this instant."""
    keys = [role_key(Role(one.role), region_id) for one in group.to if isinstance(one, RoleGroup)]
    keys += [person_key(one.person) for one in group.to if isinstance(one, PersonApprover) and one.known]
    people = set(await holders(session, keys)) if keys else set()
    for code in (one.unit for one in group.to if one.by == "unit"):
        unit = await session.scalar(select(OrgUnit.id).where(OrgUnit.code == code))
        if unit is not None:
            found = select(Person.id).where(Person.unit_id.in_(units_within(unit)), Person.active)
            people |= set(await session.scalars(found))
    return await as_candidates(session, people, at)


async def as_candidates(session: AsyncSession, people: Iterable[str], at: datetime) -> list[Candidate]:
    """Those of these people who sell."""
    roles = await selling_roles(session, people)
    if not roles:
        return []
    away = {one.person for one in await away_at(session, at) if one.covers("first_contact")}
    busy = await open_leads(session, roles)
    last = select(LeadTurn.person_id, func.max(LeadTurn.at)).where(LeadTurn.person_id.in_(roles))
    turns = dict((await session.execute(last.group_by(LeadTurn.person_id))).all())
    return [
        Candidate(person, held, busy.get(person, 0), turns.get(person), person in away)
        for person, held in sorted(roles.items())
    ]


async def sells_in(session: AsyncSession, person_id: str, region_id: str) -> bool:
    """Whether this person, who is with the company, sells in the region."""
    keys = [role_key(role, region_id) for role in SELLING]
    return person_id in await holders(session, keys)
