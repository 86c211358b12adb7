"""Histories of finished cases still fit the code: an incompatible change of a process is caught here."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from commands.codec import data_converter
from tests.workflows.office import KEY
from worker.main import WORKFLOWS

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_case_replays(history: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=data_converter(KEY))
    await replayer.replay_workflow(read(history))


def read(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


def test_every_process_has_a_recorded_case() -> None:
    kinds = {path.stem.split("-")[2] for path in HISTORIES}
    assert {
        "lead",
        "deal",
        "contract",
        "approval",
        "collection",
        "absence",
        "signing",
        "ticket",
        "allocation",
        "maintenance",
        "import",
        "import_clearing",
        "customer_match",
        "customer_tier",
        "calendar_feed",
    } <= kinds
