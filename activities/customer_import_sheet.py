"""Looks at a file of customers before anything else does: what it is, its headings, its first rows, whether all of it
can be read. Runs in the sandbox's child only.

What comes out is always CSV: the file as it came where it was that, else one written beside it (a workbook's first
filled sheet, the objects of an NDJSON file).
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from activities.table_file import CHUNK, ZIP, cell_text, delimiter_of, is_workbook, workbook_rows
from activities.workbook_size import check_unpacked
from domain.customer_import_columns import UNREAD, is_heading
from domain.refusal import invalid
from domain.text import is_storable

ROWS_MOST = 10_000_000
COLUMNS_MOST = 300
CELL_MOST = 1_000_000
"""Characters of one cell: more than that is no table, or a quotation mark that was never closed."""
LINE_MOST = 16 * 1024**2
"""Bytes without a line's end."""
PAGES = (b"<html", b"<!doctype", b"<table", b"<?xml")
"""How pages begin that some programs save as `.xls`."""
UNREAD_KEPT = 500
"""Bytes of a line that is no JSON object, for whoever reads why it was left out."""
SAMPLE = 20
TITLES = 10
"""Rows above the headings that a sheet's title may take."""
SNIFFED = 256 * 1024
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def look(path: str, out: str) -> dict[str, Any]:
    """`headings`, `sample` (the first rows), `rows` (counted by their lines), `above` (rows above the headings),
    `encoding`, `delimiter`; and `written` where `out` is the table to go on with.

    Raises Refused (422): sheet_empty, import_columns_most, import_rows_most, import_binary, import_nul,
    import_encoding, import_cell_huge, import_cell_huge_sheet, import_json, file_unreadable, and what check_unpacked
    raises.
    """
    with open(path, "rb") as file:
        begins = file.read(SNIFFED)
    if is_workbook(begins):
        if begins[:4] == ZIP and not any(name.startswith(("xl/", "content.xml")) for name in check_unpacked(path)):
            raise invalid("import_binary", "file")
        rows = workbook_rows(path, columns_most=COLUMNS_MOST)
        above, headed = _below_titles(list(map(cell_text, row)) for row in rows)
        return _written(out, headed, above)
    _refuse_binary(begins)
    text = begins.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return _written(out, _objects(path))
    if re.match(rb"\[\s*\{", text):
        raise invalid("import_json", "file", line=1)
    if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with open(path, encoding="utf-16", newline="") as wide, open(out, "w", encoding="utf-8", newline="") as narrow:
            try:
                while chunk := wide.read(CHUNK):
                    narrow.write(chunk)
            except UnicodeError:
                raise invalid("import_encoding", "file", line=_lines_in(out) + 1, encoding="UTF-16") from None
        return _looked_at(out) | {"written": True}
    return _looked_at(path)


def _below_titles(rows: Iterator[list[str]]) -> tuple[int, Iterator[list[str]]]:
    """From the headings on, and how many rows there are above: empty ones, and those with a single filled cell, as it
    is merged over a sheet's width, which are its title unless that is the name of a field."""
    begins = list(islice(rows, TITLES + 1))
    filled = [[cell for cell in row if cell.strip()] for row in begins]
    headed = (no for no, cells in enumerate(filled) if len(cells) > 1 or any(map(is_heading, cells)))
    above = next(headed, next((no for no, cells in enumerate(filled) if cells), 0))
    return above, chain(begins[above:], rows)


def _looked_at(path: str) -> dict[str, Any]:
    encoding, lines = _encoding(path)
    with open(path, encoding=encoding, newline="") as file:
        delimiter = delimiter_of(file.read(SNIFFED))
    above, headings, sample = first_rows(path, encoding, delimiter)
    if lines - 1 > ROWS_MOST * 2:
        raise invalid("import_rows_most", "file", most=ROWS_MOST)
    return {
        "headings": headings, "sample": sample, "rows": max(lines - 1, len(sample)), "above": above,
        "encoding": encoding, "delimiter": delimiter,
    }  # fmt: skip


