"""The file of an export: written in parts that stay as they are, and put together from them at the end."""

from __future__ import annotations

import csv
import os
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from domain.spreadsheet import Value, defused, sheet_row

PART_ROWS = 20_000
SHEET_PARTS = 52
"""Parts of one sheet: a sheet ends at 1,048,576 rows."""
_BOOK = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def rows_text(rows: Iterable[Sequence[Value]], file_format: str) -> str:
    """Rows as the file of this format (csv, xlsx) has them."""
    if file_format == "xlsx":
        return "".join(map(sheet_row, rows))
    text = StringIO()
    csv.writer(text).writerows([defused(value) for value in row] for row in rows)
    return text.getvalue()


def put_together(target: Path, parts: Sequence[Path], head: Sequence[str], file_format: str) -> int:
    """The file's size in bytes. It appears under its name whole or not at all."""
    unfinished = target.with_suffix(".unfinished")
    if file_format == "xlsx":
        _book(unfinished, parts, head)
    else:
        with unfinished.open("wb") as file:
            file.write(rows_text([head], "csv").encode("utf-8-sig"))  # the mark by which Excel knows UTF-8
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    unfinished.replace(target)
    return target.stat().st_size


def _book(target: Path, parts: Sequence[Path], head: Sequence[str]) -> None:
    sheets = [parts[at : at + SHEET_PARTS] for at in range(0, len(parts), SHEET_PARTS)] or [[]]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in _around(len(sheets)).items():
            book.writestr(name, _BOOK + content)
        for no, held in enumerate(sheets, 1):
            with book.open(f"xl/worksheets/sheet{no}.xml", "w", force_zip64=True) as sheet:
                frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
                view = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
                begin = f'{_BOOK}<worksheet xmlns="{_MAIN}">{view}<sheetData>{sheet_row(head)}'
                sheet.write(begin.encode())
                for part in held:
                    with part.open("rb") as source:
                        shutil.copyfileobj(source, sheet)
                sheet.write(b"</sheetData></worksheet>")


def _around(sheets: int) -> dict[str, str]:
    """What a workbook needs beside its sheets."""
    numbers = range(1, sheets + 1)
    named = "".join(f'<sheet name="{no}" sheetId="{no}" r:id="rId{no}"/>' for no in numbers)
    held = "".join(
        f'<Relationship Id="rId{no}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{no}.xml"/>' for no in numbers
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{no}.xml" ContentType="{_KIND}.worksheet+xml"/>' for no in numbers
    )
    whole = '<Relationship Id="rId1" Type="' + _OFFICE + '/officeDocument" Target="xl/workbook.xml"/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">{whole}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{held}</Relationships>',
    }
