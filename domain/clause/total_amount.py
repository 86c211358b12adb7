"""What the whole contract costs. A price per unit, a monthly fee, a deposit or a limit is no total."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Money, amounts, durations

KIND = "total_amount"

MONEY = (
    "元", "圆", "¥", "$", "€", "£", "₹", "rmb", "cny", "usd", "eur", "gbp", "hkd", "jpy", "sgd", "aud", "cad", "chf",
    "inr", "krw", "twd", "nok", "sek", "dkk", "nzd", "pln", "aed", "myr", "thb", "zar", "brl", "czk",
    "币", "美金",
    "镑", "dollar", "yuan", "pound", "yen",
)  # fmt: skip

_STRONG = re.compile(
    r"总(?:价|值|金额|额|费用|价款|服务费|租金|货款|造价|报酬|酬金|计)|(?:合同|项目|订单|工程|"
    r"协议)(?:含税|不含税|暂定)?(?:总)?(?:价款?|金额|价格|造价)|(?:费用|价款|金额|服务费|租金|货款|费|"
    r"款)(?:总额|总计|合计|共计)|"
    r"合计|共计|总计|\btotal\s+(?:contract |purchase |order |project |licen[cs]e |service |"
    r"subscription |agreement )?(?:price|fees?|amount|value|charges?|sum|consideration|cost)|"
    r"\b(?:purchase|contract|fixed|lump[\s-]sum|agreement|project|order)"
    r"\s+(?:price|sum|value|fee|amount)|aggregate (?:fees?|price|consideration|rent|value|sum|cost)|\btotal\b|"
    r"not[\s-]to[\s-]exceed|compensation shall not exceed|fixed (?:price|fee)|lump sum",
    re.I,
)
_WEAK = re.compile(
    r"(?:服务|开发|订阅|许可|授权|咨询|技术|维护|使用|实施|设计|代理)费用?|货款|价款|租金|报酬|酬金|"
    r"费用|\bfees?\b|\bprice\b|\bcharges?\b|\bconsideration\b|\bsubscription\b",
    re.I,
)
_YEARLY = re.compile(r"每年|/年|全年|年(?:度)?(?:订阅|服务|维护|许可)?费|per (?:year|annum)|annual|yearly|a year", re.I)
_NOT_TOTAL = re.compile(
    r"单价|每月|月租|月度|月费|月服务费|/月|每(?:个|台|套|次|人|件|吨|小时|天|日|季|单)|/(?:个|台|套|"
    r"人|件|吨|小时|天|日)|per (?:month|hour|day|unit|user|seat|item|copy|licence|license|quarter|"
    r"week|loan|transaction|incident|piece|call)|"
    r"monthly|hourly|daily|quarterly|each\b|unit price|every|保证金|押金|定金|预付|首付|注册资本|保险|"
    r"保额|违约金|罚|赔偿|责任|上限|不超过|以内|deposit|penalt|liab|insur|damages|not exceed|"
    r"minimum|最低|起订|threshold|late fee|设备款|质保金|折扣|优惠|减免|税额|其中|discount|credit|"
    r"instal|up to|travel|差旅|报销|refund",
    re.I,
)
_IN_PARTS = re.compile(r"(?:payable|paid|to be paid) in \w+ (?:equal )?(?:\w+ )?instal\w+", re.I)
_PER = re.compile(
    r"\s*(?:/|\bper\s+)(?!annum|year|contract|order|term|\w+ (?:term|period))\w+|\s*(?:an?|each|"
    r"every) (?:hour|day|week|month|delivery)",
    re.I,
)
_AT_MOST = re.compile(
    r"\b(?:compensation|(?:total|contract) (?:fees?|price|amount|"
    r"cost))\b[^,.;]{0,30}\bnot (?:to )?exceed[^,.;]{0,30}$",
    re.I,
)
_SUM = re.compile(r"(?:合计|共计|总计)[^,。;]{0,4}$")
"""What the amounts before it make up."""
_LIMIT = re.compile(r"liab|责任|赔偿|liquidated|penalt|\bfail|\blate\b", re.I)
"""What the amount of the same clause is for cannot be the price."""


def find(contract: Contract) -> Iterator[Finding]:
    found = list(candidates(contract))
    seen: set[str] = set()
    for sentence, money in found:
        if str(money) not in seen:
            seen.add(str(money))
            yield contract.finding(KIND, str(money), sentence, money.start, money.end)


def total_of(contract: Contract) -> Money | None:
    return next((money for _, money in candidates(contract)), None)


def candidates(contract: Contract) -> list[tuple[Sentence, Money]]:
    """The totals that are named as such; without any, the one fee that is named; each amount once."""
    kept: list[tuple[Sentence, Money]] | None = contract.kept.get(KIND)
    if kept is None:
        named = list(_strong(contract))
        rows = {sentence.row for sentence, money in named if sentence.row and not money.words}
        # In a row with the sum in words and in digits the digits count.
        named = [each for each in named if not (each[1].words and each[0].row in rows)]
        kept = contract.kept[KIND] = named or list(_weak(contract))[:1]
    return kept


def _strong(contract: Contract) -> Iterator[tuple[Sentence, Money]]:
    for sentence in contract.having(*MONEY):
        yield from _of_sentence(contract, sentence, _STRONG)


def _weak(contract: Contract) -> Iterator[tuple[Sentence, Money]]:
    for sentence in contract.having(*MONEY):
        yield from _of_sentence(contract, sentence, _WEAK)


def _of_sentence(contract: Contract, sentence: Sentence, named: re.Pattern[str]) -> Iterator[tuple[Sentence, Money]]:
    text = sentence.text
    moneys = amounts(text)
    if not moneys:
        return
    spoken = [money for money in moneys if _is_total(contract, sentence, money, named)]
    summed = [money for money in spoken if _SUM.search(text[max(0, money.start - 8) : money.start])]
    spoken = summed or spoken
    for at, money in enumerate(spoken):
        last = spoken[at - 1]
        again = last.amount == money.amount or last.words != money.words
        if at and again and money.start - last.end < 14 and money.currency == last.currency:
            continue  # the same amount again, in words or in digits
        yield sentence, money


def _is_total(contract: Contract, sentence: Sentence, money: Money, named: re.Pattern[str]) -> bool:
    text = sentence.text
    before = re.split(r"[。;]", text[: money.start])[-1]
    clause = re.split(r"(?<!\d),|,(?!\d)", before)[-1]
    after = re.split(r"[。;,](?!\d)", text[money.end : money.end + 40])[0]
    label = sentence.label
    alone = not before.strip("¥$€£ (:") or len(before) < 4
    name = named.search(clause) or (alone and named.search(label)) or named.search(before[-30:])
    if not name or money.amount <= 0:
        return False
    after = _IN_PARTS.sub("", after)
    if _AT_MOST.search(clause):
        return True
    if _NOT_TOTAL.search(clause[max(0, name.start() - 30) :] if name.string == clause else clause) or _NOT_TOTAL.search(
        after
    ):
        return False
    if _PER.match(after) or _LIMIT.search(before[-400:]):
        return False
    if alone and _NOT_TOTAL.search(label):
        return False
    if _YEARLY.search(clause) or _YEARLY.search(after[:20]) or (alone and _YEARLY.search(label)):
        return _term_in_months(contract) == 12
    return True


_TERM = re.compile(
    r"(?:服务期|订阅期|合同期|有效期|租期|租赁期|合作期|期限)[限间]?(?:为|是|共|:)?|"
    r"\b(?:initial )?(?:term|subscription period|subscription term)\b[^.;]{0,40}|\bfor a period of\b",
    re.I,
)


def _term_in_months(contract: Contract) -> int:
    """How long the contract runs, where it says so; 0 where not. A yearly fee is the total of one year only."""
    for sentence in contract.having("期", "term", "subscription", "period of"):
        if re.search(r"renew|续|extend", sentence.text[:200], re.I) and not re.search(
            r"initial|^\s*\d+ months?;", sentence.text, re.I
        ):
            continue
        match = _TERM.search(sentence.text) or (
            re.search(r"^\s*(?:term|期限|服务期)", sentence.label, re.I) and re.match("", sentence.text)
        )
        if match:
            for duration in durations(sentence.text[match.start() : match.end() + 45]):
                if duration.unit == "m" and duration.count >= 1 and duration.start < 60:
                    return int(duration.count)
    return 0
