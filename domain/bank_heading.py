"""What banks call the columns of a statement: headings without spaces, units in brackets, accents and capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

Role = Literal[
    "date",
    "value",
    "amount",
    "credit",
    "debit",
    "direction",
    "currency",
    "payer",
    "payer_account",
    "text",
    "bank_reference",
    "account",
]
"""What stands below a heading. `amount` is signed, or has its `direction` beside it; `credit` and `debit` are two."""
ROLES: tuple[Role, ...] = get_args(Role)

_WORDS = {
    "date": (
        "交易日期 记账日期 入账日期 交易时间 记账时间 入账时间 日期 bookingdate buchungstag buchungsdatum "
        "date transactiondate postingdate posteddate completeddate datecompleted "
    ),
    "value": "起息日 起息日期 valuedate valutadatum valuta wertstellung",
    "amount": "金额 交易金额 发生额 amount betrag transactionamount umsatz",
    "credit": (
        "贷方发生额 贷方金额 收入金额 收入 贷方 存入金额 转入金额 收款金额 贷方发生额收入 credit "
        "creditamount paidin moneyin haben deposits deposit "
    ),
    "debit": (
        "借方发生额 借方金额 支出金额 支出 借方 转出金额 付款金额 借方发生额支取 debit debitamount paidout "
        "moneyout soll withdrawals withdrawal "
    ),
    "direction": "借贷标志 借贷方向 收支 收支类型 借/贷 借贷 收/支 dr/cr debit/credit credit/debit soll/haben type",
    "currency": "币种 币别 货币 交易币种 currency wahrung waehrung",
    "payer": (
        "对方户名 对方名称 对方单位名称 对方单位 对方账户名称 对方帐户名称 付款人名称 付款人 付款方名称 "
        "交易对手 交易对手名称 对手户名 往来户名 对方账户名 counterparty counterpartyname payer payername "
        "payee name beguenstigter/zahlungspflichtiger auftraggeber/begunstigter zahlungspflichtige*r "
    ),
    "payer_account": (
        "对方账号 对方账户 对方帐号 付款人账号 付款方账号 对手账号 往来账号 counterpartyaccount "
        "counterpartyiban payeraccount kontonummer/iban iban counterpartyaccountnumber "
    ),
    "text": (
        "摘要 用途 附言 备注 交易摘要 交易附言 说明 交易说明 交易用途 客户附言 reference description "
        "details purpose verwendungszweck remittance remittanceinformation narrative memo paymentreference "
        "text "
    ),
    "bank_reference": (
        "交易流水号 流水号 凭证号 凭证号码 交易序号 业务编号 账户明细编号 核心流水号 transactionid "
        "bankreference referencenumber transactionreference transactionnumber id "
    ),
    "account": "账号 本方账号 我方账号 卡号 帐号 account accountnumber auftragskonto",
}
_KNOWN = {heading: role for role, headings in _WORDS.items() for heading in headings.split()}


def heading_key(cell: str) -> str:
    """`Amount (EUR)`, `交易金额（元）` and `Auftraggeber / Begünstigter` as the list above has them."""
    plain = unicodedata.normalize("NFKD", re.sub(r"[(\[].*?[)\]]", "", unicodedata.normalize("NFKC", cell)).casefold())
    return re.sub(r"[\s_:：.\-]", "", "".join(c for c in plain if not unicodedata.combining(c)))


def roles_with(own: Mapping[Role, Sequence[str]]) -> dict[str, str]:
    """Each heading with what stands below it, a company's own words before the known ones; `text` may stand in
    several columns."""
    return _KNOWN | {heading_key(heading): role for role, headings in own.items() for heading in headings}


SUMS = r"合计|总计|小计|本页|期末|期初|total|sum|closing|opening|balance|saldo"
"""How a row begins that is no movement."""

INCOMING = frozenset(["贷", "收", "收入", "c", "cr", "credit", "h", "haben", "来账", "转入", "贷方", "in", "+"])
OUTGOING = frozenset(["借", "支", "支出", "d", "dr", "debit", "s", "soll", "往账", "转出", "借方", "out", "-"])
CURRENCIES = {
    "人民币": "CNY", "人民币元": "CNY", "rmb": "CNY", "美元": "USD", "欧元": "EUR", "港币": "HKD", "日元": "JPY",
    "英镑": "GBP",
}  # fmt: skip
