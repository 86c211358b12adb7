"""The scene of ticket stories: a customer writes, the process follows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from commands.ticket import TicketCommands
from commands.ticket_intake import Inbound
from db.ticket import Ticket, TicketMessage
from tests.workflows.office import Office


async def came_in(office: Office, text: str = "打印机不出纸了。", **fields: Any) -> Ticket:
    tickets = TicketCommands(office.desk)
    asked = Inbound(channel="form", text=text, email="zhou@lan.example", name="周明", region="east", **fields)
    taken = await tickets.receive(asked, uuid4().hex)
    await office.relay.carry_waiting()
    return await standing(office, taken.ticket_id, "triage")  # no rule knows it


async def standing(office: Office, ticket_id: str, stage: str) -> Ticket:
    return await office.until(lambda: office.row(Ticket, id=ticket_id, stage=stage), f"the ticket {stage}")


async def wrote(office: Office, ticket_id: str, text: str) -> None:
    again = Inbound(channel="mail", text=text, email="zhou@lan.example", ticket_id=ticket_id)
    await TicketCommands(office.desk).receive(again, uuid4().hex)
    await office.relay.carry_waiting()


async def last_said(office: Office, ticket_id: str) -> str:
    said = [one for one in await office.rows(TicketMessage, ticket_id=ticket_id) if one.direction != "note"]
    return max(said, key=lambda one: one.at).id


async def told(office: Office, ticket_id: str, kind: str) -> bool:
    return kind in await office.line(ticket_id)
