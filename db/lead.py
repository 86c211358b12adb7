"""Leads as they came in, and where their process stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id
from db.holder import holders
from db.lead_origin import LeadOrigin
from db.matchable import Matchable
from db.person import Person
from domain.access import Role, role_key


class Lead(LeadOrigin, Matchable, Base):
    """The person's words and contact data stand here only; the workflow carries the id."""

    __tablename__ = "lead"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]  # form, api, hand, upload, mail, hook
    company: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    message: Mapped[str | None]
    amount: Mapped[Minor | None]  # what they said they want to spend
    currency: Mapped[str]
    region_id: Mapped[Ref]
    utm: Mapped[dict[str, Any]]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    # written by LeadWorkflow only
    owner_id: Mapped[Ref | None]
    stage: Mapped[str] = mapped_column(default="new")  # new, assigned, contacted, converted, closed
    due_at: Mapped[datetime | None]
    customer_id: Mapped[Ref | None]
    deal_id: Mapped[Ref | None]
    close_reason: Mapped[str | None]
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index("ix_lead_owner", "owner_id", "id"),
        Index("ix_lead_region", "region_id", "id"),
        Index("ix_lead_phone", "phone"),
        Index("ix_lead_email", "email"),
        Index("ix_lead_near_keys", "near_keys", postgresql_using="gin"),
        Index(
            "ix_lead_open",
            "due_at",
            text("id desc"),
            postgresql_where=text("stage in ('new', 'assigned', 'contacted')"),
        ),
    )


class LeadTurn(Base):
    """Who got which lead when: the fair turn, and the answer to a repeat."""

    __tablename__ = "lead_turn"

    lead_id: Mapped[Ref] = mapped_column(primary_key=True)
    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_lead_turn_person", "person_id", text("at desc")),)


async def sellers(session: AsyncSession, region_id: str) -> list[str]:
    """Ids of the people who sell in a region."""
    return await holders(session, [role_key(role, region_id) for role in (Role.SALES, Role.SENIOR_SALES)])


async def next_owner(session: AsyncSession, lead_id: str, region_id: str, without: Sequence[str]) -> str | None:
    """The salesperson of the region whose last turn is longest ago, without those named; None where nobody is left.

    A repeat finds the turn it took before. Turns of one region are taken one after the other.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"lead-turn/{region_id}"))))
    taken = select(LeadTurn.person_id).where(LeadTurn.lead_id == lead_id, LeadTurn.person_id.not_in(without))
    if (owner := await session.scalar(taken)) is not None:
        return owner
    able = await sellers(session, region_id)
    last = select(func.max(LeadTurn.at)).where(LeadTurn.person_id == Person.id).scalar_subquery()
    turn = (
        select(Person.id)
        .where(Person.id.in_(able), Person.id.not_in(without))
        .order_by(last.asc().nulls_first(), Person.id)
        .limit(1)
    )
    if (owner := await session.scalar(turn)) is not None:
        session.add(LeadTurn(lead_id=lead_id, person_id=owner))
    return owner
