"""The most that penalties for our delay can come to: a share of the price, or said to have no end, or never said."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from decimal import Decimal

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.delay_penalty_rate import against_us
from domain.clause.party import Side
from domain.clause.penalty import OF_A_MONTH, Penalty, penalties
from domain.clause.quantity import Share, amounts
from domain.clause.total_amount import total_of

KIND = "penalty_cap"

_NAMED = re.compile(
    r"违约金|违约赔偿金|滞纳金|扣款|扣减|扣除|罚|误期赔偿|liquidated damages|penalt|reductions?|\bLDs?\b|"
    r"credits?|such (?:damages|amounts?|sums?)|delay damages|deduct",
    re.I,
)
_ENDLESS = re.compile(
    r"不设(?:置)?(?:最高)?(?:上限|限额)|无(?:最高)?(?:上限|限额)|没有上限|不封顶|上不封顶|"
    r"不受[^,。]{0,8}限制|without (?:any )?(?:upper )?(?:limit|cap)|\bno (?:cap|limit|maximum)|uncapped|"
    r"unlimited|not (?:be )?(?:capped|limited)",
    re.I,
)
_CAP_AMOUNT = re.compile(r"(?:不超过|不得超过|上限|最高|封顶|为限|maximum|cap|exceed|up to)[^,。;]{0,40}$", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    rates = against_us(contract)
    if not rates:
        yield from (
            _finding(contract, each)
            for each in penalties(contract)
            if _is_cap(each)
            and _NAMED.search(each.sentence.text)
            and each.trigger in ("delay", "")
            and not OF_A_MONTH.search(each.sentence.text[max(0, each.share.start - 40) :])
        )
        return
    found = False
    for each in penalties(contract):
        if _is_cap(each) and (
            _NAMED.search(each.sentence.text) or any(rate.sentence is each.sentence for rate in rates)
        ):
            found = True
            yield _finding(contract, each)
    for rate in rates:
        for sentence in _near(contract, rate):
            endless = _ENDLESS.search(sentence.text)
            before = sentence.text[max(0, endless.start() - 14) : endless.start()] if endless else ""
            if endless and ("违约金" in before or not re.search(r"责任|赔偿|liab", before, re.I)):
                found = True
                yield contract.finding(KIND, "none", sentence, endless.start(), endless.end())
                break
    if not found:
        found = yield from _in_money(contract, rates)
    if not found:
        yield Finding(KIND, "absent")


def _finding(contract: Contract, cap: Penalty) -> Finding:
    return contract.finding(KIND, str(cap.share), cap.sentence, cap.share.start, cap.share.end)


def _is_cap(each: Penalty) -> bool:
    named = _NAMED.search(each.sentence.text)
    return (
        each.role == "cap"
        and each.trigger != "late_payment"
        and each.side is not Side.THEIRS
        and (
            not each.is_liability
            or (named is not None and "责任" not in each.sentence.text and "liab" not in each.sentence.text.lower())
        )
    )


def _near(contract: Contract, rate: Penalty) -> Iterator[Sentence]:
    for sentence in contract.sentences:
        same_row = rate.sentence.row and sentence.row == rate.sentence.row
        if (
            sentence is rate.sentence
            or same_row
            or (0 <= sentence.start - rate.sentence.end < 200 and sentence.section == rate.sentence.section)
        ):
            yield sentence


def _in_money(contract: Contract, rates: list[Penalty]) -> Generator[Finding, None, bool]:
    total = total_of(contract)
    for rate in rates:
        for sentence in _near(contract, rate):
            for money in amounts(sentence.text):
                if not _CAP_AMOUNT.search(sentence.text[: money.start]):
                    continue
                if total is not None and total.amount and total.currency == money.currency:
                    share = (money.amount / total.amount).quantize(Decimal("0.0001"))
                    yield contract.finding(KIND, str(Share(0, 0, share)), sentence, money.start, money.end)
                return True
    return False
