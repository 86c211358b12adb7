"""One door for every kind of bank statement file: which format it is shows in how it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain.bank_camt import read_camt
from domain.bank_csv import read_csv
from domain.bank_heading import Role, roles_with
from domain.bank_line import LARGEST_FILE, BankStatement
from domain.bank_mt940 import read_mt940
from domain.refusal import Refused, invalid

_SPACE = b"\xef\xbb\xbf \t\r\n"


def read_statement(
    content: bytes, currency: str, headings: Mapping[Role, Sequence[str]] | None = None
) -> BankStatement:
    """`currency` is the company's, for files that do not say theirs; `headings` its own words for columns of a table.

    Raises Refused (413, 422).
    """
    if len(content) > LARGEST_FILE:
        raise Refused("document_too_large", 413, field="file", most=LARGEST_FILE // 1024**2)
    begins = content[:4_000].lstrip(_SPACE)
    if not begins:
        raise invalid("document_empty", "file")
    if begins.startswith(b"<") or content[:4] in (b"\xff\xfe<\x00", b"\xfe\xff\x00<"):
        return read_camt(content)
    if b":20:" in begins and (b":25" in begins or b":61:" in content):
        return read_mt940(_latin(content))
    if begins.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise invalid("bank_file_unknown", "file")
    return read_csv(content, currency, roles_with(headings or {}))


def read_file(path: str, currency: str, headings: Mapping[Role, Sequence[str]]) -> dict[str, Any]:
    """`read_statement` for the child process that opens files from outside: the path in, JSON out."""
    return read_statement(Path(path).read_bytes(), currency, headings).model_dump(mode="json")


def _latin(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
