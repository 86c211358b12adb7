"""Endpoints that other systems send leads and tickets to, signed; and addresses that inbound mail makes leads of."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Ref


class LeadHook(Base):
    """`secret` is sealed; `mapping` says for each field of what it `makes` where it stands in what is sent."""

    __tablename__ = "lead_hook"

    key: Mapped[str] = mapped_column(primary_key=True)
    makes: Mapped[str] = mapped_column(server_default="lead")  # lead, ticket
    name: Mapped[str]
    region_id: Mapped[Ref]
    source: Mapped[str]
    campaign: Mapped[str | None]
    secret: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    sample: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    received: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LeadMailbox(Base):
    """What comes to `address` becomes a lead of the region, under the campaign."""

    __tablename__ = "lead_mailbox"

    address: Mapped[str] = mapped_column(primary_key=True)  # lower case
    region_id: Mapped[Ref]
    campaign: Mapped[str | None]
    source: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


def new_key() -> str:
    return secrets.token_hex(8)


async def list_hooks(session: AsyncSession) -> Sequence[LeadHook]:
    return (await session.scalars(select(LeadHook).order_by(LeadHook.created_at, LeadHook.key))).all()


async def list_mailboxes(session: AsyncSession) -> Sequence[LeadMailbox]:
    return (await session.scalars(select(LeadMailbox).order_by(LeadMailbox.address))).all()


async def find_mailbox(session: AsyncSession, addresses: Sequence[str]) -> LeadMailbox | None:
    """The first of these addresses that mail is taken at."""
    known = select(LeadMailbox).where(LeadMailbox.address.in_(addresses), LeadMailbox.active)
    found = {box.address: box for box in await session.scalars(known)}
    return next((found[address] for address in addresses if address in found), None)
