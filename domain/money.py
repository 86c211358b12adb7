"""Money is integer minor units beside an ISO 4217 currency; here is how an amount somebody typed becomes one."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Annotated

from babel.numbers import get_currency_precision
from pydantic import Field

from domain.refusal import invalid

LARGEST = 10**15
"""Minor units: more than any order is worth, and still exact in JSON readers that count in doubles."""

MinorUnits = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
"""An amount as JSON carries it: a whole number of the currency's smallest unit."""

TIMES = {"万": 10**4, "亿": 10**8, "": 1}
SIGNS = {"CNY": "¥|RMB|人民币", "JPY": "¥|円", "USD": r"\$", "HKD": r"HK\$|\$", "EUR": "€", "GBP": "£"}
NUMBER = r"(?P<number>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<decimals>\d+))?"


def parse_amount(text: str, currency: str, field: str = "amount") -> int:
    """What somebody typed, in minor units: `24,000.00`, `¥24000`, `2.4万`, `１２．５`, `300 元`.

    Raises Refused (422): amount_unreadable, amount_decimals where the currency has no unit that small (nothing is
    ever rounded), amount_too_large. A comma must stand before every third digit: 24,00 might mean 24 or 2,400.
    """
    # NFKC turns full-width digits and punctuation into plain ones.
    typed = unicodedata.normalize("NFKC", text).strip()
    sign = f"(?:{currency}|{SIGNS.get(currency, currency)})?"
    found = re.fullmatch(rf"{sign} ?{NUMBER} ?(?P<times>[万亿]?) ?(?:元|{sign})", typed, re.IGNORECASE | re.ASCII)
    if found is None:
        raise invalid("amount_unreadable", field)
    whole, decimals = found["number"].replace(",", ""), found["decimals"] or ""
    digits = get_currency_precision(currency)
    if len(whole) > 20 or len(decimals) > 20:
        raise invalid("amount_too_large", field)
    minor = Decimal(f"{whole}.{decimals or 0}") * TIMES[found["times"]] * 10**digits
    if minor != minor.to_integral_value():
        raise invalid("amount_decimals", field, digits=digits, currency=currency)
    if minor > LARGEST:
        raise invalid("amount_too_large", field)
    return int(minor)


def plain_amount(minor: int, currency: str) -> str:
    """How a form shows an amount to be edited: 24000.00; `parse_amount` reads it back."""
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"
