"""What every process promises: nothing lost when PostgreSQL is away, nothing doubled over a turn to a new run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from commands.lead_intake import NewLead
from db.base import new_id
from db.deal import Deal
from db.engine import Database
from db.process import Process, TimelineEvent
from domain.process import Command
from domain.refusal import Refused
from settings import Settings
from tests.workflows.office import YUAN, Office, open_office
from worker.main import build_worker
from workflows.deal import DealWorkflow


class Wire:
    """A TCP line to PostgreSQL that can be cut and mended."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.cut = False
        self.ends: set[asyncio.StreamWriter] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        self.ends |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(65_536):
                writer.write(block)
        except ConnectionError:
            pass
        writer.close()

    def sever(self) -> None:
        self.cut = True
        for end in self.ends:
            end.close()
        self.ends.clear()


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[tuple[Database, Wire]]:
    parsed = make_url(url)
    wire = Wire(parsed.host or "127.0.0.1", parsed.port or 5432)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(parsed.set(host="127.0.0.1", port=port).render_as_string(hide_password=False))
    try:
        yield database, wire
    finally:
        wire.sever()
        await database.close()
        server.close()


async def test_while_the_database_is_away_a_move_is_taken_and_its_row_follows(
    db: Database, people: dict[str, str], settings: Settings, database_url: str
) -> None:
    async with wired(database_url) as (far, wire), open_office(db, people, settings, worker_db=far) as office:
        deal = await office.deal(10_000 * YUAN)
        wire.sever()
        mover = await office.actor("li.wei")
        answer = await office.deals.move(mover, uuid4().hex, deal.id, from_stage="contact", to_stage="needs")
        assert not answer.seen
        before = await office.row(Deal, id=deal.id)
        assert before is not None
        assert before.stage == "contact"
        wire.cut = False
        shown = await office.deal_when(deal.id, stage="needs")
        assert shown.revision >= answer.revision
        assert (await office.line(deal.line_id)).count("deal.moved") == 1


async def test_turning_to_new_runs_loses_and_doubles_nothing(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    async with open_office(db, people, settings, suggest_new_run_after=40) as office:
        deal = await office.deal(10_000 * YUAN)
        owner = await office.actor("li.wei")
        first_run = (await office.row(Process, record_id=deal.id)).run_id  # type: ignore[union-attr]
        keys = [uuid4().hex for _ in range(30)]
        first = [await office.deals.note(owner, key, deal.id, how="call", note=key) for key in keys]
        again = [await office.deals.note(owner, key, deal.id, how="call", note=key) for key in keys[:5]]
        assert [a.revision for a in again] == [a.revision for a in first[:5]]
        process = await office.row(Process, record_id=deal.id)
        assert process is not None
        assert process.run_id != first_run
        events = await office.rows(TimelineEvent, record_id=deal.id, kind="deal.followed_up")
        assert sorted(e.params["note"] for e in events) == sorted(keys)
        assert len({e.revision for e in events}) == len(keys)


async def test_who_clicks_again_on_what_has_ended_needs_no_worker_to_be_answered(
    db: Database, people: dict[str, str], settings: Settings
) -> None:
    """In a rush, or while the worker restarts: the first answer, also an earlier run's, else a refusal."""
    async with open_office(db, people, settings, suggest_new_run_after=40, working=False) as office:
        async with build_worker(office.env.client, db, settings):
            lead, owner = await office.lead(owner="li.wei"), await office.actor("li.wei")
            keys = [uuid4().hex for _ in range(10)]
            first = [await office.leads.contact(owner, key, lead.id, how="call", note=key) for key in keys]
            key = uuid4().hex
            last = await office.leads.dismiss(owner, key, lead.id, reason="not_real")
            process = office.env.client.get_workflow_handle(f"lead/{lead.id}")
            await process.result()
            begun = (await anext(process.fetch_history_events())).workflow_execution_started_event_attributes
            assert begun.continued_execution_run_id
        again = await office.leads.contact(owner, keys[0], lead.id, how="call", note=keys[0])
        assert (again.seen, again.revision) == (True, first[0].revision)
        assert (await office.leads.dismiss(owner, key, lead.id, reason="not_real")).revision == last.revision
        with pytest.raises(Refused, match="process_ended"):
            await office.leads.dismiss(owner, uuid4().hex, lead.id, reason="not_real")


async def test_what_the_server_does_not_know_has_ended_or_not_begun_as_its_row_says(office: Office) -> None:
    manager = await office.actor("zhao.min")
    new = NewLead(source="form", company="尚未开始", name="周明", region="east")
    lead_id = await office.leads.capture(new)  # its process begins with the relay
    with pytest.raises(Refused, match="not_confirmed"):
        await office.leads.contact(manager, uuid4().hex, lead_id, how="call", note="")
    now = datetime.now(UTC)
    ended = Process(
        workflow_id=f"deal/{uuid4()}", run_id="", kind="deal", record_id=new_id(), line_id=new_id(), stage="lost",
        opened_at=now, changed_at=now, closed_at=now, revision=1, policies={}, waiting=[],
    )  # fmt: skip
    async with office.db.session() as session:
        session.add(ended)
    command = Command(actor=manager, key=uuid4().hex)
    with pytest.raises(Refused, match="process_ended"):
        await office.desk.send(manager, command.key, ended.workflow_id, DealWorkflow.opened, command)


async def test_ten_at_once_on_one_deal_make_one_move(office: Office) -> None:
    deal = await office.deal(10_000 * YUAN)
    mover = await office.actor("li.wei")
    ends = await asyncio.gather(
        *(office.deals.move(mover, uuid4().hex, deal.id, from_stage="contact", to_stage="needs") for _ in range(10)),
        return_exceptions=True,
    )
    refused = [e for e in ends if isinstance(e, Refused)]
    assert len(refused) == 9
    assert {e.code for e in refused} <= {"moved_meanwhile", "not_confirmed"}
    assert (await office.line(deal.line_id)).count("deal.moved") == 1


async def test_a_process_shows_why_it_waits_to_people_and_in_the_temporal_ui(office: Office) -> None:
    deal, contract = await office.submitted(10_000 * YUAN)
    await office.open_task("approve", line_id=deal.line_id)
    row = await office.until(lambda: office.row(Process, record_id=contract.id, stage="in_approval"), "the row")
    assert [w["reason"] for w in row.waiting] == ["contract.in_approval"]
    approval = await office.row(Process, line_id=deal.line_id, kind="approval")
    assert approval is not None
    assert approval.waiting[0]["holders"] == [f"role:regional_manager:{office.people['east']}"]
    described = await office.env.client.get_workflow_handle(approval.workflow_id).describe()
    shown = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert shown["CrmStage"] == "open"
    assert shown["CrmLine"] == deal.line_id
    assert shown["CrmAmount"] == 10_000
