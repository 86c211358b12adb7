"""A bank statement is read whatever bank and country it comes from, and a bad file is refused by name."""

from __future__ import annotations

from datetime import date

import pytest

from domain.bank_file import read_statement
from domain.bank_heading import Role
from domain.bank_line import BankStatement, fingerprints
from domain.refusal import Refused

ICBC = """账号：6222021001112223334,户名：上海某某公司
交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,交易流水号
2026-11-02,,"12,840.50","112,840.50",宁波远洋物流有限公司,6222 0200 1122,货款 P-2026-000123,JY0001
2026/11/03,500.00,,"112,340.50",中国工商银行,,手续费,JY0002
合计,500.00,12840.50,,,,,
"""

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1250.50</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">300.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-02</Dt></BookgDt><AcctSvcrRef>BATCH1</AcctSvcrRef><NtryDtls>
<TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef><EndToEndId>P-2026-000123</EndToEndId></Refs><Amt Ccy="EUR">100.50</Amt>
<RltdPties><Dbtr><Pty><Nm>Muster GmbH</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE11</IBAN></Id></DbtrAcct></RltdPties>
</TxDtls>
<TxDtls><Refs><AcctSvcrRef>T2</AcctSvcrRef></Refs><AmtDtls><TxAmt><Amt Ccy="EUR">200.00</Amt></TxAmt></AmtDtls>
<RltdPties><Dbtr><Nm>Ocean Ltd</Nm></Dbtr></RltdPties>
<RmtInf><Ustrd>Invoice P-2026-</Ustrd><Ustrd>000124</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2026-11-03T10:00:00</DtTm></BookgDt></Ntry>
<Ntry><Amt Ccy="EUR">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-11-03</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""

MT940 = """:20:STARTUMS
:25:10020030/1234567
:28C:00001/001
:60F:C261101EUR1000,00
:61:2611021102C100,50NTRFNONREF//BANKREF1
:86:166?00GUTSCHRIFT?20EREF+P-2026-000123?21SVWZ+Rechnung?30DEUTDEFF?31DE89370400440532013000?32MUSTER?33 GMBH
:61:2611031103RC50,00NTRFNONREF//BANKREF2
:86:Storno
:62F:C261103EUR1050,50
-"""


def read(text: str, encoding: str = "utf-8", currency: str = "CNY") -> BankStatement:
    return read_statement(text.encode(encoding), currency)


def test_columns_with_words_of_their_own_are_read_once_somebody_says_what_they_are() -> None:
    table = "Wann gebucht,Wie viel (EUR),Von wem,Wofür\n2026-11-02,12.50,Muster GmbH,P-2026-000123\n"
    with pytest.raises(Refused) as refused:
        read(table)
    assert (refused.value.code, "Wann gebucht" in refused.value.params["columns"]) == ("bank_columns_unknown", True)
    said: dict[Role, list[str]] = {
        "date": ["wann gebucht"], "amount": ["Wie viel"], "payer": ["von wem"], "text": ["WOFÜR"]
    }  # fmt: skip
    [line] = read_statement(table.encode(), "EUR", said).lines
    assert (line.booked_on, line.amount, line.payer, line.text) == (
        date(2026, 11, 2), 1_250, "Muster GmbH", "P-2026-000123",
    )  # fmt: skip
    # A word of the company's own goes before the known one.
    [other] = read_statement(b"Date,Credit,Reference,Posted\n2026-11-02,7.00,x,2026-11-03\n", "EUR", {
        "date": ["Posted"], "text": ["Date"],
    }).lines  # fmt: skip
    assert (other.booked_on, other.amount) == (date(2026, 11, 3), 700)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_chinese_table_is_read_in_any_encoding(encoding: str) -> None:
    statement = read(ICBC, encoding)
    assert statement.account == "6222021001112223334"
    came, fee = statement.lines
    assert (came.amount, came.booked_on, came.payer) == (1_284_050, date(2026, 11, 2), "宁波远洋物流有限公司")
    assert (came.payer_account, came.text, came.bank_reference) == ("622202001122", "货款 P-2026-000123", "JY0001")
    assert fee.amount == -50_000


