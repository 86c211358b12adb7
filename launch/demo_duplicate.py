"""Customers of the demo company that were entered twice, and the pairs that a comparison found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.customer_match import CustomerMatchRun, keep_pair


class Twin(NamedTuple):
    """Entered once more by somebody: like which of the demo's customers, and with what."""

    like: str
    name: str
    contact: str
    phone: str
    owner: str
    address: str | None = None
    note: str | None = None


TWINS = (
    Twin("blue", "藍港食品股份有限公司", "周明", "+8613800138001", "chen.tao", note="以为是台湾的母公司"),
    Twin("hengyuan", "Heng Yuan Wu Liu Co., Ltd.", "Lin Fang", "+8613800138003", "wang.fang"),
    Twin("kunlun", "上海昆仑机器人有限公司", "郑工", "+8613800138064", "zhou.kai", "上海市浦东新区科苑路88号"),
)


async def load_duplicates(
    session: AsyncSession, ids: dict[str, str], customers: dict[str, tuple[str, str, str]]
) -> None:  # fmt: skip
    """Those that are missing, each with the pair it makes."""
    there = set(await session.scalars(select(Customer.origin).where(Customer.origin.like("demo/twin/%"))))
    for twin in TWINS:
        origin, (like, region_id, _) = f"demo/twin/{twin.like}", customers[twin.like]
        if origin in there:
            continue
        row = Customer(id=new_id(), name=twin.name, origin=origin, address=twin.address, phone=twin.phone)
        session.add(row)
        await session.flush()
        session.add(Contact(customer_id=row.id, name=twin.contact, phone=twin.phone))
        session.add(Assignment(customer_id=row.id, region_id=region_id, owner_id=ids[twin.owner]))
        await session.flush()
        await keep_pair(session, like, row.id, by=ids[twin.owner], note=twin.note)
    if not there:
        now = datetime.now(UTC)
        looked = CustomerMatchRun(
            id=new_id(), started_at=now - timedelta(minutes=1), ended_at=now, parts=1, done=1,
            customers=len(customers) + len(TWINS), compared=len(TWINS), found=len(TWINS),
        )  # fmt: skip
        session.add(looked)
