"""Shares that somebody pays for breaking the contract: a rate for a time, a fixed share, or the cap of such a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from domain.clause.amendment import AMENDING
from domain.clause.contract import Contract, Sentence
from domain.clause.party import Side
from domain.clause.quantity import Share, shares

Trigger = Literal["late_payment", "delay", "other", ""]
Role = Literal["rate", "cap", "fixed", "threshold"]

ANY_SHARE = re.compile(r"[%‰‱]|百分之|千分之|万分之|[一二两三四五六七八九]成|per\s?cent", re.I)
_LATE_PAYMENT = re.compile(
    r"(?:逾期|迟延|延期|延迟|拖延|拖欠|迟)(?:的)?(?:付款|支付|付|缴|结算|还款|给付)|(?:付款|支付|"
    r"缴费)(?:逾期|迟延|延迟)|未(?:能)?(?:按|在|于|如)[^,。;]{0,22}(?:付款|支付|付清|缴纳|结算|结清)|"
    r"拖欠|欠付|欠缴|欠款|欠费|欠租|未付|未支付|应付未付|逾期(?:金额|款项|未付|欠款|货款)|滞纳金|不(?:按|"
    r"能)[^,。;]{0,8}(?:付款|支付)|"
    r"\boverdue|late payments?|late fees?|late charges?|past[\s-]due|unpaid|late sums?|late amounts?|"
    r"outstanding|\binterest\b|fail\w* to (?:make (?:any )?)?pay|not paid|delinquen|paid late|"
    r"payment (?:is )?(?:late|delayed)|delay(?:ed)? in payment|delayed payment|late settlement|"
    r"default interest|in default of payment",
    re.I,
)
_DELAY = re.compile(
    r"(?:逾期|迟延|延期|延迟|拖延|推迟|迟|晚)(?:未)?(?:交付|交货|交|完成|完工|竣工|履行|供货|供应|"
    r"提供|发货|到货|上线|验收|实施|安装|送达|送货|服务|响应|提交|履约)|(?:交付|交货|完工|供货|履行|"
    r"工期|进度|上线|交期)[^,。;]{0,6}(?:逾期|迟延|延误|延迟|延期)|"
    r"未(?:能)?(?:按|在|于|如期)[^,。;]{0,24}(?:交|完成|完工|履行|供货|提供|上线|实施|发货|竣工|安装|"
    r"通过验收)|延误|误期|迟交|工期|每(?:逾期|迟延|延误|延迟|延期|拖延|超期|推迟)|逾期(?:的|,|超过)?|"
    r"\blate (?:deliver\w*|performance|completion|shipment|installation)|"
    r"deliver\w*(?: \w+){0,3} (?:late|delayed|overdue)|\bdelay(?:s|ed)?\b|liquidated damages|"
    r"fail\w* to (?:deliver|meet|complete|perform|achieve|ship|supply)|"
    r"behind schedule|(?:is|are|being|was) late\b|lateness|not (?:delivered|completed|supplied)|misse[sd] (?:a |the |"
    r"any )?(?:milestone|deadline|delivery)|(?:milestone|deadline|date) is missed|handed over late|"
    r"每?迟[一1]?(?:日|天|周)|不(?:能)?(?:按时|按期|如期|及时)[^,。;]{0,8}(?:交|完成|完工|提交|提供|履行|供货|发货|"
    r"上线)",
    re.I,
)
_PENALTY = re.compile(
    r"违约金|违约赔偿金|滞纳金|罚金|罚款|罚|减收|减付|扣款|扣减|扣除|赔偿金|补偿金|误期赔偿|liquidated damages|"
    r"penalt|\bLDs?\b|credit|delay damages|damages|reductions?|termination (?:fee|charge)|cancellation (?:fee|"
    r"charge)|deduct",
    re.I,
)
PERIOD_ZH = re.compile(
    r"(?:每|按每?|以每|逐)(?:中断|停机|故障|缺勤|违约|逾期|延误|迟延|延迟|延期|拖延|拖欠|超期|超过|超|"
    r"推迟|晚|迟交|迟|误期|误|"
    r"滞后|满|欠付|延)*(?:交付|交货|付款|支付|完工|履行)?(?:的)?(?:满|不足)?(?P<n>一|1|壹|七|7|"
    r"两)?(?:\(1\))?(?:个)?(?:自然|日历|工作)?"
    r"(?P<unit>日|天|周|星期|月|季度|年)(?!租|费|度|结|内|均)|(?P<short>日|月|年)(?=万分|千分|百分|\d|"
    r"利率|息|化|0|按)|(?<=按)(?P<by>日|天|周|月|年)(?!租|费|服务|度|薪)"
)
_PERIOD_ZH_AFTER = re.compile(
    r"\s*[×xX*]\s*(?:逾期|延迟|迟延|延误)?(?:的)?(?:实际)?(?P<times>天|日|周)数|(?:的)?(?:[/每]|"
    r"计算?/|按)(?:一|1)?(?P<unit>日|天|周|星期|月|年)|\((?P<in>日|月|年)\)"
)
PERIOD_EN = re.compile(
    r"(?:\bper|\beach|\bevery|\ba|/)\s*(?:full |complete |completed |calendar |business |working |"
    r"commenced |additional |whole |started |further |such |subsequent |elapsed )*(?P<unit>day|week|month|year|"
    r"annum|(?:seven|"
    r"7)(?: \(7\))? days)\b|"
    r"\b(?P<adverb>daily|weekly|monthly|annually|yearly|annual)\b|(?P<pa>\bp\.\s?a\.)",
    re.I,
)
_CAP_BEFORE = re.compile(
    r"(?:不(?:得|应|能)?(?:超过|高于|多于|大于|超出|逾)|上限(?:为|是|:|不超过)?|最高(?:为|不超过|额|"
    r"限额?)?|最多|封顶|为限|限于|以不超过|至多|累计(?:总额)?(?:最高)?(?:不超)|"
    r"up to|maximum|\bmax\.?|capped|\bcap\b|not exceed|exceed|limited to|ceiling|(?:no|not) (?:more|"
    r"greater) than|in no (?:circumstances?|event|case) (?:more|greater|higher)|"
    r"ceiling of|subject to a limit)[^,。;%‰]{0,55}$",
    re.I,
)
_CAP_AFTER = re.compile(
    r"(?:\s|的|部分|\))*(?:为(?:限|上限|最高限额?|封顶|最高额)|封顶|以内|作为上限|之内)|"
    r"[^.;,%。]{0,50}?\b(?:in (?:the )?aggregate|is the (?:maximum|cap|ceiling)|as (?:a|"
    r"the) (?:maximum|cap))",
    re.I,
)
_THRESHOLD = re.compile(
    r"(?:达到|达|超过|超出|累计达|以上|高于|低于|不足|不低于|不少于|"
    r"(?<!not )(?<!never )(?<!nor )\bexceeds\b|reach(?:es|ed)?|at least|less than|falls? below|"
    r"more than (?=\d))[^,。;%]{0,24}$",
    re.I,
)

OF_A_MONTH = re.compile(
    r"当月|当期|月度|月服务|该月|当季|服务抵扣|考核|可用性|monthly|service credits?|SLA|that month", re.I
)
"""Of a fee that is paid again and again: what is kept back of it is the service level's price."""
_RATE_NAMED = re.compile(
    r"违约金(?:的)?(?:比例|费率|标准|计算)|penalty rate|rate of (?:the )?(?:penalty|liquidated)", re.I
)


