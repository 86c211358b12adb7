"""The rows of a file as customers: cleaned, checked and made comparable, a column at a time, since there are millions.

Pure and the same for the same rows, however often they are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from phonenumbers import PhoneMetadata

from domain.company_name import company_keys
from domain.contact import phone_number
from domain.customer_import_columns import OWN, UNREAD
from domain.lead_columns import plain
from domain.refusal import Refused
from domain.text import one_line

if TYPE_CHECKING:
    from domain.field import Field
    from domain.field_value import Reading

STAGED = (
    "region_id", "owner_id", "tier", "company_key", "tax_number", "phone", "email", "city", "name", "domain",
    "industry", "province", "address", "source", "tags", "custom", "contact_name", "contact_phone", "contact_email",
    "contact_title",
)  # fmt: skip
"""What is kept of a row until it is merged, in this order: first what is looked at most often."""
CELL_MOST = 4_000
MARKS = ("  ", "'", "=")
"""What a cell that is cleaned does not hold, or holds seldom; beside what cannot be printed."""
MAIL = r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s.,;<>\"]{2,}"
WEB = re.compile(r"(?:[a-z0-9\u0080-\U0010ffff-]+\.)+[a-z\u0080-\U0010ffff-]{2,}").fullmatch
DIVIDED = re.compile(r"[,;，；、|]")
TIERS = frozenset("ABCDE")
Column = Callable[[Sequence[str]], list[str | None]]
"""Reads the cells of a column: None for what cannot be read, `""` for nothing."""
_CODE = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_WORTH = [bytes(max(_CODE.find(no), 0) * pow(3, place, 31) % 31 for no in range(256)) for place in (*range(17), 0)]
"""What each character of a credit code counts at each place: powers of 3, and the check digit once."""
_MODULO = bytes(no % 31 for no in range(256))
_WRONG = "000000000000000001"


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
    """What a file's words mean here: ids of regions and people by their names (`domain.lead_columns.plain`), and the
    company's own fields by key, read as `reading` says."""

    country: str
    regions: Mapping[str, str] = {}
    owners: Mapping[str, str] = {}
    fields: Mapping[str, Field] = {}
    reading: Reading | None = None


def as_sent(row: Sequence[str]) -> Sequence[str]:
    """Without what we wrote beside a line that is no row."""
    return row[:1] if row[-1:] == [UNREAD] else row


