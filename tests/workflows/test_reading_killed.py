"""Whoever reads a contract is killed with kill -9 in the middle: the check ends in the right state, and ends."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.workflows.checking import a_contract, checked, submit_document
from tests.workflows.office import YUAN, Office

RISKY = "甲方应在收到发票之日起90日内付款。"


def child_reading(script: str) -> int | None:
    """The process that runs this script for one of ours, of this test's own."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            above = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if script.encode() in words and os.getpid() in (parent, above):
            return int(process.name)
    return None


@pytest.mark.parametrize(
    ("script", "limit"), [("activities.clause_rows:examine", "seconds"), ("document_child.py", "memory")]
)
async def test_a_killed_child_leaves_the_document_to_legal(office: Office, script: str, limit: str) -> None:
    deal, contract = await office.negotiating(40_000 * YUAN)
    killed = asyncio.create_task(_kill(script))
    await submit_document(office, contract, a_contract(RISKY, total="40000.00"))
    await killed
    task = await office.open_task("review_contract", line_id=deal.line_id)
    check, found = await checked(office, contract)
    assert (check.state, check.limit, check.level, found) == ("refused", limit, "high", {})
    assert task.params["state"] == "refused"


async def _kill(script: str) -> None:
    async with asyncio.timeout(60):
        while (child := child_reading(script)) is None:
            await asyncio.sleep(0.005)
    os.kill(child, signal.SIGKILL)
