"""`throughline sla preview`: one answer a line, whatever stands in the line, and nothing else needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_line_is_answered_and_a_bad_one_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    good = {"id": "f1", "calendar": "office", "start": "2026-11-27T17:55:00+08:00", "target": "PT1H"}
    cases.write_bytes(
        b"\xef\xbb\xbf"
        + json.dumps(good).encode()
        + b'\n\nnonsense\n{"calendar": "24x7", "start": "2026-13-01"}\r\n\xff'
    )
    done = subprocess.run(
        [sys.executable, "-m", "launch.cli", "sla", "preview", str(cases)],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, "")
    assert (answers[0]["id"], answers[0]["due"]) == ("f1", "2026-11-30T01:55:00Z")
    assert [(answer["line"], answer["error"]["code"]) for answer in answers[1:]] == [
        (3, "case_unreadable"), (4, "instant_unreadable"), (5, "case_unreadable"),
    ]  # fmt: skip
    assert answers[2]["error"]["field"] == "start"
    assert list(tmp_path.iterdir()) == [cases]
