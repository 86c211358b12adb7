"""The share of the price that is paid before anything is supplied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.party import Side
from domain.clause.quantity import Share, amounts, shares
from domain.clause.total_amount import total_of

KIND = "prepayment"

_STEMS = (
    "预", "定金", "订金", "首付", "头款", "启动款", "前", "advance", "deposit", "down", "front", "prepa", "100%",
    "full", "entire", "whole", "total", "先行", "先付", "一次性", "全额",
)  # fmt: skip

_WORDS = re.compile(
    r"预付|定金|订金|首付款|首付|头款|预收|预先支付|启动款|先行(?:支付|付)|\badvance\b|\bdown[\s-]?payment|"
    r"\bdeposit\b|\bup[\s-]?front\b|\bprepa(?:y|id|yment)\w*|\bin advance\b",
    re.I,
)
_NOT_OURS = re.compile(
    r"security deposit|deposited?\s+(?:with|in|into)|履约保证金|预付卡|退还预付|返还预付|"
    r"prepaid fees|advance (?:written )?notice|notice in advance",
    re.I,
)
_ALL = re.compile(
    r"(?:(?:前|之前|预先|提前|预付|生效后)[^。;]{0,14}(?:一次性|全额|全部|足额)[^。;]{0,10}(?:支付|"
    r"付清|缴纳|付讫|预付|付)|预付(?:全部|全额|全年|年度)|按年(?:度)?预付|"
    r"(?<!验收)(?<!竣工)(?<!届满)(?<!期满)(?<!到期)前[^。;]{0,16}(?:付清|支付|缴清|结清)(?:全款|全部|全额)|"
    r"(?<!月)(?<!按月支付,)先付后用|全额预付|全款预付|"
    r"(?:一次性|全额|全部|足额)[^。;]{0,30}(?:款|费用?)[^。;]{0,14}后[^,。;]{0,14}(?:开通|交付|发货|提供)|"
    r"\b(?:bill(?:s|ed)?|invoiced?s?|payable|paid|due|charged?s?|pays?)\b(?![^.;]*month)[^.;%]{0,25}\bin advance\b|"
    r"(?:annually|yearly|quarterly|semi-?annually|annual|yearly|quarterly|in full),? in advance|"
    r"(?:full|entire|whole|total|100%)[^.;]{0,40}(?:in advance|upfront|up front|before (?:delivery|"
    r"shipment|commencement|the services))|annual (?:fee|subscription)[^.;]{0,40}in advance)",
    re.I,
)
_MONTHLY = re.compile(r"按月|每月|逐月", re.I)
"""Paid in advance by the month is no advance."""
_NONE = re.compile(
    r"(?:无|没有|不设|无须(?:支付|缴纳)?|不收取?|不(?:向[^,。;]{1,8})?支付|无需支付|不需支付|不予支付|"
    r"免)(?:任何)?(?:预付|定金|订金|首付)|"
    r"\bno (?:\w+ (?:or|and) )?(?:advance|prepayment|deposit|down[\s-]?payment|up[\s-]?front)|"
    r"(?:advance payment|deposit|prepayment)s?\s+(?:is|are|shall be|will be)\s+(?:not|neither)",
    re.I,
)

_PARTS = {
    "half": "0.50",
    "one half": "0.50",
    "one third": "0.33",
    "a third": "0.33",
    "one quarter": "0.25",
    "a quarter": "0.25",
    "一半": "0.50",
    "二分之一": "0.50",
    "三分之一": "0.33",
    "四分之一": "0.25",
}
_PART = re.compile(
    r"\b(?P<en>one half|half|one third|a third|one quarter)\b[^.;]{0,40}(?:in advance|up[\s-]?front)|"
    r"(?:预付|首付|先行(?:支付|付))[^,。;]{0,12}(?P<zh>一半|[二三四]分之一)",
    re.I,
)


def find(contract: Contract) -> Iterator[Finding]:
    for sentence in contract.having(*_STEMS):
        text = sentence.text
        if _NOT_OURS.search(text):
            continue
        none = _NONE.search(text)
        if none:
            yield contract.finding(KIND, "0.00", sentence, none.start(), none.end())
            continue
        everything = _ALL.search(text)
        found = list(_shares(contract, sentence))
        part = _PART.search(text)
        if found:
            yield from found
        elif part:
            yield contract.finding(KIND, _PARTS[(part["en"] or part["zh"]).lower()], sentence, part.start(), part.end())
        elif everything and not _MONTHLY.search(text) and _payer(contract, text, everything) is not Side.OURS:
            yield contract.finding(KIND, "1.00", sentence, everything.start(), everything.end())
        else:
            yield from _amount(contract, sentence)


def _payer(contract: Contract, text: str, said: re.Match[str]) -> Side:
    if re.match("bill|invoice|charge", said[0], re.I):
        return Side.THEIRS  # whoever bills is paid
    who = contract.parties.subject(text, said.start())
    return contract.parties.subject(text, said.end()) if who is Side.UNKNOWN else who


def _shares(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    text = sentence.text
    for share in shares(text):
        if _WORDS.search(sentence.label) and not re.search(r"[。;]", text[: share.start]):
            yield contract.finding(KIND, str(share), sentence, share.start, share.end)
            return
        if _prepays(text, share) and share.share <= 1:
            yield contract.finding(KIND, str(share), sentence, share.start, share.end)
            return


def _prepays(text: str, share: Share) -> bool:
    """The word stands in the same clause, and no other share stands between."""
    before, after = text[max(0, share.start - 45) : share.start], text[share.end : share.end + 90]
    before = re.split(r"[。;]", before)[-1]
    after = re.split(r"[。;,]|\band\b", after)[0]
    if re.search(r"违约|双倍|没收|扣除|抵扣|税|interest|discount|折", before[-20:] + after[:20]):
        return False
    near = _WORDS.search(after) or (_WORDS.search(before) and not list(shares(before)))
    return bool(near)


def _amount(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    """An amount instead of a share, where the total is known."""
    match = _WORDS.search(sentence.text) or _WORDS.search(sentence.label)
    total = total_of(contract)
    if match is None or total is None or not total.amount:
        return
    for money in amounts(sentence.text):
        at = _WORDS.search(sentence.text[max(0, money.start - 30) : money.end + 15])
        if (
            (at or _WORDS.search(sentence.label))
            and money.currency == total.currency
            and 0 < money.amount <= total.amount
        ):
            share = (money.amount / total.amount).quantize(Decimal("0.0001"))
            yield contract.finding(KIND, str(Share(0, 0, share)), sentence, money.start, money.end)
            return
