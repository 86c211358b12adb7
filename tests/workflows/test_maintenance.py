"""A machine's maintenance asks for itself when it is due: once, in time, whatever was stopped meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from commands.equipment import EquipmentBody, EquipmentCommands
from db.base import new_id
from db.customer import Assignment, Customer
from db.equipment import Equipment
from db.record import Outbox
from domain.equipment import next_due, under_warranty
from domain.refusal import Refused
from tests.workflows.office import Office


async def machine(office: Office, **more: Any) -> str:
    customer_id = new_id()
    async with office.db.session() as session:
        session.add(Customer(id=customer_id, name=f"客户{customer_id[-6:]}"))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=office.people["east"], owner_id=None))
    given = {"serial_number": uuid4().hex, "model": "C-200", **more}
    return await EquipmentCommands(office.desk).add(
        await office.actor("zhao.min"), uuid4().hex, customer_id, EquipmentBody.model_validate(given)
    )


async def asked(office: Office, equipment_id: str) -> list[str]:
    async with office.db.session() as session:
        found = await session.scalars(
            select(Outbox.payload).where(Outbox.kind == "maintenance", Outbox.key.contains(equipment_id))
        )
        return sorted(one["due"] for one in found)


async def due(office: Office, equipment_id: str) -> datetime | None:
    async with office.db.session() as session:
        return (await session.get_one(Equipment, equipment_id)).next_at


async def test_what_is_due_is_asked_for_once_and_the_next_is_planned(office: Office) -> None:
    start = await office.env.get_current_time()
    first = (start + timedelta(hours=30)).replace(microsecond=0)
    later = await machine(office, next_at=first + timedelta(days=200))
    soon = await machine(office, next_at=first, every=timedelta(days=90))
    await office.relay.carry_waiting()
    assert await asked(office, soon) == []

    await office.days_pass(2)
    await office.until(lambda: asked(office, soon), "the first maintenance")
    assert await asked(office, soon) == [first.astimezone(UTC).isoformat()]
    assert await due(office, soon) == first + timedelta(days=90)
    await office.days_pass(90)
    both = [moment.astimezone(UTC).isoformat() for moment in (first, first + timedelta(days=90))]
    assert await office.until(lambda: _all(office, soon, 2), "the second") == both
    assert await asked(office, later) == []


async def _all(office: Office, equipment_id: str, count: int) -> list[str] | None:
    found = await asked(office, equipment_id)
    return found if len(found) == count else None


async def test_a_machine_entered_later_that_is_due_sooner_is_not_late(office: Office) -> None:
    start = await office.env.get_current_time()
    await machine(office, next_at=start + timedelta(days=400))
    await office.relay.carry_waiting()
    sooner = await machine(office, next_at=start + timedelta(hours=3))
    await office.relay.carry_waiting()
    await office.days_pass(0.2)
    assert await office.until(lambda: asked(office, sooner), "the sooner one")
    assert await due(office, sooner) is None
    async with office.db.session() as session:
        await session.execute(update(Equipment).values(active=False))


async def test_a_serial_number_stands_once_and_a_cycle_needs_its_first_day(office: Office) -> None:
    serial = uuid4().hex
    one = await machine(office, serial_number=serial)
    with pytest.raises(Refused) as taken:
        await machine(office, serial_number=serial.upper())
    assert (taken.value.code, taken.value.field) == ("serial_taken", "serial_number")
    with pytest.raises(Refused) as needed:
        await machine(office, every=timedelta(days=1))
    assert (needed.value.code, needed.value.field) == ("field_needed", "next_on")
    register, actor = EquipmentCommands(office.desk), await office.actor("zhao.min")
    changed = EquipmentBody(serial_number=serial, model="C-300", version=1)
    await register.change(actor, "change-1", one, changed)
    await register.change(actor, "change-1", one, changed)
    with pytest.raises(Refused) as stale:
        await register.change(actor, "change-2", one, changed)
    assert stale.value.code == "outdated"
    with pytest.raises(Refused) as unseen:
        await register.change(await office.actor("liang.yan"), "change-3", one, changed)
    assert unseen.value.status in (403, 404)


def test_a_long_stop_makes_one_maintenance_and_keeps_the_rhythm() -> None:
    first, cycle = datetime(2026, 1, 1, 8, tzinfo=UTC), timedelta(days=30)
    assert next_due(first, cycle, first) == first + cycle
    assert next_due(first, cycle, first + timedelta(days=100)) == first + 4 * cycle
    assert next_due(first, None, first) is None
    assert under_warranty(first.date(), first.date())
    assert not under_warranty(first.date(), first.date() + timedelta(days=1))