class Reader:
    """Reads rows as the columns of `mapping`; a field for each column of the file, `""` for those left out."""

    def __init__(self, mapping: Sequence[str], known: Known) -> None:
        self.mapping = mapping
        self.known = known
        self.column = {field: no for no, field in enumerate(mapping) if field}
        self.own = {field: self._own(field) for field in self.column if field.startswith(OWN)}
        self.wrong: dict[int, Wrong] = {}
        phone = phones(known.country)
        self.reading: dict[str, tuple[str, Column, str]] = {
            "tax_number": ("tax_number", credit_codes, "tax_number_wrong"),
            "phone": ("phone", phone, "phone_invalid"),
            "contact_phone": ("contact_phone", phone, "phone_invalid"),
            "email": ("email", mails, "email_invalid"),
            "contact_email": ("contact_email", mails, "email_invalid"),
            "domain": ("domain", each(web), "domain_invalid"),
            "tier": ("tier", each(tier), "tier_unknown"),
            "region_id": ("region", each(self._region), "region_unknown"),
            "owner_id": ("owner", each(self._owner), "owner_unknown"),
        }

    def batch(self, first: int, rows: Sequence[Sequence[str]]) -> Batch:
        """`first` is the number of the first of the rows. Empty rows count, and are neither kept nor rejected."""
        self.wrong = {}
        width = len(self.mapping)
        even = [self._even(no, row, width) for no, row in enumerate(rows)] if {*map(len, rows)} != {width} else rows
        columns = list(zip(*even, strict=True))
        cells = {field: clean(columns[no]) for field, no in self.column.items()}
        names = cells.get("name") or [""] * len(rows)
        empty: set[int] = set()
        if not all(names):
            empty = {no for no, name in enumerate(names) if not name and not any(map(str.strip, even[no]))}
            for no, name in enumerate(names):
                if not name:
                    self._refuse(no, "name", "field_needed")
        staged = [self._staged(field, names, cells) for field in staged_columns(self.mapping)]
        lines = list(map("\t".join, zip(map(str, range(first, first + len(rows))), *staged, strict=True)))
        if max(map(len, lines), default=0) > CELL_MOST:
            self._check_lengths(cells)
        if not self.wrong:
            return Batch("\n".join(lines), len(rows), [])
        rejected = [
            Rejected(first + no, self.wrong[no], as_sent(rows[no])) for no in sorted(self.wrong) if no not in empty
        ]
        kept = [line for no, line in enumerate(lines) if no not in self.wrong]
        return Batch("\n".join(kept), len(kept), rejected)

    def _even(self, no: int, row: Sequence[str], width: int) -> Sequence[str]:
        if row[-1:] == [UNREAD]:
            self.wrong[no] = Wrong("", "import_line_unread")
            return [row[0], *[""] * (width - 1)]
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            self.wrong[no] = Wrong("", "import_row_long")
        return [*row[:width], *[""] * (width - len(row))]

    def _check_lengths(self, cells: Mapping[str, Sequence[str]]) -> None:
        for field, column in cells.items():
            for no, cell in enumerate(column):
                if len(cell) > CELL_MOST:
                    self._refuse(no, field, "import_cell_long")

    def _staged(self, column: str, names: Sequence[str], cells: Mapping[str, Sequence[str]]) -> Sequence[str]:
        if column == "company_key":
            return escaped(company_keys(names))
        if column == "custom":
            return escaped(self._custom(cells))
        if column == "tags":
            return escaped([tags(cell) if cell else "" for cell in cells["tags"]])
        if column in self.reading:
            field, read, code = self.reading[column]
            return self._read(field, cells[field], read, code)
        return escaped(cells[column])

    def _read(self, field: str, cells: Sequence[str], read: Column, code: str) -> Sequence[str]:
        values = read(cells)
        if None not in values:
            return values  # type: ignore[return-value]
        for no, value in enumerate(values):
            if value is None:
                self._refuse(no, field, code)
        return [value or "" for value in values]

    def _refuse(self, no: int, field: str, code: str) -> None:
        self.wrong.setdefault(no, Wrong(field, code))

    def _region(self, cell: str) -> str | None:
        return self.known.regions.get(plain(cell))

    def _owner(self, cell: str) -> str | None:
        return self.known.owners.get(cell.casefold()) or self.known.owners.get(plain(cell))

    def _custom(self, cells: Mapping[str, Sequence[str]]) -> list[str]:
        keys = [field.removeprefix(OWN) for field in self.own]
        columns = [self._own_values(field, cells[field]) for field in self.own]
        rows = zip(*columns, strict=True)
        said = ({key: value for key, value in zip(keys, row, strict=True) if value is not None} for row in rows)
        return [json.dumps(own, ensure_ascii=False) if own else "" for own in said]

    def _own_values(self, column: str, cells: Sequence[str]) -> list[Any]:
        read = self.own[column]
        values = [read(cell) if cell else None for cell in cells]
        for no, value in enumerate(values):
            if isinstance(value, Wrong):
                self._refuse(no, value.field, value.code)
                values[no] = None
        return values

    def _own(self, column: str) -> Callable[[str], Any]:
        """Reads the cells of an own field; `Wrong` for what cannot be its value."""
        field = self.known.fields.get(column.removeprefix(OWN))
        if field is None or field.type == "customer":
            return str  # who is meant is found for all rows at once (db.customer_import_other)
        from domain.field_value import PLAIN, parse  # only for a file that fills such fields: it takes a while

        reading = self.known.reading or PLAIN

        @lru_cache(maxsize=20_000)
        def read(cell: str) -> Any:
            try:
                return parse(field, cell, reading)
            except Refused as refused:
                return Wrong(column, refused.code)

        return read


def staged_columns(mapping: Sequence[str]) -> list[str]:
    """Those of `STAGED` that a file with this mapping fills, in their order."""
    fields = {"company_key", *mapping}
    fields |= {f"{field}_id" for field in ("region", "owner") if field in fields}
    if any(field.startswith(OWN) for field in mapping):
        fields.add("custom")
    return [column for column in STAGED if column in fields]


