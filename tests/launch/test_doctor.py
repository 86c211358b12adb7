"""`throughline doctor`: what it finds, in an order a person reads, and what it says to do."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import get_args

import pytest
from pydantic import SecretStr

from commands.doctor import Kind
from db.base import new_id
from db.engine import Database
from db.process import Process
from launch.doctor import examine
from launch.drift import WORDS
from launch.finding import Finding
from settings import Settings


async def findings(settings: Settings, *, mending: bool = False) -> dict[str, Finding]:
    return {finding.what: finding async for finding in examine(settings, mending=mending)}


async def open_row(db: Database) -> str:
    """Of a case that Temporal has never heard of."""
    now, record_id = datetime.now(UTC), new_id()
    row = Process(
        workflow_id=f"deal/{record_id}", kind="deal", record_id=record_id, line_id=record_id, run_id=new_id(),
        revision=1, stage="contact", waiting=[], opened_at=now, changed_at=now, policies={},
    )  # fmt: skip
    async with db.session() as session:
        session.add(row)
    return f"deal/{record_id}"


@pytest.mark.usefixtures("worker")
async def test_a_sound_installation_has_nothing_to_be_done(settings: Settings) -> None:
    found = await findings(settings)
    assert [finding for finding in found.values() if finding.advice] == []
    assert found["Text"].found == "UTF-8, every alphabet"
    assert found["Workers"].found == "1, 0 tasks wait"
    assert found["Cases"].found == "every case is seen as it stands"


@pytest.mark.usefixtures("worker")
async def test_a_case_that_only_looks_open_is_found_and_mended_on_request(settings: Settings, db: Database) -> None:
    workflow_id = await open_row(db)
    found = await findings(settings)
    assert found[workflow_id].found == "Temporal does not know it, and it looks open"
    assert found[workflow_id].advice == "Run `throughline doctor --mend`."
    assert (await findings(settings, mending=True))[workflow_id].advice == ""
    assert (await findings(settings))["Cases"].found == "every case is seen as it stands"


@pytest.mark.usefixtures("servers")
async def test_without_a_worker_cases_are_not_compared(settings: Settings) -> None:
    found = await findings(settings.model_copy(update={"task_queue": "nobody"}))
    assert found["Workers"].advice == "Start `throughline up` or `throughline worker`."
    assert found["Cases"].found == "not compared: there is no worker to answer for them"


async def test_servers_that_are_away_and_a_full_disk_are_findings_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    away = SecretStr("postgresql://throughline:secret@127.0.0.1:1/throughline")
    found = await findings(settings.model_copy(update={"database_url": away}))
    assert found["Disk"].advice.startswith("Free some space")
    assert found["PostgreSQL"].advice.startswith("PostgreSQL cannot be reached: ")
    assert "secret" not in found["PostgreSQL"].advice
    assert found["Temporal"].advice == "Temporal cannot be reached at 127.0.0.1:1."


def test_every_difference_has_its_words() -> None:
    assert set(WORDS) == set(get_args(Kind))
