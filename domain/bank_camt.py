"""camt.053, the ISO 20022 account statement: any version, single and batch entries, reversals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from domain.bank_line import BankLine, BankStatement, account_key, limited, minor, unreadable, words
from domain.refusal import invalid


def read_camt(content: bytes) -> BankStatement:
    """All statements of the file, which must be of one account. Raises Refused (422) naming the entry."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise invalid("bank_xml_unsafe", "file") from error
    except (ParseError, ValueError, LookupError) as error:
        raise invalid("bank_xml_broken", "file") from error
    statements = [node for node in root.iter() if _name(node) in ("Stmt", "Rpt", "Ntfctn")]
    if not statements:
        raise invalid("bank_file_unknown", "file")
    accounts = {_account(node) for node in statements}
    if len(accounts) > 1:
        raise invalid("bank_several_accounts", "file")
    entries = [entry for node in statements for entry in _all(node, "Ntry")]
    lines = [line for no, entry in enumerate(entries, start=1) for line in _lines(entry, no)]
    if not lines:
        raise invalid("bank_no_lines", "file")
    currencies = {line.currency for line in lines}
    return BankStatement(
        format="camt.053",
        account=accounts.pop(),
        currency=currencies.pop() if len(currencies) == 1 else "",
        lines=list(limited(lines)),
        opening=_balance(statements[0], ("OPBD", "PRCD")),
        closing=_balance(statements[-1], ("CLBD",)),
    )


def _lines(entry: Element, no: int) -> Iterator[BankLine]:
    """One for each transaction of a batch whose parts say their amounts; else one for the entry."""
    if _text(entry, "Sts", "Cd") in ("PDNG", "INFO") or _text(entry, "Sts") in ("PDNG", "INFO"):
        return
    reversal = _text(entry, "RvslInd") in ("true", "1")
    total, currency = _amount(entry, no)
    parts = [part for details in _all(entry, "NtryDtls") for part in _all(details, "TxDtls")]
    amounts = [_part_amount(part, no) for part in parts]
    if len(parts) > 1 and all(amounts) and sum(each[0] for each in amounts if each) == total:
        for part, amount in zip(parts, amounts, strict=True):
            yield _line(entry, part, no, amount or (total, currency), reversal)
        return
    yield _line(entry, parts[0] if len(parts) == 1 else None, no, (total, currency), reversal)


def _line(entry: Element, part: Element | None, no: int, amount: tuple[Decimal, str], reversal: bool) -> BankLine:
    incoming = _text(entry, "CdtDbtInd") == "CRDT"
    at = part if part is not None else entry
    party, account = ("Dbtr", "DbtrAcct") if incoming != reversal else ("Cdtr", "CdtrAcct")
    related = _find(at, "RltdPties")
    name = _text(related, party, "Nm") or _text(related, party, "Pty", "Nm")
    iban = _text(related, account, "Id", "IBAN") or _text(related, account, "Id", "Othr", "Id")
    remitted = _find(at, "RmtInf")
    structured = [
        _text(each, "CdtrRefInf", "Ref") or _text(document, "Nb")
        for each in _all(remitted, "Strd")
        for document in (_all(each, "RfrdDocInf") or [each])
    ]
    ends = _text(at, "Refs", "EndToEndId")
    said = [node.text or "" for node in _all(remitted, "Ustrd")]
    booked = _day(entry, "BookgDt") or _day(entry, "ValDt")
    if booked is None:
        raise unreadable(no)
    own = [_text(at, "Refs", "AcctSvcrRef") if part is not None else "", _text(entry, "AcctSvcrRef")]
    extra = [] if said or structured else [_text(entry, "AddtlNtryInf")]
    return BankLine(
        booked_on=booked,
        value_on=_day(entry, "ValDt"),
        amount=minor(amount[0] if incoming else -amount[0], amount[1], no),
        currency=amount[1],
        payer=words(name)[:200],
        payer_account=account_key(iban),
        text=words("".join(said), *structured, "" if ends in ("NOTPROVIDED", "") else ends, *extra),
        bank_reference=words(next((each for each in own if each), ""))[:100],
        reversal=reversal,
    )


def _amount(entry: Element, no: int) -> tuple[Decimal, str]:
    node = _find(entry, "Amt")
    if node is None:
        raise unreadable(no)
    return _decimal(node.text, no), _currency(node, no)


def _part_amount(part: Element, no: int) -> tuple[Decimal, str] | None:
    node = _find(part, "Amt")
    if node is None:
        node = _find(_find(_find(part, "AmtDtls"), "TxAmt"), "Amt")
    return (_decimal(node.text, no), _currency(node, no)) if node is not None else None


def _decimal(text: str | None, no: int) -> Decimal:
    try:
        return Decimal((text or "").strip()[:40])
    except InvalidOperation:
        raise unreadable(no) from None


def _currency(node: Element, no: int) -> str:
    code = node.get("Ccy", "")
    if len(code) != 3 or not (code.isascii() and code.isupper()):
        raise unreadable(no)
    return code


def _day(entry: Element, name: str) -> date | None:
    written = _text(entry, name, "Dt") or _text(entry, name, "DtTm")
    try:
        return date.fromisoformat(written[:10]) if written else None
    except ValueError:
        return None


def _account(statement: Element) -> str:
    account = _find(statement, "Acct")
    return account_key(_text(account, "Id", "IBAN") or _text(account, "Id", "Othr", "Id"))


def _balance(statement: Element, codes: tuple[str, ...]) -> int | None:
    for node in _all(statement, "Bal"):
        if _text(node, "Tp", "CdOrPrtry", "Cd") in codes:
            amount, currency = _amount(node, 0)
            return minor(amount if _text(node, "CdtDbtInd") == "CRDT" else -amount, currency, 0)
    return None


def _name(node: Element) -> str:
    """Without its namespace, in which the versions differ."""
    return str(node.tag).rpartition("}")[2]


def _all(node: Element | None, name: str) -> list[Element]:
    return [child for child in node if _name(child) == name] if node is not None else []


def _find(node: Element | None, name: str) -> Element | None:
    return next(iter(_all(node, name)), None)


def _text(node: Element | None, *path: str) -> str:
    for name in path:
        node = _find(node, name)
    return (node.text or "").strip() if node is not None else ""
