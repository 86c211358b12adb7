"""Open tickets with clocks that begin in the midst of their lives, each with one instant that falls due next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from temporalio.service import RPCError

from activities.ticket import TicketState
from bench.scene import Scene
from db.base import new_id
from db.customer import Customer
from db.person import OrgUnit, Person
from db.ticket import Ticket
from domain.sla import Rung
from domain.ticket_clock import Happened, TicketClock
from workflows.ticket_message import TicketStart, ticket_workflow_id

AT_ONCE = 25
TARGET = timedelta(hours=8)
MARKS = ("amber", "red", "breach", "rung.0")
"""What falls due: one of them in turn."""
CUSTOMERS = 500
QUEUES = ("repair", "complaints", "questions", "orders")


class Place(NamedTuple):
    """Where the tickets are, and who has them."""

    region: str
    agents: Sequence[str]
    customers: Sequence[str]


async def place(ready: Scene) -> Place:
    async with ready.db.session() as session:
        region = (await session.scalars(select(OrgUnit.id).where(OrgUnit.code == "east"))).one()
        agents = await session.scalars(select(Person.id).where(Person.email.op("~")("^(gao.fei|song.dan|shen.yu)@")))
        rows: list[dict[str, Any]] = [
            {"id": new_id(), "name": f"第 {no} 客户", "origin": f"bench/{no}"} for no in range(CUSTOMERS)
        ]
        await session.execute(insert(Customer), rows)
        return Place(region, agents.all(), [row["id"] for row in rows])


async def begin(ready: Scene, where: Place, first: int, dues: Iterable[tuple[datetime, str]]) -> list[str]:
    """A ticket for each instant and mark: its row, and its process. Numbered from `first` on."""
    states = [_state(where, first + no, at, mark) for no, (at, mark) in enumerate(dues)]
    async with ready.db.session() as session:
        await session.execute(insert(Ticket), [_row(state) for state in states])
    turn = asyncio.Semaphore(AT_ONCE)

    async def start(state: TicketState) -> None:
        async with turn:
            begun = TicketStart(
                ticket_id=state.record_id, number=state.title, region_id=where.region, customer_id=state.customer_id,
                owner_id=state.owner_id, opened_at=state.opened_at or datetime.now(UTC), state=state,
            )  # fmt: skip
            while True:
                with suppress(RPCError):  # the server may be slow to answer so many
                    workflow_id = ticket_workflow_id(state.record_id)
                    return await ready.tasks.desk.processes.start("TicketWorkflow", begun, workflow_id)

    await asyncio.gather(*(start(state) for state in states))
    return [state.record_id for state in states]


def _state(where: Place, no: int, at: datetime, mark: str) -> TicketState:
    """Assigned for hours, answered once, and with `mark` due at that instant; nothing else is for hours."""
    share = {"amber": 0.6, "red": 0.85}.get(mark, 1.0)
    later = timedelta(hours=12)
    started = at - (TARGET * share if mark != "rung.0" else TARGET + later)
    clock = TicketClock(
        no=1, kind="resolution", row="otherwise", calendar="always", started_at=started, target=TARGET,
        amber_at=started + TARGET * 0.6, red_at=started + TARGET * 0.85, due_at=started + TARGET,
        rungs=[started + TARGET + later], ladder=[Rung.model_validate({"after": "PT12H", "act": "notify",
        "who": "assignee"})], done=list(MARKS[: MARKS.index(mark)]),
    )  # fmt: skip
    ticket_id = new_id()
    return TicketState(
        record_id=ticket_id, line_id=ticket_id, region_id=where.region, owner_id=where.agents[no % len(where.agents)],
        customer_id=where.customers[no % len(where.customers)], title=f"T-2020-{no:06d}", stage="assigned",
        channel="mail", queue=QUEUES[no % len(QUEUES)], received=True, policies={"sla": 1, "calendar": 1, "service": 1},
        opened_at=started, changed_at=started, clocks=[clock], last_said_at=started, said_at=started,
        history=[Happened(at=started, what="opened", facts={"tier": "standard", "ticket_kind": "question",
        "channel": "mail", "priority": "normal"})],
    )  # fmt: skip


def _row(state: TicketState) -> dict[str, Any]:
    return {
        "id": state.record_id, "number": state.title, "subject": f"网关离线，重启无效（{state.title}）",
        "channel": "mail", "language": "zh_CN", "opened_at": state.opened_at, "kind": "question",
        "priority": "normal", "stage": "new",
        "region_id": state.region_id, "customer_id": state.customer_id, "tier": "standard", "sentiment_words": [],
        "breached": 0, "revision": 0,
    }  # fmt: skip
