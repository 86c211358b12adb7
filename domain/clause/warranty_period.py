"""How long we answer for defects without charge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Duration, durations

KIND = "warranty_period"

_STEMS = (
    "质保", "保修", "保质", "质量保证", "保证", "缺陷责任", "免费", "无偿", "三包", "维保", "维护期", "warrant",
    "guarant", "defect", "rectification", "free maint", "free supp", "of charge", "without charge",
    "own expense", "own cost",
)  # fmt: skip

_WARRANTY = re.compile(
    r"质保期|质量保证期|保修期|保质期|质保(?!金)|保修|质量保证(?!金)|缺陷责任期|(?:免费|无偿)(?:的)?(?:修复|维护|"
    r"维修|质保|保修|"
    r"售后|运维|技术支持|技术服务|更换|修理|返修)|质量负责|三包|免费提供[^,。;]{0,6}(?:维护|维修|保修)|warrant\w*|"
    r"guarantee[ds]?\b|"
    r"defects? (?:liability )?period|limitation period for [^.;]{0,30}defect|claims? (?:based on|for) defects?|"
    r"defects? (?:which|that) (?:appear|arise|become|occur)|rectification period|defects? (?:correction|"
    r"notification) period|"
    r"\b(?:correct|repair|replace|remed|rectif|fix|re-?perform)\w*\b[^.;]{0,60}\b(?:defect|non-?conform|error|fault|"
    r"bug)[^.;]{0,40}"
    r"(?:without (?:\w+ )?(?:charge|cost)|free of charge|at (?:its|no) (?:\w+ )?(?:cost|expense|charge))|"
    r"\bre-?perform\b[^.;]{0,80}\bdefective|free (?:maintenance|support)",
    re.I,
)
_NAMED_PERIOD = re.compile(
    r"质保期|质量保证期|保修期|保质期|缺陷责任期|质保期限|维护期|warranty period|"
    r"defects? liability period|guarantee period|rectification period|defects? (?:correction|notification) period|"
    r"limitation period for [^.;]{0,40}defects?",
    re.I,
)
_WITHIN = re.compile(
    r"(?:质保期|缺陷责任期)(?:内|满|届满|后|结束)|保修期(?:内|满|届满|后)|质量保证期(?:内|满|届满|后)|"
    r"during the (?:applicable )?warranty|after the (?:expiration|expiry|end) of the warranty|"
    r"warranty claim|within the warranty",
    re.I,
)
_OTHER_TIME = re.compile(
    r"响应|到场|到达|修复完|解决|答复|通知|支付|付清|返还|退还|无息|notify|notice|notif\w+|discover|"
    r"respond|report|remedy|correct\w*|cure|repair(?:ed)? within|restore|receiv\w+ (?:sufficient|"
    r"notice)|claim",
    re.I,
)
_MUTUAL = re.compile(r"represents? and warrants?|authority|power and|duly organi[sz]ed", re.I)
_FREE_YEAR = re.compile(
    r"(?:首年|第一年)[^,。;]{0,12}(?:维护|质保|保修|维保|服务费?)[^,。;]{0,4}(?:免费|免收)|"
    r"免费[^,。;]{0,6}首年[^,。;]{0,4}(?:维护|质保|维保)"
)
_LIST = re.compile(r"(?:质保|保修)期?:[^。;]*$")
_GUARANTOR = re.compile(r"担保|履约保函|bank guarantee|performance bond|guarantor|保函", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    seen: set[str] = set()
    for sentence in contract.having(*_STEMS, headed=True):
        free = _FREE_YEAR.search(sentence.text)
        if free and "12m" not in seen:
            seen.add("12m")
            yield contract.finding(KIND, "12m", sentence, free.start(), free.end())
        first: Duration | None = None
        for duration in durations(sentence.text):
            before = sentence.text[: duration.start]
            part = re.split(r"[,。;]", before)[-1]
            in_list = (
                first is not None
                and duration.unit == "m"
                and _LIST.search(before)
                and re.fullmatch(r"[一-鿿]{2,10}", part)
            )
            if not in_list and (duration.unit == "h" or not _is_period(contract, sentence, duration)):
                continue
            if first is not None and not (in_list or _WARRANTY.search(part)):
                continue  # of another part of the goods only where it is named again, or in a list
            first, value = duration, str(duration)
            if value not in seen:
                seen.add(value)
                yield contract.finding(KIND, value, sentence, duration.start, duration.end)


def _is_period(contract: Contract, sentence: Sentence, duration: Duration) -> bool:
    text = sentence.text
    before, after = text[: duration.start], text[duration.end :]
    if _GUARANTOR.search(text) or _MUTUAL.search(text):
        return False
    if _NAMED_PERIOD.search(sentence.label) or re.search(
        r"^\s*(?:质保|保修|warranty|guarantee)\s*$", sentence.label, re.I
    ):
        return not re.search(r"小时|响应", text) and (duration.unit == "m" or duration.count >= 20)
    clause = re.split(r"[。;]", before)[-1]
    last = clause[clause.rfind(",") + 1 :]
    if duration.unit in ("d", "bd") and duration.count < 20:
        return False
    if re.search(r"(?:warranty period of|质保期|保修期)\s*\(?$|(?:质保|保修)期?:[^,。;]{0,10}$", clause, re.I):
        return True
    if re.search(r"保证(?!金),?[^,。;]*后$", clause) and re.match(
        r"内[^,。;]{0,16}(?:符合|正常|无|运行|按照|"
        r"不会)",
        after,
    ):
        return True  # `保证软件在验收后六个月内符合说明书`
    if _WITHIN.search(last) or re.search(r"(?:提前|每|within|more than|exceed)\s*\(?$", before, re.I):
        return False
    named = list(_NAMED_PERIOD.finditer(clause))
    if (
        named
        and not _WITHIN.search(clause[named[-1].start() : named[-1].end() + 2])
        and len(clause) - named[-1].end() < 60
    ):
        return not _OTHER_TIME.search(clause[named[-1].end() :])
    beside = after[:70] if duration.unit == "m" else re.split(r"[,;。]", after)[0][:70]
    near = _WARRANTY.search(clause[-90:]) or _WARRANTY.search(beside)
    if re.search(r"(?:guarantee|warranty)[^.;:]{0,12}:\s*$", clause, re.I):
        return True
    if re.search(r"(?:质保|保修|维保|三包)(?:为|:)?$", clause) or re.match(
        r"\s*(?:limited )?(?:warrant|guarantee)", after, re.I
    ):
        return True
    if near:
        spoken = clause[-60:] + " " + after[:60]
        last = last.replace(near[0], "")
        return not _OTHER_TIME.search(last + re.split(r"[,。;.]", after)[0]) and (
            re.search(r"\bfor\b|period|期|免费|warrant\w* (?:is|of)|之日起|后|months?|years?|提供", spoken, re.I)
            is not None
        )
    if not before.strip() and re.search(r"warrant|guarantee|质保|保修", sentence.heading[-30:], re.I):
        return bool(re.match(r"\s*(?:from|after|following|自|从|$|\.|。)", after))
    # `4. Warranty. For a period of ninety days after delivery: (a) Supplier warrants`
    inline = re.search(r"warrant|质保|质量保证|保修", sentence.heading[-50:], re.I)
    return bool(
        inline
        and re.search(r"for(?: a period of)?\s*\(?$|期(?:限)?为$|期$", before.strip(), re.I)
        and not _OTHER_TIME.search(text)
        and not re.search("disclaim", sentence.heading, re.I)
    )
