"""Which files people may hang on a record: told by the name's ending, and by how the bytes begin."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.refusal import invalid

PDF = "application/pdf"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = "application/vnd.openxmlformats-officedocument"


class FileType(NamedTuple):
    """`begins`: one of these starts the file; none: it is text, without zero bytes."""

    media_type: str
    begins: Sequence[bytes] = ()


TYPES = {
    "pdf": FileType(PDF, [b"%PDF-"]),
    "png": FileType("image/png", [b"\x89PNG\r\n\x1a\n"]),
    "jpg": FileType("image/jpeg", [b"\xff\xd8\xff"]),
    "jpeg": FileType("image/jpeg", [b"\xff\xd8\xff"]),
    "webp": FileType("image/webp", [b"RIFF"]),
    "docx": FileType(f"{_OFFICE}.wordprocessingml.document", [_ZIP]),
    "xlsx": FileType(f"{_OFFICE}.spreadsheetml.sheet", [_ZIP]),
    "pptx": FileType(f"{_OFFICE}.presentationml.presentation", [_ZIP]),
    "doc": FileType("application/msword", [_OLE]),
    "xls": FileType("application/vnd.ms-excel", [_OLE]),
    "ppt": FileType("application/vnd.ms-powerpoint", [_OLE]),
    "txt": FileType("text/plain"),
    "csv": FileType("text/csv"),
}


def media_type_of(name: str, head: bytes) -> str:
    """For the file's name and its first bytes. Raises Refused (422): `file_type`, `file_other_type`."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = TYPES.get(ending)
    if kind is None:
        raise invalid("file_type", "file", types=", ".join(sorted(TYPES)))
    fits = any(head.startswith(start) for start in kind.begins) if kind.begins else b"\0" not in head
    if not fits:
        raise invalid("file_other_type", "file", ending=ending)
    return kind.media_type