@dataclass(frozen=True)
class Penalty:
    """`period`: day, week, month or year of a rate. `side`: who pays."""

    sentence: Sentence
    share: Share
    role: Role
    trigger: Trigger
    side: Side
    period: str = ""
    is_liability: bool = False


def penalties(contract: Contract) -> list[Penalty]:
    kept: list[Penalty] | None = contract.kept.get("penalties")
    if kept is None:
        found: list[Penalty] = []
        for sentence in contract.having("%", "‰", "‱", "分之", "成", "per cent", "percent"):
            if ANY_SHARE.search(sentence.text):
                found += [_as_before(each, found) for each in _of(contract, sentence)]
        kept = contract.kept["penalties"] = found
    return kept


def _as_before(each: Penalty, found: list[Penalty]) -> Penalty:
    """An amendment may name only the new rate of a penalty: for what time, and who pays, was said before."""
    if each.role != "fixed" or not (AMENDING.search(each.sentence.text) and _RATE_NAMED.search(each.sentence.text)):
        return each
    rate = next((other for other in found if other.role == "rate" and other.trigger == "delay"), None)
    return each if rate is None else replace(each, role="rate", period=rate.period, trigger="delay", side=rate.side)


def _of(contract: Contract, sentence: Sentence) -> Iterator[Penalty]:
    text = sentence.text
    before_end = 0
    rate: Penalty | None = None
    found_shares = shares(text)
    for at_share, share in enumerate(found_shares):
        following = next((other.start for other in found_shares[at_share + 1 :]), len(text))
        role, period = _role(text, share, before_end, following)
        trigger, at = trigger_of(text, share.end)
        if not trigger:
            trigger, at = trigger_of(text)
        if not trigger:
            trigger, at = trigger_of(sentence.about)[0], 0
        if not trigger and role in ("rate", "cap"):
            trigger, at = _before(contract.before(sentence, 2 if role == "cap" else 1), role), 0
        side = _debtor(contract, sentence, share, at)
        penal = bool(_PENALTY.search(text) or _PENALTY.search(sentence.about) or role == "rate")
        liability = bool(
            re.search(r"责任|赔偿(?!金)|liab", text[before_end : share.end] + text[share.end : share.end + 12], re.I)
        )
        if role == "cap" and rate is not None:
            trigger, side = rate.trigger, rate.side  # the cap of what was said just before
        if penal or role == "cap":
            found = Penalty(sentence, share, role, trigger, side, period, liability)
            rate = found if role == "rate" else rate
            yield found
        before_end = share.end


