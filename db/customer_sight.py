"""Which customers somebody sees, and how much: theirs whole, those of their pools as far as the pools show them.

What a pool hides until it is claimed is hidden here, for the pool's own pages, the list, its search and its export.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.pool import Place, PoolReader
from db.scope import customers_within, reach
from domain.access import Action, Actor, Scope


@dataclass(frozen=True)
class CustomerSight:
    actor: Actor
    pools: PoolReader

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor) -> CustomerSight:
        return cls(actor, await PoolReader.of(session, actor))

    @property
    def numbers(self) -> bool:
        """Whether this person may find customers by their phone numbers."""
        return self.pools.readable.numbers

    def pooled(self) -> ColumnElement[bool]:
        """Places in pools that this person sees."""
        return self.pools.lying

    def places(self) -> ColumnElement[bool]:
        """Through which customers are seen: theirs, and those of these pools."""
        theirs = reach(self.actor, Action.CUSTOMER_READ, Assignment.owner_id, Assignment.region_id)
        return or_(theirs, self.pooled())

    def within(self) -> ColumnElement[bool]:
        """Customers of whom this person sees anything."""
        whole, masked = customers_within(self.actor), self.only_pooled()
        return whole if masked is None else or_(whole, masked)

    @property
    def pools_beside(self) -> bool:
        """Whether any are seen for lying in a pool only: whoever sees regions sees their pools anyway."""
        own = self.actor.scope(Action.CUSTOMER_READ) == Scope.OWN
        return own and self.actor.scope(Action.CUSTOMER_CLAIM) is not None

    def only_pooled(self, *, few: bool = False) -> ColumnElement[bool] | None:
        """Those seen for lying in a pool only, None where there are none. `few` as in `customers_within`."""
        if not self.pools_beside:
            return None
        lying = select(Assignment.region_id).where(Assignment.customer_id == Customer.id, self.pooled())
        there = lying.correlate(Customer).exists()  # a list ordered by what regions say reads assignments itself
        return and_(Customer.merged_into.is_(None), there, not_(customers_within(self.actor, few=few)))

    @property
    def ever_hidden(self) -> frozenset[str]:
        """What some pool hides: in pools nobody may search by it, whichever shows it."""
        return frozenset(key for pool in self.pools.policy.pools for key in pool.hidden)

    async def hidden(self, session: AsyncSession, customers: Iterable[str]) -> dict[str, frozenset[str]]:
        """By customer that is seen for lying in a pool: what is not shown. One pool that shows it is enough."""
        found: dict[str, frozenset[str]] = {}
        for place in await self._only_pooled_of(session, customers):
            here = frozenset[str](self.pools.hidden(place))
            found[place.customer_id] = found.get(place.customer_id, here) & here
        return found

    async def place_of(self, session: AsyncSession, customer_id: str) -> Place | None:
        """Where a customer lies that is seen for that only: its page is the pool's."""
        lying = (await self.lying(session, [customer_id])).get(customer_id)
        return (lying.customer_id, lying.region_id) if lying else None

    async def lying(self, session: AsyncSession, customers: Iterable[str]) -> dict[str, Assignment]:
        """Those of the customers that are seen for lying in a pool only, each with where it has lain the longest."""
        return {place.customer_id: place for place in await self._only_pooled_of(session, customers)}

    async def _only_pooled_of(self, session: AsyncSession, customers: Iterable[str]) -> Sequence[Assignment]:
        """Where they lie, those last that have lain the longest."""
        only, asked = self.only_pooled(few=True), list(customers)
        if only is None or not asked:
            return []
        query = select(Assignment).join(Customer, Customer.id == Assignment.customer_id)
        query = query.where(Customer.id.in_(asked), only, self.pooled())
        return (await session.scalars(query.order_by(Assignment.since.desc()))).all()
