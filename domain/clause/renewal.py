"""Whether the contract goes on by itself and for how long, and how early one must say that it shall not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Duration, durations

AUTO, NOTICE = "auto_renewal", "renewal_notice"

_STEMS = (
    "续", "顺延", "延", "展期", "届满", "期满", "到期", "renew", "extend", "extension", "roll", "evergreen", "end of",
    "expir", "continu", "month-to-month", "year to year",
)  # fmt: skip

_RENEWAL = re.compile(
    r"续(?:订|期|约|展|签|租|费|延|保)|顺延|延续|延长|延展|展期|renew\w*|non-renewal|\b(?:extend|prolong)(?:s|"
    r"ed)? (?:automatically|for|by)|automatic(?:ally)? exten\w+|exten\w+ automatically|auto-?exten\w+|"
    r"roll(?:s|ed)? (?:over|on)\b|continues? [^.;]{0,60}(?:month[\s-]to[\s-]month|year[\s-]to[\s-]year)",
    re.I,
)
_AUTO_ZH = re.compile(
    r"(?:自动|自行|自然|视为|即视为|视同)[^,。;]{0,14}(?:续|顺延|延续|延长|延展|展期)|(?:续(?:订|期|约|展|"
    r"租)|顺延|延长)[^,。;]{0,6}自动|期限自动|(?:无异议|"
    r"未(?:书面)?提出(?:书面)?异议)[^。;]{0,20}(?:顺延|延续|延长|续[期约订])|则?(?:本合同|本协议|"
    r"合同)(?:继续有效|顺延|延长|续展)"
)
_AUTO_EN = re.compile(
    r"tacit\w* (?:\w+ )?(?:renew|exten)\w*|continues? (?:thereafter )?for (?:successive|additional|further|"
    r"consecutive)[^.;]{0,40}(?:terms?|periods?)|auto(?:matically|matic|-)\s?(?:be\s+)?(?:renew\w*|"
    r"exten\w+)|renew\w*[^.;]{0,60}automatically|"
    r"auto-?renew\w*|automatic(?:ally)?[^.;]{0,40}(?:renew|extend|extension|roll)|"
    r"exten\w+[^.;]{0,25}automatically|"
    r"(?:shall|will|is|are|be)\s+(?:be\s+)?(?:renewed?|extended|prolonged)\s+(?:\w+\s+){0,4}(?:for|"
    r"by (?:a |an )?(?:further|additional|another|successive)|annually|"
    r"yearly|unless)|\b(?:renews|evergreen)\b|(?:will|shall) renew\b|rolls? (?:over|on)\b|automatic renewals?|"
    r"\brenewing\b|"
    r"\bcontinues?\b[^.;]{0,60}\b(?:month[\s-]to[\s-]month|year[\s-]to[\s-]year)",
    re.I,
)
_NOT_AUTO = re.compile(
    r"(?:不|不会|不得|不再|无|非)(?:得|会|再|予|能)?自动(?:续|顺延|延|展)|不(?:自动|再)?(?:续(?:期|订|"
    r"约|展|签)|顺延|延续)(?:的?(?:规定|条款))?$|自动续[期约订展][^,。;]{0,6}不适用|"
    r"自动终止,?不(?:再)?续|not (?:automatically |"
    r"auto-)?(?:renew|be renewed|be extended|extend)\w*(?: automatically)?|"
    r"no (?:automatic|auto-?)\s?renewal|without automatic renewal|does not (?:auto-?)?renew|"
    r"renew\w*[^.;]{0,40}only (?:by|upon|on|with)",
    re.I,
)
_SAME = re.compile(
    r"(?:相同|同等|同样|原(?:有)?(?:合同)?)期限?|期限(?:与|同)[^,。;]{0,8}(?:相同|一致)|(?:same|equal|"
    r"like|equivalent) (?:period|term|length|duration)|equal (?:in )?(?:length|duration)|"
    r"successive (?:periods|terms)|additional (?:periods|terms)|further (?:periods|terms)|period equal",
    re.I,
)
_YEARLY = re.compile(
    r"renew\w*\s+(?:automatically\s+)?(?:annually|yearly|on an? (?:yearly|annual) basis|each year|"
    r"every year|year[\s-]to[\s-]year)|"
    r"(?:annually|yearly|year[\s-]to[\s-]year)[^.;]{0,30}renew|\byear[\s-]to[\s-]year|逐年|按年|每年自动",
    re.I,
)
_MONTHLY = re.compile(r"month[\s-]to[\s-]month|monthly basis|逐月|按月自动", re.I)
_NOTICE_BEFORE = re.compile(
    r"提前[^,。;]{0,8}$|(?:届满|期满|到期|终止|届至|结束|满期)(?:之|日|之日)?(?:的)?前[^,。;]{0,6}$|"
    r"(?:least|than|within|of|notice|least than)\s*\(?$|-renewal\s*$",
    re.I,
)
_NOTICE_AFTER = re.compile(
    r"^\s*\)?'?\s*(?:(?:prior|written|before|notice|in advance|advance|preceding)\b|(?:days|"
    r"calendar)?\s*(?:prior|before))|^(?:以?前|之前|内|的?书面|通知)",
    re.I,
)
_LABEL = re.compile(
    r"non-?renewal|notice (?:of|to) (?:not )?renew|renewal notice|不续(?:订|约|期|签)(?:的)?通知|"
    r"续(?:约|期|订)通知|通知期",
    re.I,
)
_RENEW_LABEL = re.compile(r"auto\w*[\s-]?renew|自动续|续期|续约|续订|^\s*renewal(?: term)?\s*$", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    found = list(_renewals(contract))
    lengths = [each for each in found if each.value not in ("same", "none")]
    yield from (each for each in found if not (each.value == "same" and lengths))
    seen: set[str] = set()
    for sentence in contract.having(*_STEMS, headed=True):
        for finding in _notices(contract, sentence):
            if finding.value not in seen:
                seen.add(finding.value)
                yield finding


def _renewals(contract: Contract) -> Iterator[Finding]:
    for sentence in contract.having(*_STEMS, headed=True):
        text = sentence.text
        labelled = bool(_RENEW_LABEL.search(sentence.label))
        never = _NOT_AUTO.search(text) or (labelled and re.match(r"\s*(?:否|不|无|no\b|none|not\b)", text, re.I))
        if never and not re.search(
            r"(?:通知|表示|要求|提出|notice|notif\w+|intent\w*|elect\w*|decid\w*)[^,。;]{0,40}$",
            text[: never.start()],
            re.I,
        ):
            yield contract.finding(AUTO, "none", sentence, never.start(), max(never.end(), 1))
            continue
        auto = _AUTO_ZH.search(text) or _AUTO_EN.search(text)
        if not auto and labelled and list(durations(text)):
            auto = re.match("", text)
        if not auto or re.search(
            r"可(?:以)?(?:协商)?续|另行(?:协商|签)|协商一致.{0,8}续|\bmay (?:be )?(?:renew|extend)|"
            r"option to (?:renew|extend)",
            text[max(0, auto.start() - 8) : auto.end() + 4],
            re.I,
        ):
            continue
        if re.search(
            r"质保|保修|工期|交货期|履行期|warranty|delivery date|licen[cs]e (?:key|you grant)",
            text[max(0, auto.start() - 20) : auto.end() + 6],
            re.I,
        ):
            continue
        yield _length(contract, sentence, auto)


def _length(contract: Contract, sentence: Sentence, auto: re.Match[str]) -> Finding:
    text = sentence.text
    near = [d for d in durations(text) if d.unit == "m" or (d.unit == "d" and d.count >= 28)]
    after = [d for d in near if d.start >= auto.start() and not _is_notice(text, d)]
    after = [d for d in after if d.start >= auto.end()] or after
    if after:
        length = min(after, key=lambda d: d.start)
        return contract.finding(AUTO, _months(length), sentence, auto.start(), length.end)
    for pattern, value in ((_YEARLY, "12m"), (_MONTHLY, "1m")):
        match = pattern.search(text)
        if match:
            return contract.finding(
                AUTO, value, sentence, min(auto.start(), match.start()), max(auto.end(), match.end())
            )
    before = [d for d in near if d.end <= auto.start() and not _is_notice(text, d) and auto.start() - d.end < 25]
    if before:
        return contract.finding(AUTO, _months(before[-1]), sentence, before[-1].start, auto.end())
    following = contract.after(sentence, 1)
    later = [
        d
        for d in durations(following)
        if d.unit == "m" and re.search(r"每次|续|renewal term", following[max(0, d.start - 20) : d.start], re.I)
    ]
    if later:
        return contract.finding(AUTO, _months(later[0]), sentence, auto.start(), auto.end())
    return contract.finding(AUTO, "same", sentence, auto.start(), auto.end())


def _is_notice(text: str, duration: Duration) -> bool:
    before, after = text[max(0, duration.start - 24) : duration.start], text[duration.end : duration.end + 24]
    if re.search(
        r"(?:successive|additional|further|another|periods? of|terms? of|for)\s*(?:an?|one)?\s*$", before, re.I
    ):
        return False
    return bool(
        re.search(r"提前[^,。;]{0,4}$|前$|least\s*\(?$|less than\s*\(?$|more than\s*\(?$", before, re.I)
        or re.match(
            r"\s*\)?'?\s*(?:(?:prior|before|written|notice|advance)\b|days|'? ?notice)|(?:以?前|之前|内)", after, re.I
        )
    )


def _months(duration: Duration) -> str:
    return str(duration) if duration.unit == "m" else f"{duration.count.normalize():f}d"


def _notices(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    text = sentence.text
    labelled = bool(_LABEL.search(sentence.label) or re.search(r"non-renewal", sentence.heading[-40:], re.I))
    around = text + contract.before(sentence, 1) + contract.after(sentence, 1)
    # The notice may stand in the sentence before or after the renewal it stops.
    beside = (
        re.search(r"notice|opt(?:s|ing)? out|通知|异议", text, re.I)
        and (_AUTO_ZH.search(around) or _AUTO_EN.search(around))
        and re.search(r"end of|expir|届满|期满|到期", text, re.I)
    )
    if not (labelled or _RENEWAL.search(text) or beside):
        return
    if re.search(r"(?:如欲|有意|如需|希望|申请)[^,。;]{0,8}续|(?:书面|提出)申请", text) and "自动" not in text:
        return  # who wants to go on has to ask
    if not labelled and not (
        _AUTO_ZH.search(around)
        or _AUTO_EN.search(around)
        or re.search(r"不(?:再)?续|non-renew|not (?:to )?renew", text, re.I)
    ):
        return
    if _NOT_AUTO.search(text) and not re.search(r"unless|除非|否则|未", text, re.I) and not labelled:
        return
    for duration in durations(text):
        before, after = text[max(0, duration.start - 30) : duration.start], text[duration.end : duration.end + 30]
        if duration.unit == "h" or re.search(
            r"\b(?:prices?|increases?|fees?|rent)\b|价格|调价|"
            r"涨",
            text[max(0, duration.start - 60) : duration.start],
            re.I,
        ):
            continue
        if (labelled and not re.search(r"renew|续期一|续约一", text[: duration.start], re.I)) or _gives_notice(
            text, duration, before, after
        ):
            value = f"{duration.days.normalize():f}d" if duration.unit == "m" else str(duration)
            yield contract.finding(NOTICE, value, sentence, duration.start, duration.end)
            return


def _gives_notice(text: str, duration: Duration, before: str, after: str) -> bool:
    if not re.search(
        r"notice|notif|\bwriting|\btells?\b|inform|opts? out|opting|e-?mail|通知|异议|提出|告知|书面|terminat|"
        r"cancel|终止|表示",
        text,
        re.I,
    ):
        return False
    if re.search(r"at any time|随时", text[max(0, duration.start - 60) : duration.start], re.I):
        return False  # that ends it whenever one likes
    if re.search(
        r"(?<!notice )(?:period|term|renewal)s? of\s*\(?$|(?:successive|consecutive|additional|further)\s*\(?$",
        before, re.I,
    ):  # fmt: skip
        return False
    ending = re.search(
        r"(?:prior to|before|in advance of|preceding)[^.;]{0,50}(?:end|expir|term|renew|anniversar)|"
        r"(?:prior|advance)[^.;]{0,12}notice|notice",
        text[duration.end : duration.end + 110],
        re.I,
    )
    return bool(
        (_NOTICE_BEFORE.search(before) or _NOTICE_AFTER.search(after)) and (ending or re.search(r"[一-鿿]", text))
    )
