"""How large a workbook becomes once it is unpacked, found out before anybody reads it, in a sandbox's child."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO

from domain.refusal import invalid

UNPACKED_MOST = 2 * 1024**3
"""Bytes of all its parts: a million rows of thirty columns as the wordiest program writes them."""
RATIO_MOST = 200
"""Times as large as it came. A million rows of which all but the name are the same become at most 140 times as large as
they are packed; what is made to swell becomes a thousand times as large."""
HARMLESS = 128 * 1024**2
"""Bytes that are read in a second or two, whatever they were packed into."""
CHUNK = 1 << 20
LOCAL = struct.Struct("<26xHH")
STORED, DEFLATED = 0, 8


def check_unpacked(path: str) -> list[str]:
    """The names of its parts. What its directory says is looked at first, then each part is unpacked and only counted,
    up to what was said of it.

    Raises Refused (422): import_unpacked, import_swells, import_false_size, file_unreadable.
    """
    try:
        with zipfile.ZipFile(path) as packed, open(path, "rb") as file:
            parts = packed.infolist()
            file.seek(0, 2)
            _check_told(sum(part.file_size for part in parts), file.tell())
            for part in parts:
                _check_held(file, part)
            return [part.filename for part in parts]
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, OSError, ValueError):
        raise invalid("file_unreadable", "file") from None


def _check_told(unpacked: int, packed: int) -> None:
    if unpacked > UNPACKED_MOST:
        raise invalid("import_unpacked", "file", size=unpacked // 1024**2, most=UNPACKED_MOST // 1024**2)
    if unpacked > HARMLESS and unpacked > RATIO_MOST * packed:
        raise invalid("import_swells", "file", times=unpacked // packed, most=RATIO_MOST)


def _check_held(file: IO[bytes], part: zipfile.ZipInfo) -> None:
    """A directory may say of a part that it is small, whatever comes out of it."""
    if part.compress_type == STORED:
        held = part.compress_size
    elif part.compress_type == DEFLATED:
        held = _inflated(file, part)
    else:
        raise invalid("file_unreadable", "file")  # no program packs a workbook so
    if held > part.file_size:
        raise invalid("import_false_size", "file")


def _inflated(file: IO[bytes], part: zipfile.ZipInfo) -> int:
    """Bytes that come out of it; not many more than were told."""
    file.seek(part.header_offset)
    name, extra = LOCAL.unpack(file.read(LOCAL.size))
    file.seek(name + extra, 1)
    inflate, held, left = zlib.decompressobj(-zlib.MAX_WBITS), 0, part.compress_size
    while left > 0 and not inflate.eof and held <= part.file_size:
        raw = file.read(min(CHUNK, left))
        if not raw:
            break
        left -= len(raw)
        while raw and held <= part.file_size:
            held += len(inflate.decompress(raw, CHUNK))
            raw = inflate.unconsumed_tail
    return held
