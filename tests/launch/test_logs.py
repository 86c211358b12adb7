"""What log lines say, and what they never say."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

LOGGING = """
import logging, structlog
from launch.logs import configure_logs
configure_logs("json")
log = structlog.get_logger("ours")
{lines}
"""


def logged(lines: str) -> list[dict[str, Any]]:
    """In a process of its own: logging is set up once per process."""
    ran = subprocess.run(
        [sys.executable, "-c", LOGGING.format(lines=lines)], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ran.stderr.splitlines()]


def test_a_line_about_a_case_names_it_whoever_logs() -> None:
    ours, bound, temporals = logged(
        'log.info("moved", case="deal/1")\n'
        'structlog.contextvars.bind_contextvars(case="deal/2"); log.info("bound")\n'
        'about = {"workflow_id": "deal/3", "activity_type": "SendMail", "attempt": 2}\n'
        'logging.getLogger("temporalio.activity").warning("sent %s", "late", extra={"temporal_activity": about})'
    )
    assert (ours["event"], ours["case"], ours["level"]) == ("moved", "deal/1", "info")
    assert bound["case"] == "deal/2"
    assert (temporals["event"], temporals["activity"], temporals["attempt"]) == ("sent late", "SendMail", 2)


def test_secrets_are_hidden_in_fields_addresses_and_tracebacks() -> None:
    lines = logged(
        'log.info("a", password="hush1", nested={"api_token": "hush2", "name": "shop"})\n'
        'log.info("cannot reach postgresql://app:hush3@db/crm", header="Bearer hush4.hush5")\n'
        'try: raise ValueError("smtp://me:hush6@mail")\n'
        'except ValueError: logging.getLogger("library").exception("failed for postgresql://app:hush7@db")'
    )
    assert "hush" not in json.dumps(lines)
    assert lines[0]["nested"]["name"] == "shop"
    assert "postgresql://app:***@db/crm" in lines[1]["event"]
    assert "ValueError: smtp://me:***@mail" in lines[2]["exception"]


def test_nothing_that_the_servers_import_silences_them() -> None:
    (said,) = logged('import ui.app, worker.main, launch.cli; log.error("unforeseen error", number="1")')
    assert (said["event"], said["level"]) == ("unforeseen error", "error")
