"""The worker that reads documents is killed with kill -9 in the middle of a check: another one reads it, once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from db.contract_check import ContractCheck
from db.engine import Database
from settings import Settings
from tests.workflows.checking import a_contract, checked, submit_document
from tests.workflows.office import YUAN, open_office
from worker.main import documents, processes
from workflows.contract_check import DOCUMENTS

pytestmark = pytest.mark.drill

REAL_SERVER = 40_000
"""Events after which a new run is suggested, as no run here has. Such a server has a real clock, and misses workers."""
RISKY = "甲方应在收到发票之日起90日内付款。"


async def test_a_worker_killed_in_a_check_is_missed_and_another_reads_it(
    db: Database, people: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    async with (
        open_office(db, people, settings, working=False, suggest_new_run_after=REAL_SERVER) as office,
        processes(office.env.client, db, settings, True),
    ):
        deal, contract = await office.negotiating(40_000 * YUAN)
        assert settings.database_url is not None
        reading = tmp_path / "reading"
        doomed = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.drills.killed_reader", office.env.client.service_client.config.target_host,
            settings.task_queue + DOCUMENTS, settings.database_url.get_secret_value(), str(reading),
        )  # fmt: skip
        try:
            await submit_document(office, contract, a_contract(RISKY, total="40000.00"))
            async with asyncio.timeout(60):
                while not reading.exists():
                    await asyncio.sleep(0.05)
        finally:
            doomed.kill()
            await doomed.wait()
        assert not await office.rows(ContractCheck, contract_id=contract.id)
        async with documents(office.env.client, db, settings):
            await office.open_task("review_contract", line_id=deal.line_id)
            check, found = await checked(office, contract)
    assert (check.state, found["payment_term"].value) == ("text", "90d")
    assert len(await office.rows(ContractCheck, contract_id=contract.id)) == 1
