"""Tickets taken in: a rush of them, each once."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.services import Services
from commands.ticket_intake import AT_ONCE, Inbound, Received
from db.ticket import Ticket


@pytest.mark.usefixtures("people")
async def test_a_rush_of_tickets_is_taken_in_each_once_and_leaves_connections_to_others(app: FastAPI) -> None:
    services: Services = app.state.services
    busiest = 0

    async def bring_in(no: int) -> Received:
        nonlocal busiest
        taken = await services.tickets.receive(
            Inbound(channel="api", text=f"第 {no} 台停机", region="east"), f"rush-{no}"
        )
        busiest = max(busiest, services.db.engine.pool.checkedout())  # type: ignore[attr-defined]
        return taken

    first = await asyncio.gather(*(bring_in(no) for no in range(40)))
    assert await asyncio.gather(*(bring_in(no) for no in range(40))) == first
    assert busiest <= 2 * AT_ONCE
    async with services.db.session() as session:
        made = select(Ticket.number).where(Ticket.id.in_([one.ticket_id for one in first]))
        numbers = list(await session.scalars(made))
    assert len(numbers) == len(set(numbers)) == 40
