"""Bank statements as tables: which column is which is told by its heading, in the words of banks here and abroad."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from domain.bank_heading import CURRENCIES, INCOMING, OUTGOING, SUMS, heading_key
from domain.bank_line import (
    MOST_LINES,
    BankLine,
    BankStatement,
    account_key,
    limited,
    minor,
    too_many,
    unreadable,
    words,
)
from domain.refusal import invalid

ABOVE = re.compile(
    r"(?:账号|帐号|卡号|IBAN|Account(?: number| no\.?)?|Konto(?:nummer)?)\W{0,5}([A-Z0-9][A-Z0-9 *]{6,40})", re.I
)
TOTALS = re.compile(SUMS, re.I)
LOOK_AT = 40
"""Rows above the table that may say whose account it is."""
LONGEST_ROW = 200


class Table(NamedTuple):
    """`columns` by role; text may stand in several. `first` is the number of the row below the headings."""

    above: list[list[str]]
    columns: dict[str, list[int]]
    rows: list[list[str]]
    first: int


def read_csv(content: bytes, currency: str, roles: Mapping[str, str]) -> BankStatement:
    """`currency` is what amounts are in where no column says; `roles` as `roles_with` gives them.

    Raises Refused (422) naming the row.
    """
    headings: list[str] = []
    for text in _decoded(content):
        table = _table(text, roles)
        if isinstance(table, Table):
            return _statement(table, currency)
        headings = headings or table
    raise invalid("bank_columns_unknown", "file", columns="、".join(headings[:12])[:200])


def _decoded(content: bytes) -> Iterator[str]:
    """What the bytes may mean, the likeliest first: which it is shows in the headings."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252", "gb18030") if _is_latin(content) else ("utf-8-sig", "gb18030", "cp1252")
    met = False
    for encoding in encodings:
        try:
            yield content.decode(encoding)
            met = True
        except UnicodeDecodeError:
            continue
    if not met:
        raise invalid("bank_file_encoding", "file")


def _is_latin(content: bytes) -> bool:
    """Whether letters such as ü stand alone among plain ones: Chinese in GB 18030 comes in words."""
    apart = re.findall(rb"[\x80-\xff]+", content[:20_000])
    return bool(apart) and sum(map(len, apart)) < 2 * len(apart)


def _table(text: str, roles: Mapping[str, str]) -> Table | list[str]:
    """The table in it; else the longest row there is, which might be its headings."""
    if "\0" in text:
        return []
    longest: list[str] = []
    head = text[:20_000]
    for delimiter in sorted(",;\t|", key=head.count, reverse=True):
        rows = _rows(text, delimiter)
        above: list[list[str]] = []
        for no, row in enumerate(rows, start=1):
            columns = _columns(row, roles)
            if "date" in columns and columns.keys() & {"amount", "credit"}:
                return Table(above, columns, [*rows], no + 1)
            longest = max(longest, [cell for cell in row if cell], key=len)
            above.append(row)
            if no >= LOOK_AT:
                break
    return longest


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for no, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)):
            if no > MOST_LINES + LOOK_AT:
                raise too_many()
            yield [unicodedata.normalize("NFKC", cell).strip().strip("'\t") for cell in row[:LONGEST_ROW]]
    except csv.Error:
        return


