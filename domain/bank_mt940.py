"""MT940, the SWIFT account statement, read by the `mt-940` library; what banks put into field 86 is read here."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import mt940

from domain.bank_line import BankLine, BankStatement, account_key, limited, minor, unreadable, words
from domain.refusal import invalid

_STRUCTURED = re.compile(r"^\d{3}\?\d\d")
_SUBFIELD = re.compile(r"\?(\d\d)([^?]*)")
_SLASHED = re.compile(r"/(ORDP|BENM|NAME|IBAN|REMI|EREF|PREF|ACCW|MARF|CNTP)/")
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE)\+")
_NOTHING = {"NONREF", "NOTPROVIDED", ""}


def read_mt940(text: str) -> BankStatement:
    """Raises Refused (422)."""
    try:
        parsed = mt940.parse(text, processors={"post_transaction_details": []})
        transactions = list(parsed)
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError, RuntimeError, ArithmeticError) as error:
        raise invalid("bank_file_broken", "file") from error
    if not transactions:
        raise invalid("bank_no_lines", "file")
    accounts = set(re.findall(r"^:25P?:(.*)$", text, re.M))
    if len({account_key(account) for account in accounts}) > 1:
        raise invalid("bank_several_accounts", "file")
    lines = [_line(each.data, no) for no, each in enumerate(transactions, start=1)]
    currencies = {line.currency for line in lines}
    balances = re.findall(r"^:(60[FM]|62[FM]):([CD])\d{6}([A-Z]{3})([\d,]+)", text, re.M)
    return BankStatement(
        format="mt940",
        account=account_key(accounts.pop()) if accounts else "",
        currency=currencies.pop() if len(currencies) == 1 else "",
        lines=list(limited(lines)),
        opening=_balance(next((each for each in balances if each[0].startswith("60")), None)),
        closing=_balance(next((each for each in reversed(balances) if each[0].startswith("62")), None)),
    )


def _balance(found: tuple[str, str, str, str] | None) -> int | None:
    if found is None:
        return None
    _, sign, currency, amount = found
    value = Decimal(amount.replace(",", ".").rstrip(".") or "0")
    return minor(value if sign == "C" else -value, currency, 0)


def _line(data: dict[str, Any], no: int) -> BankLine:
    amount, status = data.get("amount"), str(data.get("status") or "")
    booked = data.get("entry_date") or data.get("date")
    if amount is None or booked is None or not amount.currency:
        raise unreadable(no)
    incoming = status in ("C", "RD")
    value = data.get("date")
    payer, account, said = _details(str(data.get("transaction_details") or ""))
    customer = str(data.get("customer_reference") or "")
    reference = str(data.get("bank_reference") or "")
    size = abs(amount.amount)
    return BankLine(
        booked_on=date(booked.year, booked.month, booked.day),
        value_on=date(value.year, value.month, value.day) if value else None,
        amount=minor(size if incoming else -size, amount.currency, no),
        currency=amount.currency,
        payer=words(payer)[:200],
        payer_account=account_key(account),
        text=words(said, "" if customer in _NOTHING else customer, str(data.get("extra_details") or "")),
        bank_reference=words("" if reference in _NOTHING else reference)[:100],
        reversal=status.startswith("R"),
    )


def _details(details: str) -> tuple[str, str, str]:
    """Payer, the payer's account, and what the payer wrote."""
    joined = details.replace("\n", "")
    if _STRUCTURED.match(joined):
        fields: dict[str, str] = {}
        for code, content in _SUBFIELD.findall(joined):
            fields[code] = fields.get(code, "") + content
        purpose = "".join(fields.get(f"{no:02}", "") for no in (*range(20, 30), *range(60, 64)))
        said = " ".join(part.strip() for part in _SEPA.split(purpose) if part and not _SEPA.fullmatch(f"{part}+"))
        return fields.get("32", "") + fields.get("33", ""), fields.get("31", ""), said
    parts = _SLASHED.split(joined)
    if len(parts) > 1:
        named = dict(zip(parts[1::2], parts[2::2], strict=True))
        said = " ".join(named.get(name, "") for name in ("REMI", "EREF", "PREF"))
        return named.get("NAME") or named.get("ORDP") or named.get("CNTP") or "", named.get("IBAN", ""), said
    return "", "", details.replace("\n", " ")
