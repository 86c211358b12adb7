"""The rows of an import's file, a stretch at a time; those that another child reads are only counted.

A stretch in which nothing is quoted is as many rows as lines, and is cut at its marks; else the csv module says what
is a row. Line feeds and quotation marks are never part of another character, neither in UTF-8 nor in GB18030.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import IO

from activities.customer_import_sheet import CELL_MOST
from domain.refusal import Refused, invalid

DIVIDED = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""Text as a table's rows are divided, also where only the carriage returns."""
END = "end"
"""Stands after the lines that are looked at: one that leaves a quotation open swallows it."""
Row = list[str]


class Lines:
    """Blank lines are no rows, and the heading is passed over.

    Both ways to go on raise Refused, naming the row or line at fault.
    """

    def __init__(self, file: IO[bytes], encoding: str, delimiter: str) -> None:
        csv.field_size_limit(CELL_MOST)
        self._file = file
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._delimiter = delimiter
        self._held: deque[bytes] = deque()  # lines that were looked at, and are read once more
        self._texts: deque[str] = deque()  # what is left of one line of the file that is several
        self._row = self._line = 0
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while (heading := self.take(1)) and not any(map(str.strip, heading[0])):
            pass
        self._row = 0

    def take(self, most: int) -> list[Row]:
        """The next rows; none at the end of the file."""
        lines = self._next_lines(most)
        raw = b"".join(lines)
        rows = self._cut(raw) if self._is_plain(raw) else None
        if rows is None:
            return self._parsed(lines, most)
        self._line += len(lines)
        self._row += len(rows)
        return rows

    def pass_over(self, most: int) -> int:
        """How many rows there were of the next `most`."""
        lines = self._next_lines(most)
        raw = b"".join(lines)
        quoted = [line for line in lines if b'"' in line] if b'"' in raw else []
        if not self._is_plain(raw) or (quoted and self._cut(b"".join(quoted)) is None):
            return len(self._parsed(lines, most))
        count = len(lines) - _blank(lines)
        self._line += len(lines)
        self._row += count
        return count

    def _next_lines(self, most: int) -> list[bytes]:
        """So many that hold something, and the blank ones between them."""
        lines: list[bytes] = []
        wanted = most
        while wanted > 0 and (more := self._next(wanted)):
            lines += more
            wanted -= len(more) - _blank(more)
        return lines

    def _next(self, most: int) -> list[bytes]:
        if self._held:
            return [self._held.popleft() for _ in range(min(most, len(self._held)))]
        return list(islice(self._file, most))

    def _is_plain(self, raw: bytes) -> bool:
        return not self._texts and raw.count(b"\r") == raw.count(b"\r\n")

    def _cut(self, raw: bytes) -> list[Row] | None:
        """Lines of which each is a row of its own; None: one goes on in the next, or a cell is too long."""
        lines = list(filter(None, self._decoded(raw).replace("\r\n", "\n").split("\n")))
        if b'"' not in raw and (len(raw) <= CELL_MOST or max(map(len, lines), default=0) <= CELL_MOST):
            return [line.split(self._delimiter) for line in lines]
        try:
            rows = list(csv.reader([*lines, END], delimiter=self._delimiter))
        except csv.Error:
            return None
        return rows[:-1] if len(rows) == len(lines) + 1 else None

    def _parsed(self, lines: list[bytes], most: int) -> list[Row]:
        self._held.extendleft(reversed(lines))
        rows: list[Row] = []
        try:
            for row in filter(None, csv.reader(self._each(), delimiter=self._delimiter)):
                rows.append(row)
                if len(rows) == most:
                    break
        except csv.Error:
            raise invalid("import_cell_huge", "file", row=self._row + len(rows) + 1, most=CELL_MOST) from None
        self._row += len(rows)
        return rows

    def _each(self) -> Iterator[str]:
        while True:
            if self._texts:
                yield self._texts.popleft()
            elif line := self._next(1):
                self._texts.extend(DIVIDED.findall(self._decoded(line[0])))
                self._line += 1
            else:
                return

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise self._unreadable(raw, error) from None

    def _unreadable(self, raw: bytes, error: UnicodeDecodeError) -> Refused:
        line = self._line + raw[: error.start].count(b"\n") + 1
        return invalid("import_encoding", "file", line=line, encoding=self._encoding.upper())


def _blank(lines: list[bytes]) -> int:
    return lines.count(b"\n") + lines.count(b"\r\n")
