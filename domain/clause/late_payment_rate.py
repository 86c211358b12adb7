"""What the customer pays for each day, week, month or year that a payment is late."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.base_rate import STEMS, above_base
from domain.clause.contract import Contract, Finding
from domain.clause.party import Side
from domain.clause.penalty import Penalty, penalties, trigger_of
from domain.clause.quantity import exact

KIND = "late_payment_rate"

_ABOVE_A_BASE = re.compile(r"above|over the|plus|base rate|prime|LPR|基准|贷款利率|上浮|加点|points over", re.I)
_ENTITLED = re.compile(r"entitles?\b[^.;]{0,30}\bto\b", re.I)
_SAID_AGAIN = re.compile(r"\(\s*(?:or |being |i\.e\.,? |equal to )?$|\bor\s*$", re.I)
"""`1.5% per month (18% per annum)`."""
_REFUND = re.compile(r"退还|返还|退款|refund|repay", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    following = list(_above_a_base(contract))
    yield from following
    last = None
    for each in penalties(contract):
        entitled = _ENTITLED.search(each.sentence.text)
        if each.role != "rate" or each.trigger != "late_payment" or (each.side is Side.OURS and not entitled):
            continue
        if any(each.sentence.start <= other.start < each.sentence.end for other in following):
            continue  # the margin above a published rate is no rate of its own
        before, last = last, each
        if before is not None and _is_said_again(before, each):
            continue
        after = each.sentence.text[each.share.end : each.share.end + 40]
        if not _ABOVE_A_BASE.search(after):
            value = f"{exact(each.share.share)}/{each.period}"
            yield contract.finding(KIND, value, each.sentence, each.share.start, each.share.end)


def _is_said_again(before: Penalty, each: Penalty) -> bool:
    if before.sentence is not each.sentence or before.period == each.period:
        return False
    return bool(_SAID_AGAIN.search(each.sentence.text[before.share.end : each.share.start]))


def _above_a_base(contract: Contract) -> Iterator[Finding]:
    """`LPR的1.5倍`, `4% above the base rate`: a published rate, and how far above it."""
    for sentence in contract.having(*STEMS):
        late = trigger_of(sentence.text)[0] or trigger_of(sentence.about)[0]
        found = above_base(sentence.text) if late == "late_payment" and not _REFUND.search(sentence.text) else None
        if found:
            value, start, end = found
            yield contract.finding(KIND, value, sentence, start, end)