def test_a_german_table_has_its_umlauts_decimal_commas_and_short_years() -> None:
    headings = "Buchungstag;Verwendungszweck;Beguenstigter/Zahlungspflichtiger;Betrag;Waehrung"
    [line] = read(f"{headings}\n02.11.26;RE 1;Müller;1.284,50;EUR\n", "cp1252").lines
    assert (line.amount, line.currency, line.payer, line.booked_on) == (128_450, "EUR", "Müller", date(2026, 11, 2))


def test_the_month_stands_first_only_where_nothing_else_is_possible() -> None:
    american = read("Date,Description,Amount\n11/13/2026,ACME,100.00\n11/12/2026,X,(2.50)\n", currency="USD")
    assert [(line.booked_on, line.amount) for line in american.lines] == [
        (date(2026, 11, 13), 10_000), (date(2026, 11, 12), -250),
    ]  # fmt: skip
    [british] = read("Date,Description,Money In,Money Out\n12/11/2026,ACME,100.00,\n", currency="GBP").lines
    assert british.booked_on == date(2026, 11, 12)


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_camt_is_read_in_every_version_with_the_parts_of_a_batch(version: str) -> None:
    statement = read(CAMT.format(version=version))
    first, second, taken_back = statement.lines
    assert (statement.account, statement.currency, statement.complete) == ("DE89370400440532013000", "EUR", True)
    assert (first.amount, first.payer, first.payer_account, first.text) == (
        10_050,
        "Muster GmbH",
        "DE11",
        "P-2026-000123",
    )
    assert (second.amount, second.payer, second.text) == (20_000, "Ocean Ltd", "Invoice P-2026-000124")
    assert (first.bank_reference, second.bank_reference) == ("T1", "T2")
    assert (taken_back.amount, taken_back.reversal) == (-5_000, True)


def test_mt940_is_read_with_what_the_payer_wrote() -> None:
    statement = read(MT940)
    came, taken_back = statement.lines
    assert (came.amount, came.currency, came.payer, came.payer_account) == (
        10_050, "EUR", "MUSTER GMBH", "DE89370400440532013000",
    )  # fmt: skip
    assert "P-2026-000123" in came.text
    assert (taken_back.amount, taken_back.reversal) == (-5_000, True)
    assert statement.complete is True


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "document_empty"),
        (b"\xef\xbb\xbf \r\n", "document_empty"),
        (b"PK\x03\x04 a spreadsheet", "bank_file_unknown"),
        (b"\x89PNG\r\n" * 50, "bank_columns_unknown"),
        ("商品,单价\n冷库,1\n".encode(), "bank_columns_unknown"),
        (b"Date,Amount\n2026-13-45,1.00\n", "bank_line_unreadable"),
        (b"Date,Amount\n2026-11-01,12.345.6\n", "bank_line_unreadable"),
        (b"Date,Amount\n2026-11-01,0.001\n", "bank_line_unreadable"),
        (b"Date,Amount\n", "bank_no_lines"),
        (CAMT.format(version="02").encode()[:900], "bank_xml_broken"),
        (b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>', "bank_xml_unsafe"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Document/>', "bank_xml_unsafe"),
        (b"<Document><Other/></Document>", "bank_file_unknown"),
        (CAMT.format(version="02").replace("300.50", "NaN").encode(), "bank_line_unreadable"),
        (b":20:X\n:25:1\n:28C:1\n:60F:C261101EUR1,\n-", "bank_no_lines"),
        (b"x" * (25 * 1024 * 1024 + 1), "document_too_large"),
        (b"Date,Amount\n" + b"2026-11-01,1.00\n" * 50_001, "bank_too_many_lines"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_for_what_it_is(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_statement(content, "CNY")
    assert refused.value.code == code


def test_a_line_is_the_same_in_whatever_file_it_comes() -> None:
    headings = "Date,Transaction ID,Description,Amount\n"
    monday = f"{headings}2026-11-02,T1,first,5.00\n2026-11-02,T2,second,5.00\n"
    week = f"{headings}2026-11-02,T1,FIRST,5.00\n2026-11-02,T2,second,5.00\n2026-11-03,T3,third,5.00\n"
    assert fingerprints(read(monday)) == fingerprints(read(week))[:2]
    alike = "Date,Description,Amount\n2026-11-02,same,5.00\n2026-11-02,same,5.00\n"
    one, two = fingerprints(read(alike))
    assert one != two
    assert fingerprints(read(alike)) == [one, two]
