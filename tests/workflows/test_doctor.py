"""Rows that were lost, or say what is no longer true, are found by the doctor and mended."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, update

from api.services import Services
from commands.doctor import NO_CASES, Difference, compare, mend
from commands.lead_intake import NewLead
from db.base import new_id
from db.process import Process, Task
from worker.main import WORKFLOWS
from workflows import process
from workflows.lead import lead_workflow_id

pytestmark = pytest.mark.usefixtures("worker")


class Clinic:
    def __init__(self, services: Services) -> None:
        self.db, self.client, self.queue = services.db, services.temporal, services.settings.task_queue
        self.leads = services.leads

    async def running_lead(self) -> str:
        """The workflow's id, once its row is there and Temporal's list has it."""
        lead_id = await self.leads.capture(NewLead(source="form", company="蓝港食品", name="周明", region="east"))
        workflow_id = lead_workflow_id(lead_id)
        async with asyncio.timeout(30):
            while True:
                if await self.ready(workflow_id):
                    return workflow_id
                await asyncio.sleep(0)

    async def ready(self, workflow_id: str) -> bool:
        listed = [w async for w in self.client.list_workflows(f"WorkflowId = '{workflow_id}'")]
        return bool(listed and await self.tasks(workflow_id))

    async def tasks(self, workflow_id: str) -> int:
        async with self.db.session() as session:
            open_tasks = select(func.count()).where(Task.workflow_id == workflow_id, Task.status == "open")
            return (await session.scalars(open_tasks)).one()

    async def spoil(self, workflow_id: str, **values: object) -> None:
        async with self.db.session() as session:
            await session.execute(update(Process).where(Process.workflow_id == workflow_id).values(**values))

    async def differences(self) -> dict[str, Difference]:
        return {found.workflow_id: found async for found in compare(self.db, self.client, self.queue)}

    async def mend(self, difference: Difference) -> bool:
        return await mend(self.db, self.client, self.queue, difference)


@pytest.fixture
def clinic(app: FastAPI) -> Clinic:
    return Clinic(app.state.services)


async def test_nothing_differs_while_all_goes_well(clinic: Clinic) -> None:
    await clinic.running_lead()
    assert await clinic.differences() == {}


async def test_rows_that_were_lost_are_written_anew(clinic: Clinic) -> None:
    lost, behind, closed = [await clinic.running_lead() for _ in range(3)]
    asked = await clinic.tasks(lost)
    assert asked
    async with clinic.db.session() as session:
        await session.execute(delete(Process).where(Process.workflow_id == lost))
        await session.execute(delete(Task).where(Task.workflow_id == lost))
    await clinic.spoil(behind, revision=1)
    await clinic.spoil(closed, closed_at=func.now(), outcome="won")

    found = await clinic.differences()
    assert {key: found[key].kind for key in found} == {
        lost: "row_missing",
        behind: "row_behind",
        closed: "row_closed",
    }
    assert [await clinic.mend(difference) for difference in found.values()] == [True] * 3
    assert await clinic.differences() == {}
    assert await clinic.tasks(lost) == asked


async def test_a_row_whose_process_is_no_more_says_so_and_asks_nobody(clinic: Clinic) -> None:
    ended, gone = await clinic.running_lead(), f"lead/{uuid4()}"
    await clinic.client.get_workflow_handle(ended).terminate("the server's data was lost")
    async with clinic.db.session() as session:
        session.add(
            Process(
                workflow_id=gone, kind="lead", record_id=new_id(), line_id=new_id(), run_id="", revision=1,
                stage="assigned", waiting=[], opened_at=func.now(), changed_at=func.now(), policies={},
            )
        )  # fmt: skip
    found = await clinic.differences()
    assert (found[ended].kind, found[ended].status) == ("workflow_ended", "TERMINATED")
    assert found[gone].kind == "workflow_gone"
    assert [await clinic.mend(difference) for difference in found.values()] == [True, True]
    assert await clinic.differences() == {}
    assert await clinic.tasks(ended) == 0


def test_whatever_is_no_case_is_not_looked_for_among_the_rows() -> None:
    without = {made.__name__ for made in WORKFLOWS if not issubclass(made, process.Process)}
    assert without == set(NO_CASES)