def first_rows(path: str, encoding: str, delimiter: str) -> tuple[int, list[str], list[list[str]]]:
    """How many empty rows there are above the headings, the headings, and the first rows. Raises Refused."""
    csv.field_size_limit(CELL_MOST)
    above, filled = 0, list[list[str]]()
    with open(path, encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for row in reader:
                if len(row) > COLUMNS_MOST:
                    raise invalid(
                        "import_columns_most", "file", most=COLUMNS_MOST, columns=len(row), row=len(filled) + 1
                    )
                if any(cell.strip() for cell in row):
                    filled.append([cell.strip().strip("\ufeff\u200b")[:200] for cell in row if cell != UNREAD])
                elif not filled:
                    above += 1
                if len(filled) > SAMPLE:
                    break
        except csv.Error:
            raise invalid("import_cell_huge", "file", row=len(filled), most=CELL_MOST) from None
    if len(filled) < 2:
        raise invalid("sheet_empty", "file")
    width = len(filled[0])
    return above, filled[0], [(row + [""] * width)[:width] for row in filled[1:]]


def _refuse_binary(begins: bytes) -> None:
    if not begins.strip():
        raise invalid("sheet_empty", "file")
    if begins.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
    ):
        raise invalid("import_binary", "file")
    if begins.lstrip()[:9].lower().startswith(PAGES):
        raise invalid("import_binary", "file")
    if begins[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and begins.count(0) * 10 > len(begins):
        raise invalid("import_binary", "file")


def _encoding(path: str) -> tuple[str, int]:
    """How the text is written, and how many lines there are. The one that gets furthest names the place of a fault."""
    with open(path, "rb") as file:
        begins = file.read(4)
    named = next((encoding for mark, encoding in BOMS if begins.startswith(mark)), None)
    furthest = (0, "utf-8")
    for encoding in (named,) if named else ("utf-8", "gb18030"):
        decoder, line, length = codecs.getincrementaldecoder(encoding)(), 1, 0
        try:
            with open(path, "rb") as file:
                while chunk := file.read(CHUNK):
                    if b"\0" in chunk:
                        at = line + chunk[: chunk.index(0)].count(b"\n")
                        raise invalid("import_nul", "file", line=at)
                    line += decoder.decode(chunk).count("\n")
                    end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
                    length = len(chunk) - end - 1 + (length if end < 0 else 0)
                    if length > LINE_MOST:
                        raise invalid("import_cell_huge", "file", row=line, most=CELL_MOST)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            held = bytes(error.object)[: error.start]
            furthest = max(furthest, (line + held.count(b"\n"), encoding))
            continue
        return encoding, line - (length == 0)  # the last line may have its end, or none
    raise invalid(
        "import_encoding", "file", line=furthest[0], encoding="GB18030" if furthest[1] != "utf-8" else "UTF-8"
    )


def _lines_in(path: str) -> int:
    return Path(path).read_bytes().count(b"\n")


def _written(out: str, rows: Iterable[list[str]], above: int = 0) -> dict[str, Any]:
    count = 0
    with open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            if len(row) > COLUMNS_MOST:
                raise invalid("import_columns_most", "file", most=COLUMNS_MOST, columns=len(row), row=above + count + 1)
            if max(map(len, row), default=0) > CELL_MOST:
                raise invalid("import_cell_huge_sheet", "file", row=above + count + 1, most=CELL_MOST)
            writer.writerow(row)
            count += 1
    if count < 2:
        raise invalid("sheet_empty", "file")
    _, headings, sample = first_rows(out, "utf-8", ",")
    return {
        "headings": headings, "sample": sample, "rows": count - 1, "above": above, "encoding": "utf-8",
        "delimiter": ",", "written": True,
    }  # fmt: skip


def _objects(path: str) -> Iterator[list[str]]:
    """Every key that any object has is a column, in the order they come. A line that is no object ends with the mark,
    and has another number of cells than the rest."""
    keys: dict[str, None] = {}
    fault = None
    for one in _each(path):
        if isinstance(one, Unread):
            fault = fault or one
            continue
        keys.update(dict.fromkeys(one))
        if len(keys) > COLUMNS_MOST:
            raise invalid("import_columns_most", "file", most=COLUMNS_MOST, columns=len(keys), row=1)
    if fault and not keys:
        code = "import_encoding" if fault.encoding else "import_json"
        raise invalid(code, "file", line=fault.line, encoding="UTF-8")
    yield list(keys)
    for one in _each(path):
        if isinstance(one, Unread):
            yield [one.text, *[""] * (len(keys) == 2), UNREAD]
        else:
            yield [_json_text(one.get(key))[:CELL_MOST] for key in keys]


class Unread(NamedTuple):
    """A line that is no object, or (`encoding`) no UTF-8; `text` is what it begins with."""

    line: int
    text: str
    encoding: bool


def _each(path: str) -> Iterator[dict[str, Any] | Unread]:
    with open(path, "rb") as lines:
        for no, raw in enumerate(lines, start=1):
            line = raw.removeprefix(codecs.BOM_UTF8) if no == 1 else raw
            if line.strip():
                one = _object(line)
                yield _unread(no, line) if one is None else one


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        one = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return one if isinstance(one, dict) and (b"\\u" not in line or _storable(one)) else None


def _unread(no: int, line: bytes) -> Unread:
    begins = "".join(sign if sign.isprintable() else " " for sign in line[:UNREAD_KEPT].decode(errors="replace"))
    return Unread(no, begins.strip() or "\ufffd", encoding="\ufffd" in line.decode(errors="replace"))


def _storable(one: dict[str, Any]) -> bool:
    return all(map(is_storable, (*one, *map(_json_text, one.values()))))


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(map(_json_text, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
