"""The rows of a file as customers: cleaned, checked and made comparable, a column at a time, since there are millions.

Pure and the same for the same rows, however often they are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import mul
from typing import NamedTuple

from phonenumbers import PhoneMetadata

from domain.company_name import company_keys
from domain.contact import phone_number
from domain.customer_import_columns import OWN
from domain.lead_columns import plain
from domain.refusal import Refused
from domain.text import one_line

STAGED = (
    "name", "company_key", "tax_number", "phone", "email", "domain", "industry", "province", "city", "address",
    "source", "tags", "custom", "tier", "region_id", "owner_id", "contact_name", "contact_phone", "contact_email",
    "contact_title",
)  # fmt: skip
"""What is kept of a row until it is merged, in this order."""
CELL_MOST = 4_000
DIRTY = re.compile(r"[\x00-\x1e\x7f-\x9f\ufeff\u200b]|  |['=]")
SEPARATOR = "\x1f"
MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s.,;<>\"]{2,}").fullmatch
WEB = re.compile(r"(?:[a-z0-9\u0080-\U0010ffff-]+\.)+[a-z\u0080-\U0010ffff-]{2,}").fullmatch
DIVIDED = re.compile(r"[,;，；、|]")
TIERS = frozenset("ABCDE")
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = bytes(_CODE.find(chr(no)) if chr(no) in _CODE else 99 for no in range(256))
_WEIGHTS = tuple(pow(3, no, 31) for no in range(17))


class Wrong(NamedTuple):
    """Why a row cannot be used: the field at fault, and the refusal's code."""

    field: str
    code: str


class Rejected(NamedTuple):
    """`no` is the row's place below the heading, from 1; `cells` as they stood in the file."""

    no: int
    wrong: Wrong
    cells: Sequence[str]


class Batch(NamedTuple):
    """`lines` are in PostgreSQL's text format for COPY: the row's number, then `STAGED`; empty is null."""

    lines: str
    good: int
    rejected: list[Rejected]


class Known(NamedTuple):
    """What a file's words mean here: ids of regions and people by their names (`domain.lead_columns.plain`)."""

    country: str
    regions: Mapping[str, str] = {}
    owners: Mapping[str, str] = {}


class Reader:
    """Reads rows as the columns of `mapping`; a field for each column of the file, `""` for those left out."""

    def __init__(self, mapping: Sequence[str], known: Known) -> None:
        self.mapping = mapping
        self.known = known
        self.column = {field: no for no, field in enumerate(mapping) if field}
        self.own = [field for field in self.column if field.startswith(OWN)]
        self.phone = phones(known.country)

    def batch(self, first: int, rows: Sequence[Sequence[str]]) -> Batch:
        """`first` is the number of the first of the rows. Empty rows count, and are neither kept nor rejected."""
        self.wrong: dict[int, Wrong] = {}
        width = len(self.mapping)
        even = [self._even(no, row, width) for no, row in enumerate(rows)] if {*map(len, rows)} != {width} else rows
        columns = [clean(column) for column in zip(*even, strict=True)]
        filled = [any(row) for row in zip(*columns, strict=True)]
        staged = self._staged(columns, len(rows))
        numbers = list(range(first, first + len(rows)))
        lines = map("\t".join, zip(map(str, numbers), *staged, strict=True))
        if all(filled) and not self.wrong:
            return Batch("\n".join(lines), len(rows), [])
        rejected = [
            Rejected(first + no, self.wrong[no], rows[no]) for no in sorted(self.wrong) if filled[no]
        ]  # fmt: skip
        kept = [line for no, line in enumerate(lines) if filled[no] and no not in self.wrong]
        return Batch("\n".join(kept), len(kept), rejected)

    def _even(self, no: int, row: Sequence[str], width: int) -> Sequence[str]:
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            self.wrong[no] = Wrong("", "import_row_long")
        return [*row[:width], *[""] * (width - len(row))]

    def _staged(self, columns: Sequence[Sequence[str]], count: int) -> list[Sequence[str]]:
        nothing = [""] * count

        def column(field: str) -> Sequence[str]:
            return columns[self.column[field]] if field in self.column else nothing

        names = column("name")
        for no, name in enumerate(names):
            if not name:
                self._refuse(no, "name", "field_needed")
        made: dict[str, Sequence[str]] = {
            "company_key": company_keys(names) if "name" in self.column else nothing,
            "tax_number": self._read("tax_number", column, credit_code, "tax_number_wrong"),
            "phone": self._read("phone", column, self.phone, "phone_invalid"),
            "contact_phone": self._read("contact_phone", column, self.phone, "phone_invalid"),
            "email": self._read("email", column, mail, "email_invalid"),
            "contact_email": self._read("contact_email", column, mail, "email_invalid"),
            "domain": self._read("domain", column, web, "domain_invalid"),
            "tier": self._read("tier", column, tier, "tier_unknown"),
            "region_id": self._read("region", column, self._region, "region_unknown"),
            "owner_id": self._read("owner", column, self._owner, "owner_unknown"),
            "tags": [tags(cell) if cell else "" for cell in column("tags")] if "tags" in self.column else nothing,
            "custom": self._custom(columns) if self.own else nothing,
        }
        staged = [made[field] if field in made else column(field) for field in STAGED]
        return [self._escaped(field, column) for field, column in zip(STAGED, staged, strict=True)]

    def _read(
        self, field: str, column: Callable[[str], Sequence[str]], read: Callable[[str], str | None], code: str
    ) -> Sequence[str]:
        cells = column(field)
        if field not in self.column:
            return cells
        values = [read(cell) if cell else "" for cell in cells]
        if None in values:
            for no, value in enumerate(values):
                if value is None:
                    self._refuse(no, field, code)
        return [value or "" for value in values] if None in values else values  # type: ignore[return-value]

    def _refuse(self, no: int, field: str, code: str) -> None:
        self.wrong.setdefault(no, Wrong(field, code))

    def _region(self, cell: str) -> str | None:
        return self.known.regions.get(plain(cell))

    def _owner(self, cell: str) -> str | None:
        return self.known.owners.get(cell.casefold()) or self.known.owners.get(plain(cell))

    def _custom(self, columns: Sequence[Sequence[str]]) -> list[str]:
        keys = [field.removeprefix(OWN) for field in self.own]
        cells = zip(*(columns[self.column[field]] for field in self.own), strict=True)
        said = ({key: cell for key, cell in zip(keys, row, strict=True) if cell} for row in cells)
        return [json.dumps(own, ensure_ascii=False) if own else "" for own in said]

    def _escaped(self, field: str, column: Sequence[str]) -> Sequence[str]:
        text = "".join(column)
        if len(text) > CELL_MOST:
            for no, cell in enumerate(column):
                if len(cell) > CELL_MOST:
                    self._refuse(no, field, "import_cell_long")
        return [cell.replace("\\", "\\\\") for cell in column] if "\\" in text else column


