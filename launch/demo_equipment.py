"""The demo company's register of equipment: under warranty and out of it, with maintenance planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.equipment import Equipment
from db.outbox import enqueue
from workflows.maintenance import MAINTENANCE

MACHINES = (
    ("hengyuan", "GW-10 冷链网关", "GW10-24-0117", "GW-10", "杭州仓", 400, 90, 12),
    ("hengyuan", "GW-10 冷链网关", "GW10-24-0118", "GW-10", "嘉兴仓", 400, 90, 34),
    ("harbour", "C-200 cold room", "C200-22-0042", "C-200", "Dock 3", -60, 180, 5),
    ("hengyuan", "T-5 温度记录仪", "T5-23-2210", "T-5", "杭州仓", -20, None, None),
)
"""Customer, model, serial number, product, place, days of warranty left, cycle in days, days until it is due."""


async def load_equipment(
    session: AsyncSession, ids: dict[str, str], customers: dict[str, tuple[str, str, str]]
) -> None:  # fmt: skip
    """Each once, by its serial number; the timer of their maintenance begins with them."""
    morning = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for customer, model, serial, product, place, warranty, cycle, due in MACHINES:
        if customer not in customers:
            continue
        customer_id = customers[customer][0]
        row = insert(Equipment).values(
            id=str(uuid5(UUID(customer_id), serial)), customer_id=customer_id, region_id=ids["east"],
            serial_number=serial, model=model, product=product, place=place, created_by=ids["shen.yu"], active=True,
            warranty_until=morning.date() + timedelta(days=warranty), version=1,
            every=timedelta(days=cycle) if cycle else None, next_at=morning + timedelta(days=due) if due else None,
        )  # fmt: skip
        await session.execute(row.on_conflict_do_nothing())
    process = {"workflow": "MaintenanceWorkflow", "id": MAINTENANCE, "input": {}}
    news = {"signal": "register_changed", "message": {"equipment_id": ids["east"]}}
    await enqueue(session, "equipment/demo", "start", process | news)
