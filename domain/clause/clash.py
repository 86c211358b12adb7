"""What contradicts itself: two values where there can be one, and an amount whose words and digits differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Money, amounts, shares
from domain.clause.total_amount import MONEY, candidates

CONFLICT, MISMATCH = "conflict", "amount_mismatch"

SINGLE = (
    "governing_law", "dispute", "total_amount", "liability_cap", "confidentiality_term", "auto_renewal", "ip_owner",
          "penalty_cap", "delay_penalty_rate", "late_payment_rate", "warranty_period", "prepayment", "payment_term",
          "renewal_notice", "termination_notice")  # fmt: skip
"""Kinds of which a contract can mean only one value at a time."""

_PRECEDENCE = re.compile(
    r"以[^。;]{0,30}为准|优先(?:适用)?|shall prevail|take precedence|order of precedence|"
    r"in (?:the )?event of (?:any )?(?:conflict|inconsistency)",
    re.I,
)
_SCOPE = re.compile(
    r"质保金|里程碑|验收|到货|首|二期|三期|第[一二三四五]|尾款|初验|终验|进度|余款|余额|剩余|季度|硬件|软件|"
    r"设备|部件|整机|主机|易损|配件|人为|材料|模块|阶段|hardware|software|goods|services|milestone|instal|balance|"
    r"first|second|final|deposit|parts|labou?r|"
    r"商业秘密|源代码|trade secret|故意|重大|除外|except|indemn|personal|data|泄露|一般|其他",
    re.I,
)

_EVENT = re.compile(
    r"invoice|deliver|accept|complet|approv|month|shipment|lading|commission|install|"
    r"发票|验收|到货|交货|收货|提单|对账|竣工|终验|初验|上线|交付"
)
"""After which a payment is due: each may have its own term."""
_PART = re.compile(
    r"[%‰]|百分之|成|质保金|首|期款|二期|三期|尾款|余款|余额|剩余|进度|里程碑|阶段|instal|milestone|"
    r"balance|retention",
    re.I,
)
"""Of a payment: it is for a part of the price, and other parts have terms of their own."""


_INSTALMENT = re.compile(r"(?:支?付|支付)?(?:合同)?(?:总额|总价款?|总金额|金额|价款)?(?:的)?")


def conflicts(contract: Contract, findings: list[Finding]) -> Iterator[Finding]:
    """Two values of a kind for what is one and the same thing."""
    by_kind: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.kind in SINGLE and finding.start >= 0:
            by_kind[finding.kind].append(finding)
    for kind, found in by_kind.items():
        values = list(dict.fromkeys(each.value for each in found))
        if len(values) < 2:
            continue
        if _may_both_hold(contract, kind, found):
            continue
        clashing = found[-1] if found[-1].value != found[0].value else found[1]
        yield Finding(CONFLICT, kind, clashing.start, clashing.end, note=" / ".join(values))


def _may_both_hold(contract: Contract, kind: str, found: list[Finding]) -> bool:
    """Instalments, parts and exceptions have terms of their own; what names its scope does not clash."""
    said = [_sentence_of(contract, each) for each in found]
    if kind == "dispute":
        courts = [each for each in found if each.value.startswith("court/")]
        return not (courts and len(courts) < len(found)) and any(_steps(sentence) for sentence in said)
    if kind == "total_amount" and len({each.value.split()[0] for each in found}) > 1:
        return True
    if kind != "dispute" and all(sentence is said[0] for sentence in said):
        return True  # one sentence that tells cases apart
    if kind in ("governing_law", "auto_renewal"):
        return False
    if kind == "payment_term":
        events = [set(_EVENT.findall(sentence.text.lower())) if sentence else set() for sentence in said]
        if not set.intersection(*events) and all(events):
            return True
        return any(sentence is not None and _PART.search(sentence.text + sentence.row) for sentence in said)
    scopes = [
        frozenset(_SCOPE.findall(sentence.text + sentence.label)) if sentence else frozenset() for sentence in said
    ]
    scoped = [bool(scope) and scope != scopes[0] for scope in scopes[1:]] + [len(set(scopes)) > 1]
    if kind == "ip_owner":
        return any(scoped)
    return any(scoped) and kind != "total_amount"


def _steps(sentence: Sentence | None) -> bool:
    return bool(sentence and re.search(r"各自|分别|respectively|alternatively", sentence.text, re.I))


def _sentence_of(contract: Contract, finding: Finding) -> Sentence | None:
    return next((each for each in contract.sentences if each.start <= finding.start < each.end), None)


def mismatches(contract: Contract) -> Iterator[Finding]:
    yield from _words_against_digits(contract)
    yield from _words_beside_digits(contract)
    yield from _instalments(contract)


def _words_against_digits(contract: Contract) -> Iterator[Finding]:
    """An amount in words beside one in digits: they should say the same."""
    for sentence in contract.having(*MONEY):
        text = sentence.text
        found = amounts(text)
        for first, second in pairwise(found):
            if first.words == second.words or second.start - first.end > 14:
                continue
            between = text[first.end : second.start]
            if not re.fullmatch(r"[\s(（:：,，)整大小写人民币即RMB¥$=]*", between):
                continue
            if first.amount != second.amount:
                yield contract.finding(
                    MISMATCH,
                    "total_amount" if _is_total(contract, first, second) else "amount",
                    sentence,
                    first.start,
                    second.end,
                    f"{first} / {second}",
                )


def _words_beside_digits(contract: Contract) -> Iterator[Finding]:
    """The same in two cells of a row."""
    for first, second in pairwise(contract.having(*MONEY)):
        if not first.row or first.row != second.row or second.start - first.end > 3:
            continue
        a, b = amounts(first.text)[-1:], amounts(second.text)[:1]
        if a and b and a[0].words and not b[0].words and a[0].amount != b[0].amount:
            about = "total_amount" if _is_total(contract, a[0], b[0]) else "amount"
            yield Finding(MISMATCH, about, first.start, second.end, note=f"{a[0]} / {b[0]}")


def _is_total(contract: Contract, first: Money, second: Money) -> bool:
    totals = {money.amount for _, money in candidates(contract)}
    return first.amount in totals or second.amount in totals


def _instalments(contract: Contract) -> Iterator[Finding]:
    """The shares of the instalments should make up the whole."""
    rows: dict[int, list[tuple[Sentence, Decimal]]] = defaultdict(list)
    for sentence in contract.having("%", "‰", "‱", "分之", "成", "per cent", "percent"):
        if sentence.row:
            for share in shares(sentence.text):
                alone = _INSTALMENT.sub("", sentence.text[: share.start]).strip()
                if not alone and share.end >= len(sentence.text.rstrip()) - 1:
                    rows[sentence.section].append((sentence, share.share))
    for section, parts in rows.items():
        about = " ".join(each.row + each.heading for each in contract.sentences if each.section == section)
        if not re.search(r"付款|支付|价款|款项|instal|payment", about, re.I):
            continue
        whole = sum(share for _, share in parts)
        if len(parts) >= 3 and Decimal("0.5") < whole < 2 and whole != 1 and not any(share == 1 for _, share in parts):
            last = parts[-1][0]
            yield Finding(MISMATCH, "instalments", last.start, last.end, note=f"{whole * 100:f}%")
