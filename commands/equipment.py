"""The register of customers' equipment, kept by those who look after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.idempotency import claim_once
from db.customer import Assignment, Customer
from db.customer_case import find_customer
from db.equipment import Equipment
from db.outbox import enqueue
from db.scope import customers_within
from domain.access import Action, Actor
from domain.document import Duration
from domain.refusal import Refused, forbidden, invalid, not_found
from domain.text import ON_ONE_LINE
from workflows.maintenance import MAINTENANCE

MORNING = time(8)
"""When a maintenance planned for a day falls due, in the company's zone."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), ON_ONE_LINE]


class EquipmentBody(BaseModel):
    """`every` is the maintenance cycle, `next_at` when the next one is due (or `next_on`, that morning in the company's
    zone). Without a cycle it is due once."""

    model_config = ConfigDict(extra="forbid")

    serial_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), ON_ONE_LINE]
    model: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ON_ONE_LINE]
    product: Line = ""
    place: Line = ""
    warranty_until: date | None = None
    every: Duration | None = Field(None, description="ISO 8601, in days or shorter: P90D.")
    next_at: AwareDatetime | None = None
    next_on: date | None = None
    active: bool = True
    version: int | None = Field(None, description="The one you saw; a change of an older one is refused.")


class EquipmentCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.zone = ZoneInfo(desk.settings.zone)

    async def add(self, actor: Actor, key: str, customer_id: str, body: EquipmentBody) -> str:
        """A machine at a customer's: its id. Raises Refused: 404, 403, 409 serial_taken, 422."""
        actor.require(Action.EQUIPMENT_WORK)
        values = self._values(body)
        try:
            async with self.desk.db.session(actor.id) as session:
                await find_customer(session, actor, customer_id)
                region_id = await self._region(session, actor, customer_id)
                asked = {"customer_id": customer_id, **values}
                claimed = await claim_once(session, actor, key, "AddEquipment", "equipment", asked)
                if claimed.fresh:
                    row = Equipment(
                        id=claimed.id, customer_id=customer_id, region_id=region_id, created_by=actor.id, **values
                    )
                    session.add(row)
                    await _tell(session, claimed.id, 1)
                return claimed.id
        except IntegrityError as error:
            raise _taken(error) from None

    async def change(self, actor: Actor, key: str, equipment_id: str, body: EquipmentBody) -> None:
        """Raises Refused: 404, 403, 409 serial_taken, or outdated where somebody changed it meanwhile."""
        values = self._values(body)
        try:
            async with self.desk.db.session(actor.id) as session:
                row = await equipment_in_sight(session, actor, equipment_id, lock=True)
                if not may_keep(actor, row):
                    raise forbidden(Action.EQUIPMENT_WORK)
                asked = {**values, "version": body.version}
                claimed = await claim_once(session, actor, key, "ChangeEquipment", f"equipment/{row.id}", asked)
                if not claimed.fresh:
                    return
                if body.version not in (None, row.version):
                    raise Refused("outdated", 409)
                for name, value in values.items():
                    setattr(row, name, value)
                row.version += 1
                await _tell(session, row.id, row.version)
        except IntegrityError as error:
            raise _taken(error) from None

    def _values(self, body: EquipmentBody) -> dict[str, object]:
        due = body.next_at
        if due is None and body.next_on is not None:
            due = datetime.combine(body.next_on, MORNING, self.zone).astimezone(UTC)
        if body.every is not None and due is None:
            raise invalid("field_needed", "next_on")
        if body.every is not None and body.every < timedelta(seconds=1):
            raise invalid("cycle_too_short", "every")
        return {
            "serial_number": body.serial_number, "model": body.model, "product": body.product or None,
            "place": body.place or None, "warranty_until": body.warranty_until, "every": body.every, "next_at": due,
            "active": body.active,
        }  # fmt: skip

    async def _region(self, session: AsyncSession, actor: Actor, customer_id: str) -> str:
        """Whose engineers look after it: of the regions that follow the customer, one that this person works in."""
        follows = select(Assignment).where(Assignment.customer_id == customer_id).order_by(Assignment.since)
        for one in await session.scalars(follows):
            if actor.reaches(Action.EQUIPMENT_WORK, owner=one.owner_id, region=one.region_id):
                return one.region_id
        raise forbidden(Action.EQUIPMENT_WORK)


def may_keep(actor: Actor, row: Equipment) -> bool:
    return actor.reaches(Action.EQUIPMENT_WORK, owner=None, region=row.region_id)


async def equipment_in_sight(
    session: AsyncSession, actor: Actor, equipment_id: str, *, lock: bool = False
) -> Equipment:  # fmt: skip
    """Seen by who sees its customer. Raises Refused (404)."""
    query = select(Equipment).join(Customer, Customer.id == Equipment.customer_id)
    query = query.where(Equipment.id == equipment_id, customers_within(actor))
    row = await session.scalar(query.with_for_update(of=Equipment) if lock else query)
    if row is None:
        raise not_found("equipment")
    return row


async def _tell(session: AsyncSession, equipment_id: str, version: int) -> None:
    """The workflow that stands at the earliest maintenance looks anew, and begins where there is none yet."""
    news = {"signal": "register_changed", "message": {"equipment_id": equipment_id}}
    process = {"workflow": "MaintenanceWorkflow", "id": MAINTENANCE, "input": {}}
    await enqueue(session, f"equipment/{equipment_id}/{version}", "start", process | news)


def _taken(error: IntegrityError) -> Exception:
    if "uq_equipment_serial_number" in str(error):
        return Refused("serial_taken", 409, field="serial_number")
    return error
