"""Reads a table file (CSV in any usual encoding, XLSX, XLS, ODS) row by row; runs in the sandbox's child only.

What comes out is a file of JSON lines, each a list of texts; the first is the heading.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from domain.refusal import invalid

ROWS_MOST = 50_000
COLUMNS_MOST = 100
CELL_MOST = 4_000
SNIFFED = 64 * 1024
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_sheet(path: str, out: str) -> dict[str, Any]:
    """How many rows there are below the heading, and how the file was read.

    Raises Refused (422): sheet_empty, sheet_too_long, file_unreadable.
    """
    with open(path, "rb") as file:
        begins = file.read(4)
    how, rows = ("sheet", _sheet(path)) if begins in (ZIP, OLE) else _csv(path)
    count = -1
    with open(out, "w", encoding="utf-8") as lines:
        for row in _tidy(rows):
            count += 1
            if count > ROWS_MOST:
                raise invalid("sheet_too_long", "file", most=ROWS_MOST)
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    if count < 1:
        raise invalid("sheet_empty", "file")
    return {"rows": count, "how": how}


def _tidy(rows: Iterable[list[Any]]) -> Iterator[list[str]]:
    """Texts without what a spreadsheet put around them; empty rows left out, each as wide as the heading."""
    width = 0
    for row in rows:
        cells = [_text(cell) for cell in row[:COLUMNS_MOST]]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        width = width or len(cells)
        yield (cells + [""] * width)[:width]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    text = str(cell).replace("\0", "").strip().strip("\ufeff\u200b")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]  # how a number is kept from losing its zeros
    return text.removeprefix("'")[:CELL_MOST]


def _sheet(path: str) -> Iterator[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.height and sheet.width:
                yield from sheet.iter_rows()
                return
    except (CalamineError, OSError, ValueError):
        raise invalid("file_unreadable", "file") from None


def _csv(path: str) -> tuple[str, Iterator[list[Any]]]:
    encoding = _encoding(path)
    with open(path, encoding=encoding, newline="") as file:
        mark = _delimiter(file.read(SNIFFED))
    csv.field_size_limit(CELL_MOST * 25)
    return f"{encoding} {mark}", _lines(path, encoding, mark)


def _lines(path: str, encoding: str, mark: str) -> Iterator[list[Any]]:
    file: IO[str]
    with open(path, encoding=encoding, newline="") as file:
        try:
            yield from csv.reader(file, delimiter=mark)
        except csv.Error:
            raise invalid("file_unreadable", "file") from None


def _encoding(path: str) -> str:
    with open(path, "rb") as file:
        begins = file.read(4)
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with open(path, "rb") as file:
                while chunk := file.read(1 << 20):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise invalid("file_unreadable", "file")


def _delimiter(text: str) -> str:
    """What divides the first lines most evenly: comma, semicolon, tab or bar, counted outside quotation marks."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    bare = ["".join(line.split('"')[::2]) for line in lines]

    def divides(mark: str) -> tuple[int, int]:
        counted = [line.count(mark) for line in bare] or [0]
        return min(counted), counted[0]

    return max(",;\t|", key=divides)
