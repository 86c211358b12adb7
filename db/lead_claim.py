"""Leads claimed out of the pool, counted by the day: each is noted before it is claimed, and forgotten if it fails."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref


class LeadClaim(Base):
    """`key` is the idempotency key it was claimed with: a repeat is not counted again."""

    __tablename__ = "lead_claim"

    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[Ref]
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index("ix_lead_claim_day", "person_id", "at"),)


async def claimed_since(session: AsyncSession, person_id: str, since: datetime, *, besides: str = "") -> int:
    """How many leads somebody claimed since then, other than with this key."""
    query = select(func.count()).where(
        LeadClaim.person_id == person_id, LeadClaim.at >= since, LeadClaim.key != besides
    )
    return (await session.scalars(query)).one()


async def claimed_with(session: AsyncSession, person_id: str, key: str, lead_id: str) -> bool:
    """Whether somebody claimed this lead with this key, or is just doing so."""
    noted = (LeadClaim.person_id == person_id, LeadClaim.key == key, LeadClaim.lead_id == lead_id)
    return await session.scalar(select(LeadClaim.at).where(*noted)) is not None


async def lock_claims(session: AsyncSession, person_id: str) -> None:
    """Until the transaction ends, what this person claims is counted by nobody else."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"lead-claim/{person_id}"))))


async def note_claim(session: AsyncSession, person_id: str, key: str, lead_id: str) -> None:
    noted = insert(LeadClaim).values(person_id=person_id, key=key, lead_id=lead_id)
    await session.execute(noted.on_conflict_do_nothing())


async def forget_claim(session: AsyncSession, person_id: str, key: str, lead_id: str) -> None:
    """Somebody else had it first. A key that claimed another lead before still counts for that one."""
    noted = (LeadClaim.person_id == person_id, LeadClaim.key == key, LeadClaim.lead_id == lead_id)
    await session.execute(delete(LeadClaim).where(*noted))
