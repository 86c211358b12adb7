"""The demo's allocations: one that was carried out a fortnight ago, one that was undone, and who follows twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.allocation import Allocation
from db.allocation_plan import plan
from db.allocation_run import give_next, take_back_next
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_assignment import lay_in_pool
from domain.allocation import Terms, Wanted

NAMES = (
    "越秀检测", "黄埔阀门", "番禺钣金", "顺德注塑", "南海铝材", "三水饮料", "东莞连接器", "惠州锂电", "中山灯饰",
    "江门造纸", "佛山陶机", "肇庆石材",
)  # fmt: skip
SEEDS = (20_261_102, 20_261_116)


async def load_allocations(session: AsyncSession, ids: dict[str, str]) -> None:
    """Once."""
    if await session.scalar(select(exists().where(Customer.origin == "demo/allocation/0"))):
        return
    now = datetime.now(UTC)
    south, manager = ids["south"], ids["huang.bo"]
    for no, name in enumerate(NAMES):
        customer = Customer(
            id=new_id(), name=name, origin=f"demo/allocation/{no}", province="广东", industry="制造", source="展会"
        )
        session.add(customer)
        await session.flush()
        session.add(
            Assignment(
                customer_id=customer.id, region_id=south, tier="CDB"[no % 3], how="imported",
                since=now - timedelta(days=40),
            )
        )  # fmt: skip
    await session.flush()
    await _ran(session, south, manager, Terms(mode="even", wanted=Wanted(sources=("展会",)), most=8), 0, now)
    undone = await _ran(session, south, manager, Terms(mode="each", each=1, wanted=Wanted(sources=("展会",))), 1, now)
    undone.status, undone.undone_by = "undoing", manager
    await session.flush()
    await take_back_next(session, undone.id, 100, now - timedelta(days=1))
    twice = select(Assignment.customer_id).where(Assignment.region_id == ids["east"], Assignment.owner_id.is_not(None))
    first = await session.scalar(twice.order_by(Assignment.since).limit(1))
    if first:
        await lay_in_pool(session, [first], south, tier="B", pool=None, how="assigned", at=now, by=manager)


async def _ran(
    session: AsyncSession, region: str, manager: str, terms: Terms, no: int, now: datetime
) -> Allocation:  # fmt: skip
    at = now - timedelta(days=(14, 2)[no])
    run = await plan(session, region, terms, SEEDS[no], at, asked_by=manager)
    run.status, run.asked_at, run.started_at, run.started_by, run.attempt = "running", at, at, manager, 1
    await session.flush()
    await give_next(session, run.id, 100, at)
    await session.flush()
    return run