def _columns(row: Sequence[str], roles: Mapping[str, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for no, cell in enumerate(row):
        role = roles.get(heading_key(cell))
        if role and (role == "text" or role not in found):
            found.setdefault(role, []).append(no)
    return found


def _statement(table: Table, currency: str) -> BankStatement:
    comma = _decimal_comma(table)
    month_first = _month_first(table)
    lines = []
    accounts = {account_key(row[no]) for no in table.columns.get("account", []) for row in table.rows if no < len(row)}
    for no, row in enumerate(table.rows, start=table.first):
        line = _line(table, row, no, currency, comma, month_first)
        if line:
            lines.append(line)
    if not lines:
        raise invalid("bank_no_lines", "file")
    accounts.discard("")
    known = {line.currency for line in lines}
    return BankStatement(
        format="csv",
        account=next(iter(accounts)) if len(accounts) == 1 else _account_above(table),
        currency=known.pop() if len(known) == 1 else "",
        lines=list(limited(lines)),
    )


def _account_above(table: Table) -> str:
    for row in table.above:
        if found := ABOVE.search(" ".join(row)):
            return account_key(found[1])
    return ""


def _line(
    table: Table, row: list[str], no: int, currency: str, comma: bool, month_first: bool
) -> BankLine | None:  # fmt: skip
    def cell(role: str) -> str:
        at = table.columns.get(role, [])
        return row[at[0]] if at and at[0] < len(row) else ""

    if not any(row) or not cell("date") or (TOTALS.match(row[0]) and not _date(cell("date"), month_first)):
        return None
    booked_on = _date(cell("date"), month_first)
    amount = _amount(cell, no, comma)
    if booked_on is None:
        raise unreadable(no)
    if amount is None:
        return None
    named = cell("currency")
    code = CURRENCIES.get(named.casefold(), named.upper())
    code = code if re.fullmatch(r"[A-Z]{3}", code) else currency
    value_on = _date(cell("value"), month_first)
    return BankLine(
        booked_on=booked_on, value_on=value_on, amount=minor(amount, code, no), currency=code,
        payer=words(cell("payer"))[:200], payer_account=account_key(cell("payer_account")),
        text=words(*(row[at] for at in table.columns.get("text", []) if at < len(row))),
        bank_reference=words(cell("bank_reference"))[:100],
    )  # fmt: skip


def _amount(cell: Callable[[str], str], no: int, comma: bool) -> Decimal | None:
    """Signed; None for a row that moves nothing."""
    credit, debit = (_number(cell(role), no, comma) for role in ("credit", "debit"))
    if credit or debit:
        return (credit or Decimal(0)) - abs(debit or Decimal(0))
    amount = _number(cell("amount"), no, comma)
    if not amount:
        return None
    direction = cell("direction").casefold()
    if direction in OUTGOING:
        return -abs(amount)
    return abs(amount) if direction in INCOMING else amount


def _number(text: str, no: int, comma: bool) -> Decimal | None:
    """`1,234.50`, `1.234,50`, `¥1234.5`, `(12.00)`, `12.00-`; None for an empty cell."""
    bare = re.sub(r"[¥￥$€£\s']|[A-Z]{3}|元", "", text)
    if bare in ("", "-", "--", "/"):
        return None
    negative = bare.startswith(("-", "(", "\N{MINUS SIGN}")) or bare.endswith("-")
    bare = bare.strip("+-()\N{MINUS SIGN}")
    bare = bare.replace(".", "").replace(",", ".") if comma else bare.replace(",", "")
    if not re.fullmatch(r"\d{1,20}(\.\d{1,6})?|\.\d{1,6}", bare, re.ASCII):
        raise unreadable(no)
    try:
        return -Decimal(bare) if negative else Decimal(bare)
    except InvalidOperation:
        raise unreadable(no) from None


def _decimal_comma(table: Table) -> bool:
    """Whether the table writes 1.234,50: some amount ends in a comma and two digits, and none in a point and two."""
    at = [no for role in ("amount", "credit", "debit") for no in table.columns.get(role, [])]
    cells = [row[no] for row in table.rows for no in at if no < len(row)]
    return any(re.search(r",\d{1,2}\D*$", cell) for cell in cells) and not any(
        re.search(r"\.\d{1,2}\D*$", cell) for cell in cells
    )


_YEAR_FIRST = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{4}|\d{2})(?:\D.*)?")


def _month_first(table: Table) -> bool:
    """01/31/2026: only where some row cannot mean anything else."""
    at = table.columns["date"][0]
    found = (_YEAR_LAST.fullmatch(row[at]) for row in table.rows if at < len(row))
    return any(int(each[2]) > 12 for each in found if each)


def _date(text: str, month_first: bool) -> date | None:
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _YEAR_LAST.fullmatch(text):
            one, two, year = int(found[1]), int(found[2]), int(found[3])
            year += 2000 if len(found[3]) == 2 else 0
            return date(year, one, two) if month_first else date(year, two, one)
    except ValueError:
        pass
    return None
