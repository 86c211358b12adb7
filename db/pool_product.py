"""The product line that a customer is of, by which it goes to the pool of that line."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.customer_pool import PoolPolicy

_LINES = text("""
    select cast(c.id as text), coalesce(nullif(c.custom ->> cast(:field as text), ''), (
        select l.product from lead l where l.customer_id = c.id and l.product is not null
        order by l.created_at desc limit 1
    ))
    from customer c where c.id = any(cast(:customers as uuid[]))
""")


async def product_lines(session: AsyncSession, policy: PoolPolicy, customers: Iterable[str]) -> dict[str, str]:
    """By customer, where the policy has pools of product lines: as its own field says, or what its latest lead asked
    about."""
    if not policy.by_product:
        return {}
    asked = {"field": policy.product_field or "", "customers": sorted(set(customers))}
    return {customer: line for customer, line in await session.execute(_LINES, asked) if line}
