"""The ticket of a maintenance that fell due: the relay opens it from the entry that the timer left, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commands.ticket_intake import Inbound, TicketIntake
from db.customer import Customer
from db.equipment import Equipment, region_code
from locales import N_, translate

TITLE = N_("Maintenance: %(model)s, %(serial)s")
TEXT = N_("Maintenance is due on %(day)s.")


class Maintenance:
    def __init__(self, intake: TicketIntake) -> None:
        self.intake = intake
        self.desk = intake.desk

    async def open_ticket(self, key: str, entry: dict[str, Any]) -> None:
        """`entry`: the equipment and when it fell due. What was taken out of use or removed meanwhile needs none."""
        async with self.desk.db.session("maintenance") as session:
            machine = await session.get(Equipment, entry["equipment"])
            if machine is None or not machine.active:
                return
            customer = await session.get_one(Customer, machine.customer_id)
            region = await region_code(session, machine.region_id)
        language = customer.language or self.desk.settings.language
        day = datetime.fromisoformat(entry["due"]).astimezone(ZoneInfo(self.desk.settings.zone)).date()
        say = translate(language).gettext
        inbound = Inbound(
            channel="timer", kind="maintenance", customer_id=customer.id, equipment_id=machine.id, region=region,
            product=machine.product, language=language, text=say(TEXT) % {"day": day.isoformat()},
            subject=say(TITLE) % {"model": machine.model, "serial": machine.serial_number},
        )  # fmt: skip
        await self.intake.receive(inbound, key)
