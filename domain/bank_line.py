"""What a bank statement says, whatever the file's format: the account, and one line for each movement on it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from babel.numbers import get_currency_precision
from pydantic import BaseModel, Field

from domain.money import LARGEST
from domain.refusal import Refused, invalid

MOST_LINES = 50_000
LARGEST_FILE = 25 * 1024 * 1024
"""Bytes."""
TEXT_MAX = 500


class BankLine(BaseModel):
    """`amount` in minor units: what came in is positive. `reversal`: it takes an earlier movement back.

    `bank_reference` is the bank's own number of the movement, where it gives one.
    """

    booked_on: date
    value_on: date | None = None
    amount: int
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    payer: str = ""
    payer_account: str = ""
    text: str = ""
    bank_reference: str = ""
    reversal: bool = False


class BankStatement(BaseModel):
    """`account` is ours, empty where the file does not say; the balances are in minor units, None where it has none."""

    format: str
    account: str = ""
    currency: str = ""
    lines: list[BankLine]
    opening: int | None = None
    closing: int | None = None

    @property
    def complete(self) -> bool | None:
        """Whether the lines lead from the opening to the closing balance; None: the file does not say."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening + sum(line.amount for line in self.lines) == self.closing


def fingerprints(statement: BankStatement) -> list[str]:
    """One per line, the same whatever file the line comes in: lines alike within a file are told apart by counting.

    Where the bank numbers its movements, its words may differ from file to file; elsewhere they are all there is.
    """
    met: Counter[tuple[Any, ...]] = Counter()
    found = []
    for line in statement.lines:
        names = (line.bank_reference,) if line.bank_reference else ("", line.payer, line.payer_account, line.text)
        movement = (statement.account, line.booked_on.isoformat(), line.amount, line.currency, *names)
        met[movement] += 1
        found.append(sha256("\x1f".join(map(str, (*movement, met[movement]))).encode()).hexdigest())
    return found


def account_key(written: str) -> str:
    """An account as it is compared: `DE89 3704 0044 ...` and `de89370400440...` are one."""
    return re.sub(r"[^0-9A-Z*]", "", unicodedata.normalize("NFKC", written).upper())[:64]


def words(*parts: str | None) -> str:
    """Parts of what the bank says, each once, on one line and at most `TEXT_MAX` characters."""
    lines = [" ".join(unicodedata.normalize("NFKC", part).split()) for part in parts if part]
    printable = ("".join(c for c in line if c.isprintable()) for line in lines)
    return " ".join(dict.fromkeys(line for line in printable if line))[:TEXT_MAX]


def minor(amount: Decimal, currency: str, line: int) -> int:
    """Raises Refused where a currency has no unit that small, or the amount is beyond all use."""
    if not amount.is_finite():
        raise unreadable(line)
    scaled = amount.scaleb(get_currency_precision(currency))
    if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST:
        raise unreadable(line)
    return int(scaled)


def limited(lines: Sequence[BankLine]) -> Sequence[BankLine]:
    if len(lines) > MOST_LINES:
        raise too_many()
    return lines


def too_many() -> Refused:
    return Refused("bank_too_many_lines", 413, field="file", most=MOST_LINES)


def unreadable(line: int) -> Refused:
    """`line` counts from 1: rows of a table, entries of a statement."""
    return invalid("bank_line_unreadable", "file", line=line)
