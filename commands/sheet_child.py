"""Reads a table file (CSV in any usual encoding, XLSX, XLS, ODS) row by row; runs in the sandbox's child only.

What comes out is a file of JSON lines, each a list of texts; the first is the heading.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

from activities.table_file import ZIP, cell_text, delimiter_of, is_workbook, is_written_in, workbook_rows
from activities.workbook_size import check_unpacked
from domain.refusal import invalid

ROWS_MOST = 50_000
COLUMNS_MOST, SHEET_MOST = 100, 16_384
"""Columns that are read, and that a workbook may have."""
CELL_MOST = 4_000
SNIFFED = 64 * 1024


def read_sheet(path: str, out: str) -> dict[str, Any]:
    """How many rows there are below the heading, and how the file was read.

    Raises Refused (422): sheet_empty, sheet_too_long, file_locked, file_unreadable, and what check_unpacked raises.
    """
    with open(path, "rb") as file:
        begins = file.read(4)
    workbook = is_workbook(begins)
    if begins == ZIP:
        check_unpacked(path)
    how, rows = ("sheet", workbook_rows(path, columns_most=SHEET_MOST)) if workbook else _csv(path)
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
    text = cell_text(cell).replace("\0", "").strip().strip("\ufeff\u200b")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]  # how a number is kept from losing its zeros
    return text.removeprefix("'")[:CELL_MOST]


def _csv(path: str) -> tuple[str, Iterator[list[Any]]]:
    encoding = _encoding(path)
    with open(path, encoding=encoding, newline="") as file:
        mark = delimiter_of(file.read(SNIFFED))
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
        if is_written_in(path, encoding):
            return encoding
    raise invalid("file_unreadable", "file")
