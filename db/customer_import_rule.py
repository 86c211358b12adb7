"""New customers of an import given to regions and people by rule, a batch of rows at a time, and their owners told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.customer_assignment import Assigned, assign_by_rule, lay_in_pool
from db.customer_import import CustomerImportBatch
from db.customer_import_stage import Import
from db.customer_portrait import SINGLY, tell_of_many, tell_owners
from db.ownership import AssignmentChange, came

TELLING = -1
"""The number of the batch that tells the owners."""


async def rule_batch(session: AsyncSession, one: Import, no: int, first: int, last: int, at: datetime) -> None:
    """Rows `first` to `last` whose customers are nobody's yet. Where no row of the policy fits, a customer lies in the
    pool of the region it was imported into. Once more, it finds the mark."""
    if not await _marked(session, one, no):
        return
    unplaced = select(Customer.id).where(
        Customer.id.between(one.first_id(first), one.first_id(last)), Customer.import_id == one.id,
        ~select(Assignment.customer_id).where(Assignment.customer_id == Customer.id).exists(),
    )  # fmt: skip
    ids = list(await session.scalars(unplaced.order_by(Customer.id)))
    given = await assign_by_rule(session, ids, way="import", home=one.region_id, at=at, by=one.by_id, run_id=one.id)
    placed = {each.customer_id for each in given}
    rest = [each for each in ids if each not in placed]
    await lay_in_pool(
        session, rest, one.region_id, tier="C", pool=one.pool, how="imported", at=at, by=one.by_id, run_id=one.id
    )


async def tell_ruled(session: AsyncSession, one: Import) -> None:
    """Each owner hears of what the rule gave them: of a few with the portrait of each, of many with one list."""
    if not await _marked(session, one, TELLING):
        return
    change = AssignmentChange
    ruled = (change.run_id == one.id, came("rule"), change.to_id.is_not(None))
    counted = await session.execute(select(change.to_id, func.count()).where(*ruled).group_by(change.to_id))
    few = []
    for owner, num in sorted(counted.all()):
        if owner and num > SINGLY:
            await tell_of_many(session, owner, num, one.id)
        else:
            few.append(owner)
    rows = select(change.customer_id, change.region_id, change.to_id).where(*ruled, change.to_id.in_(few))
    found = await session.execute(rows.order_by(change.id))
    await tell_owners(session, [Assigned(customer, region, owner, "") for customer, region, owner in found])


async def _marked(session: AsyncSession, one: Import, no: int) -> bool:
    mark = insert(CustomerImportBatch).values(import_id=one.id, kind="rule", no=no)
    done = await session.scalar(mark.on_conflict_do_nothing().returning(CustomerImportBatch.no))
    return done is not None
