"""Reads a document from outside in a child process of its own, and says in which state it is.

The child (`activities/document_child.py`) has hard limits and no network; nothing in a file can take this process
down, make it wait for ever, or be taken for "nothing found".
"""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path
from typing import Any

from activities.document_child import CPU_SECONDS, MOST_BYTES
from activities.office_file import pdf_of
from domain.clause.page import Hidden, Page, Reading, State

WALL_SECONDS = 20
_CHILD = Path(__file__).with_name("document_child.py")
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGKILL}
OUT_OF_TIME = {-signal.SIGXCPU}
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_OFFICE_NAMES = {".docx", ".doc", ".odt", ".rtf", ".wps", ".xlsx", ".pptx"}


def read_document(path: Path) -> Reading:
    """Raises OSError where the file cannot be opened. Whatever is in it ends as a state."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "It is no file")  # one would wait for what a pipe never says
    with path.open("rb", buffering=0) as file:  # the child goes on where this one stands
        start = file.read(8)
        if path.stat().st_size > MOST_BYTES:
            return Reading(State.REFUSED, limit="bytes")
        if not start:
            return Reading(State.UNREADABLE)
        if start.startswith(_OFFICE) and path.suffix.lower() in _OFFICE_NAMES:
            return _read_office(path)
        file.seek(0)
        with tempfile.TemporaryDirectory(prefix="throughline-document-") as folder:
            try:
                child = subprocess.run(
                    [sys.executable, "-I", str(_CHILD)],
                    stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    cwd=folder, env={"TMPDIR": folder, "HOME": folder}, timeout=WALL_SECONDS, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return Reading(State.REFUSED, limit="seconds")
    return _reading(child.returncode, child.stdout)


def _read_office(path: Path) -> Reading:
    """As the PDF that LibreOffice makes of it; unsupported where there is no LibreOffice, or it cannot."""
    pdf = pdf_of(path, path.suffix.lower())
    if pdf is None:
        return Reading(State.UNSUPPORTED)
    with tempfile.NamedTemporaryFile(prefix="throughline-office-", suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        return read_document(Path(file.name))


def limits_in_words(limit: str) -> str:
    return {
        "bytes": f"larger than {MOST_BYTES // 1024**2} MiB",
        "pages": "more than 500 pages",
        "characters": "more text than a contract can hold",
        "memory": "too large when unpacked",
        "seconds": f"not read within {CPU_SECONDS} seconds",
        "missing": "the file is not there",
        "ocr": "OCR did not get through all of its scanned pages",
    }.get(limit, limit)


def _reading(code: int, output: bytes) -> Reading:
    if code in OUT_OF_TIME:
        return Reading(State.REFUSED, limit="seconds")
    if code in OUT_OF_MEMORY:
        return Reading(State.REFUSED, limit="memory")
    line, _, boxes = output.partition(b"\n")
    try:
        said: dict[str, Any] = json.loads(line)
        pages = _pages(said.get("pages", []), boxes)
        state = State(said["state"])
    except (ValueError, KeyError, TypeError):
        return Reading(State.UNREADABLE)
    return Reading(state, pages, said.get("limit", ""), tuple(said.get("carries", ())), said["network"] == "none")


def _pages(said: list[dict[str, Any]], boxes: bytes) -> tuple[Page, ...]:
    pages, at = [], 0
    for each in said:
        text = each["text"]
        box = array("f")
        box.frombytes(boxes[at : at + 16 * len(text)])
        at += 16 * len(text)
        if len(box) != 4 * len(text):
            raise ValueError("boxes and characters differ in number")
        hidden = tuple(Hidden(*run) for run in each["hidden"])
        pages.append(Page(each["width"], each["height"], text, box, hidden, unread=each.get("unread", False)))
    return tuple(pages)
