"""What a contract's check found, as one reader reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.contract_check import ContractCheck, ContractFinding, checks_of
from db.policy import documents
from domain.clause.page import State
from domain.clause.standard import ClauseStandard
from domain.policy import load
from locales import N_
from locales.labels import label
from ui.clause_words import ClauseWords

_UNUSUAL = {
    "by_ocr": N_("Read by OCR, which may err: compare it with the page"),
    "outside_standard": N_("Outside our standard"),
    "band_jump": N_("This customer last agreed to %(before)s (%(was)s)"),
    "outside_range": N_("Usual is %(least)s to %(most)s (%(group)s, %(count)s contracts)"),
    "outside_usual": N_("Usual is %(usual)s; this in %(share)s of contracts (%(group)s, %(count)s contracts)"),
}


@dataclass(frozen=True)
class FindingLine:
    """`wording` is what to propose instead, empty where the clause is as the standard; `unusual` are sentences."""

    id: str
    name: str
    value: str
    level: str
    page: int | None
    quote: str | None
    note: str
    wording: str
    unusual: list[str]


@dataclass(frozen=True)
class CheckLines:
    """One version's check. `read`: its document was read as a whole, so that what is not listed was not found."""

    check: ContractCheck
    read: bool
    findings: list[FindingLine]


async def checks_in_words(session: AsyncSession, contract_id: str, words: ClauseWords) -> dict[int, CheckLines]:
    """Every version's check, by the version's number."""
    found = await checks_of(session, contract_id)
    standards: dict[tuple[str, int], ClauseStandard] = {}
    for kind in {check.standard_kind for check, _ in found.values()}:
        versions = [check.standard_version for check, _ in found.values() if check.standard_kind == kind]
        for version, document in (await documents(session, kind, versions)).items():
            standards[kind, version] = load(ClauseStandard, document)
    return {
        no: CheckLines(
            check, check.state == State.TEXT,
            lines_of(findings, standards[check.standard_kind, check.standard_version], words),
        )
        for no, (check, findings) in found.items()
    }  # fmt: skip


def lines_of(findings: Sequence[ContractFinding], standard: ClauseStandard, words: ClauseWords) -> list[FindingLine]:
    chinese = words.language.startswith("zh")
    lines = []
    for each in findings:
        rule = standard.rule(each.kind)
        wording = (rule.wording_zh if chinese else rule.wording_en) if each.level != "ok" else ""
        unusual = [unusual_in_words(each.kind, reason, words) for reason in each.unusual]
        lines.append(
            FindingLine(
                each.id, label("clause", each.kind, words.language), words.value(each.kind, each.value), each.level,
                each.page, each.quote, each.note, wording, unusual,
            )
        )  # fmt: skip
    return lines


def unusual_in_words(kind: str, reason: Mapping[str, Any], words: ClauseWords) -> str:
    """Why a value is out of the ordinary (domain.clause.history.unusual), with the numbers."""
    name = "outside_range" if "least" in reason else str(reason["reason"])
    said = {key: words.value(kind, str(reason[key])) for key in ("before", "least", "most", "usual") if key in reason}
    if "was" in reason:
        said["was"] = label("risk", reason["was"], words.language)
    if "group" in reason:
        said |= {"group": label("compared_with", reason["group"], words.language), "count": str(reason["count"])}
    if "share" in reason:
        said["share"] = words.number(reason["share"], hundredths=True) + "%"
    return words._(_UNUSUAL[name], **said)
