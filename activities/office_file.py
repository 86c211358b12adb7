"""Turns Word files into PDF with LibreOffice where it is installed: in a limited process with a profile of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

WALL_SECONDS = 60
ENDINGS = frozenset({".docx", ".doc", ".odt", ".rtf"})
MEMORY = 4 * 1024**3
"""Of address space: LibreOffice reserves far more than it uses."""
CPU_SECONDS = 60
LARGEST_FILE = 64 * 1024**2
_CHILD = Path(__file__).with_name("limited_child.py")
_SECURITY = {"MacroSecurityLevel": 3, "DisableMacrosExecution": "true", "BlockUntrustedRefererLinks": "true",
             "DisableActiveContent": "true"}  # fmt: skip


def converter() -> str | None:
    """Where LibreOffice is, or none: then Word files stay unsupported."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def pdf_of(path: Path, ending: str) -> bytes | None:
    """The file as a PDF; none where LibreOffice is missing or cannot open it. `ending`: what it is, such as `.docx`."""
    office = converter()
    if office is None or ending not in ENDINGS:
        return None
    with tempfile.TemporaryDirectory(prefix="throughline-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / f"contract{ending}"
        shutil.copyfile(path, source)
        _write_profile(folder / "profile" / "user")
        _run([
            office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--nolockcheck",
            "--convert-to", "pdf", "--outdir", str(folder), str(source),
        ], folder)  # fmt: skip
        made = source.with_suffix(".pdf")
        return made.read_bytes() if made.is_file() else None


def _run(command: list[str], folder: Path) -> None:
    """In a session of its own: LibreOffice starts processes itself, and none outlives its time."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(_CHILD), str(MEMORY), str(CPU_SECONDS), str(LARGEST_FILE), *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        env={"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        start_new_session=True,
    )  # fmt: skip
    try:
        child.wait(WALL_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _write_profile(folder: Path) -> None:
    """No macros, and nothing that a document links to is fetched, be it a file of this machine."""
    items = "".join(
        '<item oor:path="/org.openoffice.Office.Common/Security/Scripting">'
        f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for name, value in _SECURITY.items()
    )
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>'
    )
