"""What we pay for each day, week or month that we are late."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding
from domain.clause.party import Side
from domain.clause.penalty import Penalty, penalties
from domain.clause.quantity import exact

KIND = "delay_penalty_rate"


def find(contract: Contract) -> Iterator[Finding]:
    for each in against_us(contract):
        value = f"{exact(each.share.share)}/{each.period}"
        yield contract.finding(KIND, value, each.sentence, each.share.start, each.share.end)


def _penal(each: Penalty) -> bool:
    """A rate without any word of delay is a penalty where it is called one."""
    if re.search(r"逾期(?:退|返|开具|开票|还)|(?:late|overdue|delayed) refund", each.sentence.text, re.I):
        return False
    if each.side is not Side.THEIRS and re.search(r"扣减|扣除|扣款|deduct", each.sentence.text):
        return True
    return each.trigger == "delay" or bool(re.search(r"违约金|罚|penalt|liquidated|\bLDs?\b", each.sentence.text, re.I))


def against_us(contract: Contract) -> list[Penalty]:
    return [
        each
        for each in penalties(contract)
        if each.role == "rate" and each.trigger != "late_payment" and each.side is not Side.THEIRS and _penal(each)
    ]