def clean(column: Sequence[str]) -> Sequence[str]:
    """Single lines without what a spreadsheet put around them."""
    text = "".join(column)
    if text.isprintable() and not any(mark in text for mark in MARKS):
        return list(map(str.strip, column)) if " " in text else column
    return list(map(_cleaned, column))


def _cleaned(cell: str) -> str:
    cell = cell.strip()
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]  # how a number is kept from losing its zeros
    return str(one_line(cell.replace("\ufeff", "").replace("\u200b", ""))).removeprefix("'")


def escaped(cells: Sequence[str]) -> Sequence[str]:
    """For COPY's text format: of what it takes for a sign, only this is left in a cleaned cell."""
    return [cell.replace("\\", "\\\\") for cell in cells] if "\\" in "".join(cells) else cells


def credit_codes(cells: Sequence[str]) -> list[str | None]:
    """Unified social credit codes whose check digit is right, in capitals; domain.quote.tax_number says the same."""
    codes = [cell if cell.isupper() and len(cell) == 18 else "".join(cell.split()).upper() for cell in cells]
    shaped = [code if len(code) == 18 else _WRONG for code in codes]
    if not _is_of_code("".join(shaped)):
        shaped = [code if _is_of_code(code) else _WRONG for code in shaped]
    rests = _rests("".join(shaped).encode())
    return [None if rest and code else code for code, rest in zip(codes, rests, strict=True)]


def _is_of_code(text: str) -> bool:
    return text.isascii() and not text.encode().translate(None, _CODE)


def _rests(codes: bytes) -> bytes:
    """What the sum of each code of 18 leaves when it is divided by 31: nothing, where it is right. All are added up at
    once, place by place, in numbers that have a byte for each code."""
    parts = [codes[place::18].translate(worth) for place, worth in enumerate(_WORTH)]
    while len(parts) > 1:
        some = (parts[at : at + 8] for at in range(0, len(parts), 8))  # eight times 30 is within a byte
        sums = (sum(int.from_bytes(part) for part in each) for each in some)
        parts = [one.to_bytes(len(codes) // 18).translate(_MODULO) for one in sums]
    return parts[0]


def each(read: Callable[[str], str | None]) -> Column:
    return lambda cells: [read(cell) if cell else "" for cell in cells]


def in_runs(form: str, read: Callable[[str], str | None], before: str = "") -> Column:
    """Neighbours that all have the form are taken with one look, with `before` put before each; others are read."""
    many = re.compile(rf"(?:(?:{form})\n)*+").match

    def column(cells: Sequence[str]) -> list[str | None]:
        filled = list(filter(None, cells))
        text = "\n".join([*filled, ""])
        values: list[str | None] = []
        at = 0
        while at < len(text):
            found = many(text, at)
            end = found.end() if found else at
            if end > at:
                values += (before + text[at : end - 1].replace("\n", "\n" + before)).split("\n")
            else:
                values.append(read(filled[len(values)]))
                end = text.index("\n", at) + 1
            at = end
        ahead = iter(values)
        return values if len(filled) == len(cells) else [next(ahead) if cell else "" for cell in cells]

    return column


def phones(country: str) -> Column:
    """Reads numbers as `domain.contact.phone_number` does. The plain patterns of the country come first, since that
    takes a hundred times as long."""
    metadata = PhoneMetadata.metadata_for_region(country)
    kinds = (metadata.mobile, metadata.fixed_line) if metadata else ()
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    form = "|".join(f"(?a:{pattern})" for pattern in patterns)
    fits = re.compile(form).fullmatch if patterns else None
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
        return code + national if fits and fits(national) else slowly(cell)

    national = f"(?!{re.escape(prefix)})(?:{form})" if prefix else form
    return in_runs(national, read, code) if patterns else each(read)


def mail(cell: str) -> str | None:
    low = cell.lower()
    return low if re.fullmatch(MAIL, low) else None


def mails(cells: Sequence[str]) -> list[str | None]:
    return _MAILS("\n".join(cells).lower().split("\n"))


_MAILS = in_runs(MAIL, mail)


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
