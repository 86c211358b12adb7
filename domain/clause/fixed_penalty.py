"""A share of the price that is owed at once for a breach, whatever its length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding
from domain.clause.penalty import OF_A_MONTH, penalties

KIND = "fixed_penalty"

_NAMED = re.compile(
    r"违约金|违约赔偿|罚金|罚款|赔偿金|penalt|liquidated damages|termination (?:fee|charge)|"
    r"cancellation (?:fee|charge)|break fee",
    re.I,
)


def find(contract: Contract) -> Iterator[Finding]:
    for each in penalties(contract):
        text = each.sentence.text
        if each.role != "fixed":
            continue
        if each.trigger == "late_payment" and not re.search(r"解除|终止|terminat|cancel", text, re.I):
            continue
        near = text[max(0, each.share.start - 60) : each.share.end + 60]
        if each.is_liability and "违约金" not in near and not re.search("penalt|liquidated", near, re.I):
            continue
        if _NAMED.search(near) and not OF_A_MONTH.search(near):
            yield contract.finding(KIND, str(each.share), each.sentence, each.share.start, each.share.end)