def clean(column: Iterable[str]) -> list[str]:
    """Single lines without what a spreadsheet put around them."""
    cells = [cell.strip() for cell in column]
    return list(map(_cleaned, cells)) if DIRTY.search(SEPARATOR.join(cells)) else cells


def _cleaned(cell: str) -> str:
    if not DIRTY.search(cell):
        return cell
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]  # how a number is kept from losing its zeros
    return str(one_line(cell.replace(SEPARATOR, " ").replace("\ufeff", "").replace("\u200b", ""))).removeprefix("'")


def credit_code(cell: str) -> str | None:
    """A unified social credit code whose check digit is right, in capitals; domain.quote.tax_number says the same."""
    code = cell if cell.isupper() and len(cell) == 18 else "".join(cell.split()).upper()
    if len(code) != 18 or not code.isascii():
        return None
    values = code.encode().translate(_VALUE)
    if max(values) > 30 or (sum(map(mul, values, _WEIGHTS)) + values[17]) % 31:
        return None
    return code


def phones(country: str) -> Callable[[str], str | None]:
    """Reads a number as `domain.contact.phone_number` does. The plain patterns of the country come first, since that
    takes a hundred times as long."""
    metadata = PhoneMetadata.metadata_for_region(country)
    kinds = (metadata.mobile, metadata.fixed_line) if metadata else ()
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    fits = re.compile("|".join(f"(?:{pattern})" for pattern in patterns)).fullmatch if patterns else None
    code = f"+{metadata.country_code}" if metadata else ""
    prefix = (metadata.national_prefix or "") if metadata else ""

    @lru_cache(maxsize=50_000)
    def slowly(cell: str) -> str | None:
        try:
            return phone_number(cell, country)
        except Refused:
            return None

    def read(cell: str) -> str | None:
        digits = cell if cell.isdecimal() else cell.removeprefix(code).replace("-", "").replace(" ", "")
        national = digits[len(prefix) :] if prefix and digits.startswith(prefix) else digits
        if fits and national.isascii() and fits(national):
            return code + national
        return slowly(cell)

    return read


def mail(cell: str) -> str | None:
    low = cell.lower()
    return low if MAIL(low) else None


def web(cell: str) -> str | None:
    """`https://www.acme.com.cn/about` -> `acme.com.cn`."""
    host = re.split(r"[/?#:]", cell.lower().split("://")[-1], maxsplit=1)[0].removeprefix("www.").rstrip(".")
    return host if WEB(host) else None


def tier(cell: str) -> str | None:
    letter = cell[:1].upper()
    return letter if letter in TIERS and len(cell) <= 2 else None


def tags(cell: str) -> str:
    """An array in PostgreSQL's text form."""
    said = dict.fromkeys(part.strip()[:60] for part in DIVIDED.split(cell))
    quoted = (part.replace("\\", "\\\\").replace('"', '\\"') for part in said if part)
    return "{" + ",".join(f'"{part}"' for part in quoted) + "}"
