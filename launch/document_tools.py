"""What this machine has for contracts: LibreOffice for Word files, tesseract for scans, processes without a network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from activities import document_child
from activities.office_file import converter
from activities.scan_reader import LANGUAGES, tesseract
from launch.finding import Finding

_CHILD = Path(document_child.__file__)


def document_tools() -> Iterator[Finding]:
    """None of them is needed; each finding says what is done without it."""
    office = converter()
    yield Finding("Word files", f"turned into PDF by {office}" if office else "not taken: LibreOffice is not installed")
    yield Finding("Scanned contracts", _scans())
    without = _network() == "none"
    kept = (
        "opened without any network" if without else "opened with limits; the system does not let them lose the network"
    )
    yield Finding("Contracts", kept)


def _scans() -> str:
    engine = tesseract()
    if engine is None:
        there = "without Chinese or English" if shutil.which("tesseract") else "not installed"
        return f"read by people: tesseract is {there}"
    missing = [each for each in LANGUAGES if each not in engine.languages]
    without = f"; {' and '.join(missing)} is not installed" if missing else ""
    return f"read by OCR ({engine.path}, {' and '.join(engine.languages)}) and compared by people{without}"


def _network() -> str:
    """What the child that opens documents says of itself."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(_CHILD)], input=b"no document", capture_output=True, timeout=20, check=False
        )
        return str(json.loads(child.stdout)["network"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return ""
