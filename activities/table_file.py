"""How a file that is a table is written: as a workbook, or as text in one of the usual encodings with some mark between
its cells. Runs in a sandbox's child only."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.refusal import invalid

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MARKS = ",;\t|"
CHUNK = 1 << 20
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ENCRYPTED_WITHIN = 64 * 1024**2


def is_workbook(begins: bytes) -> bool:
    return begins[:4] in (ZIP, OLE)


def workbook_rows(path: str, *, columns_most: int) -> Iterator[list[Any]]:
    """The rows of the first sheet that is filled. Raises Refused: file_locked, file_unreadable, import_columns_most."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.height and sheet.width:
                if sheet.width > columns_most:
                    raise invalid("import_columns_most", "file", most=columns_most, columns=sheet.width, row=1)
                yield from sheet.iter_rows()
                return
    except PasswordError:
        raise invalid("file_locked", "file") from None
    except (CalamineError, OSError, ValueError):
        raise invalid("file_locked" if _is_encrypted(path) else "file_unreadable", "file") from None


def _is_encrypted(path: str) -> bool:
    """Whether Excel kept it with a password: the workbook then is one stream of an old container."""
    with open(path, "rb") as file:
        return file.read(4) == OLE and ENCRYPTED in file.read(ENCRYPTED_WITHIN)


def cell_text(cell: Any) -> str:
    """What a spreadsheet shows for a value: whole numbers without a point, midnight as a day."""
    match cell:
        case str():
            return cell
        case bool():
            return "1" if cell else "0"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            return (cell.date() if cell.time() == time() else cell).isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return str(cell)


def is_written_in(path: str, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(text: str) -> str:
    """What divides the first lines most evenly, counted outside quotation marks."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    bare = ["".join(line.split('"')[::2]) for line in lines]

    def divides(mark: str) -> tuple[int, int]:
        counted = [line.count(mark) for line in bare] or [0]
        return sorted(counted)[len(counted) // 4], counted[0]

    return max(MARKS, key=divides)
