"""How long signed contracts run, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Index, and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref
from db.contract import Contract
from db.customer import Customer
from domain.contract_term import Terms


class ContractTerm(Base):
    """One a contract, whose id it has. Written by ContractTermWorkflow only."""

    __tablename__ = "contract_term"

    id: Mapped[Id]
    deal_id: Mapped[Ref]
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # running, ending, renewed, ended
    version: Mapped[int]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    notice_days: Mapped[int | None]
    notice_until: Mapped[date | None]
    renews_months: Mapped[int | None]
    warranty_until: Mapped[date | None]
    confirmed_by: Mapped[Ref | None]  # none: as the contract was read
    confirmed_at: Mapped[datetime | None]
    decide_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]  # when something happens by itself
    decision: Mapped[str | None]
    decided_by: Mapped[Ref | None]
    decided_at: Mapped[datetime | None]
    renewal_id: Mapped[Ref | None]  # the deal begun from it
    opened_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_contract_term_ends_on", "ends_on", postgresql_where=text("closed_at is null")),
        Index("ix_contract_term_renewal_id", "renewal_id", postgresql_where=text("renewal_id is not null")),
    )

    @property
    def terms(self) -> Terms:
        return Terms(
            starts_on=self.starts_on, ends_on=self.ends_on, notice_days=self.notice_days,
            renews_months=self.renews_months, warranty_until=self.warranty_until,
        )  # fmt: skip


class Ending(NamedTuple):
    """A contract that ends soon, or of which nobody said when."""

    term: ContractTerm
    contract: Contract
    customer: str


async def terms_with(session: AsyncSession, customer_id: str) -> dict[str, ContractTerm]:
    """The customer's, by contract, those that are over as well."""
    query = select(ContractTerm).where(ContractTerm.customer_id == customer_id)
    return {one.id: one for one in await session.scalars(query)}


async def renewed_from(session: AsyncSession, deal_id: str) -> ContractTerm | None:
    """What the deal renews."""
    return await session.scalar(select(ContractTerm).where(ContractTerm.renewal_id == deal_id).limit(1))


async def ending(
    session: AsyncSession, where: ColumnElement[bool], *, until: date, show: str, limit: int, after: str | None = None
) -> Sequence[Ending]:
    """By the day that comes first: `soon`: what is to be decided or ends until a day; `unknown`: nobody has said when
    it ends; `ended`: what has, the latest first. `where` scopes the rows; `after` is the last one already shown."""
    first = func.least(ContractTerm.notice_until, ContractTerm.ends_on)
    query = (
        select(ContractTerm, Contract, Customer.name)
        .join(Contract, Contract.id == ContractTerm.id)
        .join(Customer, Customer.id == ContractTerm.customer_id)
        .where(where)
    )
    going_on = and_(ContractTerm.closed_at.is_(None), ContractTerm.status != "ended")
    if show == "unknown":
        query = query.where(going_on, ContractTerm.ends_on.is_(None)).order_by(ContractTerm.id)
        query = query.where(ContractTerm.id > after) if after else query
    elif show == "ended":
        query = query.where(~going_on).order_by(ContractTerm.ends_on.desc().nulls_last(), ContractTerm.id.desc())
        if after:
            last = await session.get(ContractTerm, after)
            if last is not None and last.ends_on is not None:
                query = query.where(
                    or_(
                        ContractTerm.ends_on < last.ends_on,
                        ContractTerm.ends_on.is_(None),
                        and_(ContractTerm.ends_on == last.ends_on, ContractTerm.id < after),
                    )
                )
    else:
        query = query.where(going_on, first <= until).order_by(first, ContractTerm.id)
        if after:
            edge = await session.scalar(select(first).where(ContractTerm.id == after))
            if edge is not None:
                query = query.where(or_(first > edge, and_(first == edge, ContractTerm.id > after)))
    return [Ending(*row) for row in (await session.execute(query.limit(limit))).all()]
