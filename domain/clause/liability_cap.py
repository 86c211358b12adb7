"""The most we can owe in all: a multiple of the price, the fees of a year, those paid, an amount, or without end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.number import CHINESE, ENGLISH, number
from domain.clause.party import Side
from domain.clause.penalty_cap import _NAMED as PENALTY_WORDS
from domain.clause.quantity import amounts, durations, shares
from domain.clause.total_amount import total_of

KIND = "liability_cap"

_STEMS = (
    "责任", "赔偿", "上限", "限额", "封顶", "liab", "damages", "cap",
)  # fmt: skip

_LIABILITY = re.compile(
    r"责任|赔偿|liabilit|liable|(?<!liquidated )(?<!delay )\bdamages|compensation for (?:all|any)", re.I
)
_LIMIT = re.compile(
    r"不(?:得|应|会|能)?(?:超过|高于|超出|大于|多于)|为(?:上)?限|上限|限额|最高(?:额|不)|封顶|限于|"
    r"至多|\bexceeds?\b|limited to|maximum|\bcap(?:ped)?\b|(?:no|not be|not) (?:more|greater) than|"
    r"be (?:greater|more) than|for more than|up to|ceiling|restricted to",
    re.I,
)
_ENDLESS = re.compile(
    r"不设(?:置|定)?(?:任何)?(?:最高)?(?:赔偿)?(?:上限|限额|限制)|无(?:最高)?(?:上限|限额|限度)|"
    r"没有(?:任何)?(?:上限|限额)|无限(?:额)?(?:赔偿)?责任|不受(?:任何)?(?:金额|数额|上限|限额|前述|"
    r"合同)[^,。]{0,8}限制|(?:责任|金额|数额)不受(?:任何)?限制|无限制地?(?:赔偿|责任)|不以[^,。;]{0,10}为(?:上)?限|"
    r"上不封顶|不封顶|"
    r"liabilit[^.;]{0,80}?(?:shall be|is|are|will be|remains?) (?:unlimited|uncapped)|"
    r"(?<!including )(?<!including, )without (?:any )?(?:limit\b|cap\b|limitation (?:as to|in|"
    r"of) amount)|unlimited liabilit|liabilit[^.;]{0,60}not (?:be )?(?:limited|capped)|"
    r"liable without (?:any )?limit\w*|no (?:limit|"
    r"cap|limitation) (?:on|to|of)[^.;]{0,30}liabilit|liabilit[^.;]{0,50}\buncapped\b(?! claims)",
    re.I,
)
_EXCEPTION = re.compile(
    r"fraud|death|personal injury|gross negligence|wil+ful|除外|故意|重大过失|人身|"
    r"by (?:applicable )?law|prohibited|confidential|indemnif|data protection|"
    r"nothing in th\w+ agreement (?:shall )?(?:limits?|excludes?)(?![^.]*unlimited)",
    re.I,
)
_TIMES = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?|[{CHINESE}]+)\s*倍|(?P<en>{ENGLISH}|"
    rf"\d+(?:\.\d+)?)(?:\s*\(\d+(?:\.\d+)?x?\))?\s*(?:times|x)\b|\b(?P<half>one and (?:a|"
    rf"one)[\s-]half) times\b|\b(?P<twice>twice|double)\b",
    re.I,
)
_PRICE = re.compile(
    r"合同(?:总|含税)*(?:价款?|金额|额|价格)|总价|总额|合同款|服务费(?:用)?总|费用总|"
    r"订单(?:总)?(?:金额|价|额)|全部(?:服务费|费用|价款)|(?:contract|purchase|total|fixed|order|"
    r"agreement|project)\s+(?:price|sum|value|fees?|charges|amount)|"
    r"\bthe (?:price|charges)\b|\bthe (?:licen[cs]e|service|subscription) fees?\b(?! (?:\w+ ){0,2}(?:paid|"
    r"received))|aggregate (?:price|fees?|charges)|"
    r"fees (?:payable|due) under|total fees|\b\w+'s (?:total )?(?:fee|price)\b|\b(?:fixed|lump sum) (?:fee|price)|"
    r"(?:合同|服务|项目)(?:总)?费用|本合同价",
    re.I,
)
_PAID = re.compile(
    r"已(?:经)?(?:实际)?(?:支付|付|收取|收)|实际(?:支付|收取|收到|付)|所(?:支付|付)|actually paid|"
    r"amounts? (?:actually )?paid|(?:fees?|sums?|moneys?|consideration|price)[^.;]{0,30}\b(?:paid|"
    r"received)\b|\bpaid\b|\breceived\b",
    re.I,
)
_FEES = re.compile(r"费|款|fees?|amounts?|charges|sums|price|paid|payable|compensation", re.I)
_LABEL = re.compile(
    r"责任(?:上限|限额|限制)|赔偿(?:上限|限额)|liability cap|cap amount|general cap|"
    r"limit(?:ation)? (?:of|on) liab|liability limit|(?:total|aggregate|maximum|overall) liability\s*$|"
    r"^\s*(?:our )?liability(?: cap| limit)?\s*$|责任总额\s*$|"
    r"\"?(?:general )?(?:liability )?cap\"? means",
    re.I,
)
_CHOICE = re.compile(
    r"\b(?:greater|higher|larger|lesser|lower|smaller|greatest|lowest) of\b|\bwhichever\b|较[高低大小]者|孰[高低]|"
    r"中的?较[高低]",
    re.I,
)
"""Between two limits."""
_OTHER_CAP = re.compile(
    r"increased|enhanced|super[\s-]?cap|trials?|betas?|insur|保险|indirect|间接损失[^,。]{0,6}(?:不|均)", re.I
)


def find(contract: Contract) -> Iterator[Finding]:
    found = list(_caps(contract))
    yield from found
    if not found and total_of(contract) is not None:
        yield Finding(KIND, "absent")


def _caps(contract: Contract) -> Iterator[Finding]:
    for sentence in contract.having(*_STEMS, headed=True):
        text = sentence.text
        labelled = bool(_LABEL.search(sentence.label) or _LABEL.search(text))
        if not (
            labelled
            or _LIABILITY.search(text)
            or (re.search(r"责任限制|limitation of liab", sentence.heading, re.I) and _LIMIT.search(text))
        ):
            continue
        endless = _ENDLESS.search(text)
        if (
            endless
            and _LIABILITY.search(text)
            and not _EXCEPTION.search(text)
            and _liable(contract, sentence, endless.start())
            and not _of_penalty(text, endless.start())
        ):
            yield contract.finding(KIND, "unlimited", sentence, endless.start(), endless.end())
            continue
        limit = _LIMIT.search(text)
        other = _OTHER_CAP.search(text) or _OTHER_CAP.search(sentence.label)
        insured = other is not None and other[0].lower() in ("insur", "保险") and _CHOICE.search(text)
        if not (labelled or limit) or (other and not insured):
            continue
        at = limit.start() if limit else 0
        if not labelled and (not _liable(contract, sentence, at) or _of_penalty(text, at)):
            continue
        value, start, end = _value(_related_to_price(text, limit.end() if limit else 0), at)
        if value:
            yield contract.finding(KIND, value, sentence, min(start, at) if limit else start, max(end, at))


def _of_penalty(text: str, at: int) -> bool:
    """`违约金总额不超过` limits the penalty, not what we are liable for."""
    before = re.sub(r"\([^()]*违约金[^()]*\)", "", text[:at])  # (违约金除外)
    penalty = [match.end() for match in PENALTY_WORDS.finditer(before)]
    liable = [match.end() for match in _LIABILITY.finditer(before)]
    return bool(penalty) and (not liable or penalty[-1] >= liable[-1])


def _liable(contract: Contract, sentence: Sentence, at: int) -> bool:
    """Whether it is our liability that is spoken of: ours, either party's, or nobody's in particular."""
    named = [side for start, _, side in contract.parties.mentions(sentence.text[:at]) if start <= at]
    liability = _LIABILITY.search(sentence.text)
    owner = [
        side for start, _, side in contract.parties.mentions(sentence.text) if liability and start <= liability.end()
    ]
    sides = owner or named
    return not sides or Side.OURS in sides or Side.EITHER in sides or Side.UNKNOWN in sides


def _factor(times: re.Match[str]) -> Decimal | None:
    if times["half"]:
        return Decimal("1.5")
    return Decimal(2) if times["twice"] else number(times["n"] or times["en"])


def _related_to_price(text: str, limit: int) -> str:
    """Of `the greater of USD 500,000 and the fees paid` the fees: what tells the size of the limit."""
    if not (_CHOICE.search(text) and (_FEES.search(text, limit) or shares(text[limit:]))):
        return text
    for money in amounts(text):
        text = text[: money.start] + " " * (money.end - money.start) + text[money.end :]
    return text


def _value(text: str, at: int) -> tuple[str, int, int]:
    """The cap nearest to the word that limits."""
    months = [d for d in durations(text) if d.unit == "m" and d.count in (3, 6, 12, 18, 24, 36)]
    times = _TIMES.search(text)
    year = re.search(
        r"year (?:in|during) which|(?:previous|preceding|prior|past|last|that|such|each|any|"
        r"contract) (?:contract )?year|一年内|"
        r"上一?年度|前一年",
        text,
        re.I,
    )
    if (months or year) and _FEES.search(text):
        count = int(months[0].count) if months else 12
        where = (months[0].start, months[0].end) if months else year.span() if year else (0, 0)
        if times:
            factor = _factor(times)
            if factor and factor != 1:
                return f"{factor:.2f}x", min(times.start(), where[0]), max(where[1], times.end())
        for share in shares(text):
            if share.share != 1:
                return f"{share.share:.2f}x", min(share.start, where[0]), max(share.end, where[1])
        return f"fees_{count}m", *where
    for share in shares(text):
        if share.share == 1 and re.search(r"已(?:经)?(?:实际)?(?:支付|付|收)|actually (?:paid|received)", text):
            continue  # 100% of what was paid
        if _PRICE.search(text) or _FEES.search(
            text[share.end : share.end + 60] + text[max(0, share.start - 30) : share.start]
        ):
            return f"{share.share:.2f}x", share.start, share.end
    if times:
        factor = _factor(times)
        if factor is not None and (_FEES.search(text) or _PRICE.search(text)):
            return f"{factor:.2f}x", times.start(), times.end()
    money = [each for each in amounts(text) if each.start >= at - 60 or at == 0]
    if money:
        return str(money[0]), money[0].start, money[0].end
    paid, price = _PAID.search(text, max(0, at - 60)), _PRICE.search(text, max(0, at - 40))
    if paid and (not price or re.search(r"已|实际|actually|amounts? paid|\bpaid\b", paid[0])):
        return "paid_fees", paid.start(), paid.end()
    return ("1.00x", price.start(), price.end()) if price else ("", 0, 0)
