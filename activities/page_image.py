"""Draws pages of a document from outside in a child process of its own (`activities/page_child.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc  # type: ignore[import-untyped]  # a folder with a font

from activities.document_reader import OUT_OF_MEMORY, OUT_OF_TIME, WALL_SECONDS
from domain.clause.page import State

_CHILD = Path(__file__).with_name("page_child.py")
_FONTS = str(Path(noto_cjk_sans_otc.__file__).parent)


@dataclass(frozen=True)
class DrawnPage:
    """`image` is WebP in grey. `words` has width and height of the page in points, and words with their boxes."""

    image: bytes
    words: dict[str, Any]


@dataclass(frozen=True)
class NotDrawn:
    """The document's state; `limit` names what was exceeded, or `page` where there is no such page."""

    state: State
    limit: str = ""


def draw_page(path: Path, number: int) -> DrawnPage | NotDrawn:
    """The page of this number, from 1. Raises OSError where the file cannot be opened; nothing in it raises."""
    with path.open("rb", buffering=0) as file, tempfile.TemporaryDirectory(prefix="throughline-page-") as folder:
        try:
            child = subprocess.run(
                [sys.executable, "-I", str(_CHILD), str(number), _FONTS],
                stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd=folder, env={"TMPDIR": folder, "HOME": folder}, timeout=WALL_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return NotDrawn(State.REFUSED, "seconds")
    return _drawn(child.returncode, child.stdout)


def _drawn(code: int, output: bytes) -> DrawnPage | NotDrawn:
    if code in OUT_OF_TIME:
        return NotDrawn(State.REFUSED, "seconds")
    if code in OUT_OF_MEMORY:
        return NotDrawn(State.REFUSED, "memory")
    line, _, image = output.partition(b"\n")
    try:
        said: dict[str, Any] = json.loads(line)
        state = State(said["state"])
        if image:
            return DrawnPage(image, {name: said[name] for name in ("pages", "width", "height", "words")})
        return NotDrawn(state, said.get("limit", ""))
    except (ValueError, KeyError, TypeError):
        return NotDrawn(State.UNREADABLE)