def _role(text: str, share: Share, after_last: int, next_at: int) -> tuple[Role, str]:
    before, after = text[after_last : share.start], text[share.end : share.end + 90]
    if _CAP_BEFORE.search(before) or _CAP_AFTER.match(after):
        return "cap", ""
    period = _period(text[:next_at], share, after_last)
    if period:
        return "rate", period
    return ("threshold" if _THRESHOLD.search(before) else "fixed"), ""


def _period(text: str, share: Share, after_last: int) -> str:
    nearby = text[share.end : share.end + 90]
    chinese = _PERIOD_ZH_AFTER.match(nearby)
    if chinese:
        return _unit(chinese["unit"] or chinese["in"] or chinese["times"])
    english = PERIOD_EN.search(
        re.split(r"[;。]|,? (?:up to|capped|subject to|not exceed|maximum)", nearby, maxsplit=1, flags=re.I)[0]
    )
    if english and not re.search(r"[一-鿿]", nearby[: english.start()]):
        return _unit(english["unit"] or english["adverb"] or "p.a.")
    start = max(after_last, share.start - 70)
    found = None
    # The lookahead of 日万分之五 needs the share itself.
    for match in PERIOD_ZH.finditer(text, start, share.end):
        if match.end() <= share.start:
            found = match
    if re.search(r"每[^,。;%]{0,8}小时|\bper (?:\w+ )?hour", text[start : share.start]):
        return ""  # of an hour
    if found and not re.search(r"[。;]", text[found.end() : share.start]):
        if found["n"] in ("七", "7"):
            return "week"
        return _unit(found["unit"] or found["short"] or found["by"])
    before = text[max(after_last, share.start - 160) : share.start]
    earlier = [
        match
        for match in PERIOD_EN.finditer(before)
        if re.search(
            r"(?:for|per|each|every|/)\s*\w*\s*$|^(?:per|each|every|for)",
            before[max(0, match.start() - 4) : match.start()] + match[0],
            re.I,
        )
    ]
    return (
        _unit(earlier[-1]["unit"] or earlier[-1]["adverb"] or "p.a.")
        if earlier and re.search(r"[a-z]", before) and not re.search(r"[一-鿿]", before)
        else ""
    )


