"""What somebody looks for among the customers: which are theirs, which lie in their pools, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, false, or_

from db.customer import Assignment, Customer
from db.customer_filter import Looking, assignments_within, holds
from db.customer_order import Sort
from db.customer_search import is_named
from db.scope import CustomerPaths, assignments_apart, customers_within, paths_to_customers
from domain.customer_filter import EVERYBODY, Group, tests


@dataclass(frozen=True)
class Sought:
    """What is looked for. With a text the newest come first, however else they would be sorted. By what a region says
    (db/customer_order.py) there is a row for each region that says it, and none for the others."""

    looking: Looking
    text: str = ""
    conditions: Group = EVERYBODY
    sort: Sort = "newest"

    def within(self, *, few: bool = False) -> list[ColumnElement[bool]]:
        """Theirs; `few` as in `customers_within`."""
        return [customers_within(self.looking.actor, few=few), holds(self.conditions, self.looking)]

    @property
    def pools_beside(self) -> bool:
        """Whether those in pools are looked for beside theirs: by what a pool hides nobody may find them."""
        sight = self.looking.sight
        if sight is None or not sight.pools_beside:
            return False
        return not any(one.fact.key in sight.ever_hidden for one in tests(self.conditions))

    def pooled(self, *, few: bool = False) -> list[ColumnElement[bool]] | None:
        """Those seen beside these, for lying in a pool; None where there are none."""
        only = self.looking.sight.only_pooled(few=few) if self.looking.sight and self.pools_beside else None
        return None if only is None else [only, holds(self.conditions, replace(self.looking, pooled=True))]

    def places(self, *, pools: bool, apart: bool) -> list[list[ColumnElement[bool]]]:
        """The same of customers with an assignment: through theirs, and beside them those that lie in `pools`. `apart`:
        in parts that an index has in order."""
        actor = self.looking.actor
        parts = assignments_apart(actor) if apart else [assignments_within(actor)]
        held = holds(self.conditions, self.looking)
        limbs = [[part, Customer.merged_into.is_(None), held] for part in parts]
        if pools and (pooled := self.pooled()) is not None:
            limbs.append([self.lying, *pooled])
        return limbs

    @property
    def numbers(self) -> bool:
        """Whether phone numbers are looked through: not for whom they are hidden or masked."""
        return self.looking.sight is None or self.looking.sight.numbers

    @property
    def seen(self) -> list[ColumnElement[bool]]:
        """Of customers asked one at a time: theirs, and those of their pools; by a text, in pools, only those whose own
        name fits. Numbers and people, which a pool hides, find nobody there."""
        theirs, pooled = and_(*self.within(few=True)), self.pooled(few=True)
        if pooled is None:
            return [theirs]
        if self.text.strip():
            pooled.append(is_named(self.text, Customer.id, name_only=True))
        return [or_(theirs, and_(*pooled))]

    @property
    def paths(self) -> CustomerPaths | None:
        """To theirs, and to those of their pools."""
        actor = self.looking.actor
        paths = paths_to_customers(actor)
        if paths is None or not self.pools_beside:
            return paths
        pools = [and_(Assignment.region_id == here, self.lying) for here in sorted(actor.regions)]
        places = None if paths.places is None else [*paths.places, *pools]
        return paths._replace(regions=sorted({*paths.regions, *actor.regions}), places=places)

    @property
    def lying(self) -> ColumnElement[bool]:
        """Places in the pools they see, those of customers that are theirs among them."""
        return self.looking.sight.pooled() if self.looking.sight else false()
