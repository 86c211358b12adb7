"""What the customer pays for each day, week, month or year that a payment is late."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding
from domain.clause.party import Side
from domain.clause.penalty import penalties
from domain.clause.quantity import exact

KIND = "late_payment_rate"

_ABOVE_A_BASE = re.compile(r"above|over the|plus|base rate|prime|LPR|基准|贷款利率|上浮|加点", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    for each in penalties(contract):
        if each.role != "rate" or each.trigger != "late_payment" or each.side is Side.OURS:
            continue
        after = each.sentence.text[each.share.end : each.share.end + 40]
        if not _ABOVE_A_BASE.search(after):
            value = f"{exact(each.share.share)}/{each.period}"
            yield contract.finding(KIND, value, each.sentence, each.share.start, each.share.end)
