"""Reads scanned pages with tesseract where it is installed: page by page, each within limits of its own.

A page that was read lies in a folder as `<no>.ocr.json`, so that a reading that broke off goes on where it was:
`pages` of the document, `width` and `height` in points, `words` as [text, left, top, right, bottom] in fractions of
the page, and `lines`, how many of the words stand on each line.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import noto_cjk_sans_otc  # type: ignore[import-untyped]  # a folder with a font

from activities.document_reader import WALL_SECONDS
from domain.clause.page import Page, Reading

LANGUAGES = ("chi_sim", "eng")
MOST_PAGES = 50
PAGE_SECONDS = 60
DOCUMENT_SECONDS = 20 * 60
MEMORY = 1024**3
MOST_WORDS = 20_000
"""Of one page; noise can be taken for words without end."""
_ANSWER = 24 * 1024**2
_CHILD = Path(__file__).with_name("scan_child.py")
_LIMITED = Path(__file__).with_name("limited_child.py")
_FONTS = str(Path(noto_cjk_sans_otc.__file__).parent)
_ONE_COLUMN = "4"
"""Lines go across the page: what is numbered stays with its number, and the cells of a row with each other."""


@dataclass(frozen=True)
class Tesseract:
    """`languages` are those of ours that are installed; without any it reads nothing."""

    path: str
    languages: tuple[str, ...]


@lru_cache(maxsize=1)
def tesseract() -> Tesseract | None:
    """None where it is not installed, or has neither of our languages."""
    path = shutil.which("tesseract")
    if path is None:
        return None
    try:
        said = subprocess.run([path, "--list-langs"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    there = set(said.split())
    languages = tuple(each for each in LANGUAGES if each in there)
    return Tesseract(path, languages) if languages else None


async def read_scans(path: Path, numbers: Sequence[int], folder: Path) -> bool:
    """Whether all of these pages (from 1) of the file lie in `folder` as OCR read them.

    A page that cannot be read within the limits is left out, and so is what comes after `MOST_PAGES` or
    `DOCUMENT_SECONDS`.
    """
    ends = monotonic() + DOCUMENT_SECONDS
    complete = len(numbers) <= MOST_PAGES
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    for number in numbers[:MOST_PAGES]:
        kept = folder / f"{number}.ocr.json"
        if not await asyncio.to_thread(kept.is_file):
            said = await _read_page(path, number) if monotonic() < ends else None
            if said is None:
                complete = False
            else:
                await asyncio.to_thread(_write, kept, said)
    return complete


def with_scans(reading: Reading, folder: Path) -> Reading:
    """The reading with the unread pages as OCR read them, where it did."""
    return replace(reading, pages=tuple(_scanned(page, no, folder) for no, page in enumerate(reading.pages, 1)))


def _scanned(page: Page, number: int, folder: Path) -> Page:
    if not page.unread:
        return page
    try:
        said = json.loads((folder / f"{number}.ocr.json").read_bytes())
        text, boxes = _characters(said["words"], said["lines"], page.width, page.height)
    except (OSError, ValueError, KeyError, TypeError):
        return page
    return replace(page, text=text, boxes=boxes, hidden=(), by_ocr=True) if text else page


async def _read_page(path: Path, number: int) -> dict[str, Any] | None:
    engine = tesseract()
    if engine is None:
        return None
    drawn = await _run([sys.executable, "-I", str(_CHILD), str(number), _FONTS], path, WALL_SECONDS)
    line, _, image = drawn.partition(b"\n")
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not image:
        return None
    limits = [str(MEMORY), str(PAGE_SECONDS), "0"]
    command = [
        engine.path, "stdin", "stdout", "-l", "+".join(engine.languages), "--psm", _ONE_COLUMN, "--dpi",
        str(said["dpi"]), "tsv",
    ]  # fmt: skip
    table = await _run([sys.executable, "-I", str(_LIMITED), *limits, *command], image, PAGE_SECONDS)
    if not table:
        return None
    width, height = (int(each) for each in image[3:32].split(b" ")[:2])
    words, lines = _words(table.decode("utf-8", "replace"), width, height)
    return {"pages": said["pages"], "width": said["width"], "height": said["height"], "words": words, "lines": lines}


async def _run(command: list[str], source: Path | bytes, seconds: float) -> bytes:
    """What it writes, or nothing where it failed or took too long. Nothing of it outlives the call."""
    with tempfile.TemporaryDirectory(prefix="throughline-ocr-") as folder, tempfile.TemporaryFile(dir=folder) as file:
        if isinstance(source, bytes):
            file.write(source)
            file.seek(0)
        with source.open("rb", buffering=0) if isinstance(source, Path) else file as given:
            child = await asyncio.create_subprocess_exec(
                *command, stdin=given, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=folder,
                env={"TMPDIR": folder, "HOME": folder, "PATH": os.defpath, "OMP_THREAD_LIMIT": "1"},
                start_new_session=True, limit=_ANSWER,
            )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                assert child.stdout is not None  # noqa: S101 - a pipe
                said = bytearray()
                while chunk := await child.stdout.read(65_536):
                    said += chunk
                    if len(said) > _ANSWER:
                        return b""
                return bytes(said) if await child.wait() == 0 else b""
        except TimeoutError:
            return b""
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


def _words(table: str, width: int, height: int) -> tuple[list[list[Any]], list[int]]:
    """Of tesseract's table: words with their boxes, and how many stand on each line."""
    words: list[list[Any]] = []
    lines: list[int] = []
    line: tuple[str, ...] = ()
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] != "5" or not cells[11].strip():
            continue
        left, top, wide, high = (int(each) for each in cells[6:10])
        box = [left / width, top / height, (left + wide) / width, (top + high) / height]
        words.append([cells[11].strip(), *(round(min(1.0, max(0.0, each)), 5) for each in box)])
        if tuple(cells[1:5]) != line:
            line = tuple(cells[1:5])
            lines.append(0)
        lines[-1] += 1
        if len(words) >= MOST_WORDS:
            break
    return words, lines


def _characters(words: list[list[Any]], lines: list[int], width: float, height: float) -> tuple[str, array[float]]:
    """As PDFium gives a page: lines with their ends, a box in points for every character, none for spaces."""
    text: list[str] = []
    boxes = array("f")
    at = 0
    for count in lines:
        before: list[Any] | None = None
        for word in words[at : at + count]:
            if before is not None and _apart(before, word, width, height):
                text.append(" ")
                boxes.extend((0.0, 0.0, 0.0, 0.0))
            said, left, top, right, bottom = word
            step = (right - left) * width / len(said)
            for no, character in enumerate(said):
                text.append(character)
                start = left * width + no * step
                boxes.extend((start, top * height, start + step, bottom * height))
            before = word
        text += "\r\n"
        boxes.extend([0.0] * 8)
        at += count
    return "".join(text), boxes


def _apart(before: Sequence[Any], word: Sequence[Any], width: float, height: float) -> bool:
    """Latin words always; Chinese ones, which tesseract parts anyhow, where there is a gap."""
    if before[0][-1].isascii() and word[0][0].isascii():
        return True
    gap, high = (word[1] - before[3]) * width, (word[4] - word[2]) * height
    return bool(gap > 0.8 * high)


def _write(target: Path, said: dict[str, Any]) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(said, file, ensure_ascii=False, separators=(",", ":"))
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
