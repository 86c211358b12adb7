"""`throughline contract check`, on the labelled contracts and on what people type."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LABELLED = Path(os.environ.get("THROUGHLINE_SHARED", ROOT.parent / "shared")) / "contracts"


def run(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launch.cli", "contract", "check", *args]
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def labelled() -> Path:
    for folder in (LABELLED, Path("/work/shared/contracts")):
        if (folder / "labels.jsonl").is_file():
            return folder
    if os.environ.get("CI"):
        pytest.fail("The labelled contracts of ../shared are not there.")
    pytest.skip("The labelled contracts of ../shared are not there.")


def test_labelled_contracts_are_read_as_people_read_them(tmp_path: Path) -> None:
    folder = labelled()
    labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = [row for row in labels if row["kind"] == "_document"]
    manifest = tmp_path / "manifest.jsonl"
    (tmp_path / "pdf").symlink_to(folder / "pdf")
    manifest.write_text("".join(json.dumps({k: row[k] for k in ("file", "our_party")}) + "\n" for row in documents))
    done = run("--manifest", str(manifest))
    assert (done.returncode, done.stderr) == (0, "")
    said = tmp_path / "said.jsonl"
    said.write_text(done.stdout)
    score = subprocess.run(
        [sys.executable, str(folder / "score.py"), str(folder / "labels.jsonl"), str(said)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    figures = {name: float(re.search(rf"{name} ([\d.]+)", score)[1]) for name in ("F1", "page", "place", "risk")}  # type: ignore[index]
    assert figures["F1"] >= 0.95, score
    assert min(figures["page"], figures["place"], figures["risk"]) >= 0.98, score
    assert "recall of high-risk findings 1.000" in score
    assert "state right 30/30" in score


def test_bad_input_is_one_sentence_and_exit_code_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"file": "a.pdf"}\nnot json\n')
    odd = tmp_path / "standard.json"
    odd.write_text('{"rules": {"no_such_kind": {}}}')
    for args, said in [
        ((), "Name the files"),
        (("a.pdf", "--manifest", str(broken)), "Name the files"),
        (("--manifest", str(tmp_path / "none.jsonl")), "cannot be read"),
        (("--manifest", str(broken)), "Line 2"),
        (("a.pdf", "--standard", str(tmp_path / "none.json")), "cannot be read"),
        (("a.pdf", "--standard", str(odd)), "no_such_kind"),
        ((str(tmp_path / "none.pdf"),), "cannot be opened"),
        ((str(tmp_path),), "cannot be opened"),
    ]:
        done = run(*args)
        assert done.returncode == 1, args
        assert said in done.stderr, (args, done.stderr)
        assert "Traceback" not in done.stderr


def test_every_file_gets_its_row_even_where_it_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "note.docx").write_bytes(b"PK\x03\x04rest")
    done = run("empty.pdf", "none.pdf", "note.docx", cwd=tmp_path)
    states = {row["file"]: row["state"] for row in rows(done.stdout)}
    assert states == {"empty.pdf": "unreadable", "none.pdf": "unreadable", "note.docx": "unsupported"}
    assert done.returncode == 1
