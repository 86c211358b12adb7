"""All that a contract says of the kinds the standard knows, and what is missing, hidden or contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from domain.clause import (
    clash,
    confidentiality_term,
    delay_penalty_rate,
    dispute,
    fixed_penalty,
    governing_law,
    hidden_text,
    ip_owner,
    late_payment_rate,
    liability_cap,
    payment_term,
    penalty_cap,
    prepayment,
    renewal,
    termination_notice,
    total_amount,
    warranty_period,
)
from domain.clause.amendment import AMENDING, without_old_values
from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.page import Page
from domain.clause.standard import ClauseStandard, Risk
from domain.clause.stream import Rect

Rule = Callable[[Contract], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    total_amount.find, prepayment.find, payment_term.find, late_payment_rate.find, delay_penalty_rate.find,
    penalty_cap.find, fixed_penalty.find, liability_cap.find, termination_notice.find, renewal.find,
    governing_law.find, dispute.find,
    confidentiality_term.find, warranty_period.find, ip_owner.find,
)  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """A finding on its page. `page` counts from 1 and is None, as is `quote`, for what is absent."""

    kind: str
    value: str
    page: int | None
    quote: str | None
    rects: tuple[Rect, ...]
    risk: Risk
    note: str = ""


def check(pages: tuple[Page, ...], standard: ClauseStandard, our_party: str = "") -> list[Checked]:
    return judged(Contract.of(pages, our_party), standard)


def judged(contract: Contract, standard: ClauseStandard) -> list[Checked]:
    """In the order of reading; on its page what nobody can see comes last, and after all pages what is absent."""
    found = findings(contract)
    found.sort(key=lambda each: (each.start < 0, each.start))
    return sorted((_on_page(contract, each, standard) for each in found), key=lambda each: each.page or 10**6)


def findings(contract: Contract) -> list[Finding]:
    if AMENDING.search(contract.text):
        contract.sentences = [_as_amended(each) for each in contract.sentences]
    found: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    for rule in RULES:
        for finding in rule(contract):
            if (finding.kind, finding.value) not in seen:
                seen.add((finding.kind, finding.value))
                found.append(finding)
    found = list(_still_holding(contract, found))
    found += clash.conflicts(contract, found)
    found += clash.mismatches(contract)
    return found + list(hidden_text.find(contract))


def _as_amended(sentence: Sentence) -> Sentence:
    text = without_old_values(sentence.text)
    return sentence if text is sentence.text else replace(sentence, text=text)


def _still_holding(contract: Contract, found: list[Finding]) -> Iterator[Finding]:
    """What an amendment further down says in place of an earlier clause stands alone."""
    amended = {}
    for sentence in contract.sentences if AMENDING.search(contract.text) else ():
        if AMENDING.search(sentence.text):
            for finding in found:
                if sentence.start <= finding.start < sentence.end:
                    amended[finding.kind] = finding.start
    for finding in found:
        at = amended.get(finding.kind)
        if at is None or finding.start < 0 or finding.start >= at:
            yield finding


def _on_page(contract: Contract, finding: Finding, standard: ClauseStandard) -> Checked:
    risk = standard.risk(finding.kind, finding.value)
    rects = tuple(contract.rects(finding))
    if finding.sources:
        page = contract.stream.page_of_source(finding.sources[0])
        return Checked(finding.kind, finding.value, page, finding.note, rects, risk)
    if finding.start < 0:
        return Checked(finding.kind, finding.value, None, None, (), risk, finding.note)
    page = contract.stream.page_of(finding.start)
    return Checked(
        finding.kind, finding.value, page, contract.stream.quote(finding.start, finding.end), rects, risk, finding.note
    )