_UNITS = {
    "日": "day", "天": "day", "周": "week", "星期": "week", "月": "month", "季度": "month", "年": "year",
    "annum": "year",
        "seven days": "week", "7 days": "week", "seven (7) days": "week", "daily": "day", "weekly": "week",
    "monthly": "month", "annually": "year", "yearly": "year", "annual": "year", "p.a.": "year",
}  # fmt: skip


def _unit(word: str) -> str:
    return _UNITS.get(word.lower(), word.lower())


@lru_cache(maxsize=512)
def _gone_wrong(text: str) -> tuple[list[int], list[int], list[int]]:
    """Where late payment, delay and what does not say which are spoken of."""
    payment = list(_LATE_PAYMENT.finditer(text))
    late = list(_DELAY.finditer(text))
    covered = {at for match in payment for at in range(match.start(), match.end())}
    delay = [match.start() for match in late if not _generic(match) and match.start() not in covered]
    return [match.start() for match in payment], delay, [match.start() for match in late if _generic(match)]


def trigger_of(text: str, until: int | None = None) -> tuple[Trigger, int]:
    """The last thing said to have gone wrong (before `until`), and where."""
    payment, delay, generic = ([at for at in found if until is None or at < until] for found in _gone_wrong(text))
    if payment and (not delay or payment[-1] > delay[-1]):
        return "late_payment", payment[0]
    if delay:
        return "delay", delay[0]
    return ("delay", generic[0]) if generic else ("", 0)


def _before(text: str, role: Role) -> Trigger:
    """A cap after both parties' penalties is that of delay, too."""
    last = trigger_of(text)[0]
    late = role == "cap" and last == "late_payment"
    return "delay" if late and any(not _generic(match) for match in _DELAY.finditer(text)) else last


def _generic(match: re.Match[str]) -> bool:
    """`逾期` and `每逾期` do not say what is late."""
    return match[0].startswith("每") or match[0].rstrip("的,超过") == "逾期" or match[0].lower().startswith("delay")


def _debtor(contract: Contract, sentence: Sentence, share: Share, trigger_at: int) -> Side:
    """Who pays: whoever was late, else whoever is said to pay."""
    text = sentence.text
    context = text[: share.start]
    late = contract.parties.subject(context, trigger_at) if trigger_at else Side.UNKNOWN
    if late is not Side.UNKNOWN:
        return _other(late) if _taker(contract, text, share) is late else late
    pays = [
        match.start()
        for match in re.finditer(r"支付|承担|赔偿|赔付|交纳|\bpays?\b|\bcredits?\b|\bowes?\b|\bliable\b|\bbear\b", text)
    ]
    near = [at for at in pays if at < share.end + 60]
    if near:
        who = contract.parties.subject(text, near[-1])
        if who is not Side.UNKNOWN:
            return who
    who = contract.parties.subject(context, share.start)
    return _other(who) if _taker(contract, text, share) is who else who


_TAKING = re.compile(
    r"(?:\bmay|\bshall|\bto|\bcan|\bwill|\bor|\band)(?:,[^,.;]{3,40},)?\s+(?:\w+ )?(?:deduct|withhold|set[\s-]?off|"
    r"levy|"
    r"impose|charge|claim|recover|"
    r"be (?:paid|compensated)|receive)\b|\bentitled to (?:an? )?(?:\w+ )?(?:reduc|credit|deduct|rebate|penalt|"
    r"damages|liquidated)|有权(?!解除|终止)[^,。;]{0,12}(?:扣|收取|要求|追究|主张)|"
    r"(?:可|得)(?:以)?(?:从[^,。;]{0,16}中)?(?:直接)?(?:扣|收取)",
    re.I,
)


def _taker(contract: Contract, text: str, share: Share) -> Side | None:
    """`Buyer may deduct`: whoever is named before the verb takes, and the other pays."""
    taking = _TAKING.search(text[: share.end + 16])
    return contract.parties.subject(text, taking.start()) if taking else None


def _other(side: Side) -> Side:
    return {Side.OURS: Side.THEIRS, Side.THEIRS: Side.OURS}.get(side, side)
