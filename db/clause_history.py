"""What a contract's clauses are compared with: contracts that were approved, its deal, its accepted quote."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Contract
from db.contract_check import ContractCheck, ContractFinding
from db.customer import Customer
from db.deal import Deal
from db.quote import Quote
from domain.clause.history import Agreed, Place, band_of
from domain.clause.page import State

RECENT, OF_CUSTOMER = 400, 10
"""Contracts looked at, the newest first: of everybody, and of the customer itself."""


async def place_of(session: AsyncSession, customer_id: str, region_id: str, amount: int) -> Place:
    tier = await session.scalar(select(Customer.service_tier).where(Customer.id == customer_id))
    return Place(region_id, tier or "", band_of(amount))


async def agreed(session: AsyncSession, contract_id: str, customer_id: str, kinds: Sequence[str]) -> list[Agreed]:
    """What the approved versions of other contracts say of these kinds, the newest first.

    Nothing of a document that was not read as a whole, or by OCR only.
    """
    approved = (
        select(ContractCheck.id, ContractCheck.checked_at)
        .join(Contract, (Contract.id == ContractCheck.contract_id) & (Contract.version == ContractCheck.version_no))
        .where(
            Contract.status.in_(("approved", "signed")), ContractCheck.contract_id != contract_id,
            ContractCheck.state == State.TEXT.value, ContractCheck.by_ocr.is_(False),
        )
        .order_by(ContractCheck.checked_at.desc())
    )  # fmt: skip
    recent = approved.limit(RECENT).subquery()
    own = approved.where(Contract.customer_id == customer_id).limit(OF_CUSTOMER).subquery()
    query = (
        select(
            ContractFinding.kind, ContractFinding.value, Contract.region_id, Customer.service_tier, Contract.amount,
            Contract.customer_id,
        )
        .join(ContractCheck, ContractCheck.id == ContractFinding.check_id)
        .join(Contract, Contract.id == ContractCheck.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(
            ContractFinding.kind.in_(kinds),
            ContractCheck.id.in_(select(recent.c.id).union(select(own.c.id))),
        )
        .order_by(ContractCheck.checked_at.desc(), ContractFinding.no)
    )  # fmt: skip
    return [
        Agreed(kind, value, region, tier, band_of(amount), owner == customer_id)
        for kind, value, region, tier, amount, owner in (await session.execute(query)).all()
    ]


async def expected(session: AsyncSession, deal_id: str, currency: str) -> dict[str, set[int]]:
    """What the contract's total should be, in minor units: of its `deal`, and of the `quote` that was accepted, whose
    total may be named with or without tax."""
    found: dict[str, set[int]] = {}
    deal = await session.get(Deal, deal_id)
    if deal is not None and deal.currency == currency:
        found["deal"] = {deal.amount}
    accepted = select(Quote).where(Quote.deal_id == deal_id, Quote.status == "accepted", Quote.currency == currency)
    quote = await session.scalar(accepted.order_by(Quote.opened_at.desc()).limit(1))
    if quote is not None:
        sums = {quote.totals.get(name) for name in ("net", "total")}
        found["quote"] = {quote.amount, *(each for each in sums if isinstance(each, int))}
        found.get("deal", set()).update(found["quote"])
    return found
