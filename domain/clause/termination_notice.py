"""How long before the end the customer must say that it ends the contract without a cause."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.party import Side
from domain.clause.quantity import Duration, durations

KIND = "termination_notice"

_STEMS = (
    "解除", "终止", "取消", "withdraw", "结束", "退出", "退租", "terminat", "cancel", "end the", "end this",
    "to an end", "determine th",
)  # fmt: skip

_ENDING = re.compile(
    r"(?:解除|终止|提前结束|退出|取消(?=[^,。;]{0,4}(?:合同|订单|协议)))(?:本|该|此|全部|任何|上述|有关|部分|"
    r"任一)*(?:合同|协议|订单|项目|"
    r"服务|合作|租赁|委托|订购单)?|退租|terminat\w*|cancel\w*|\bend(?:ing)? (?:this|the) (?:agreement|contract)|"
    r"\bending(?= without)|"
    r"withdraw from (?:this|the) (?:agreement|contract|order)|bring (?:this|the) (?:agreement|contract|"
    r"order) to an end|determine (?:this|the) (?:agreement|contract)",
    re.I,
)
_CAUSE = re.compile(
    r"违约|逾期|迟延|延误|延迟|未(?:能|按|在|履行|达|通过|支付|改正|纠正|予)|不(?:能|履行|符合|合格|"
    r"达)|拒绝|拒不|破产|资不抵债|不可抗力|清算|歇业|吊销|侵权|严重|情形之一|下列情|以下情|丧失|违反|"
    r"欠付|拖欠|超过\d+|"
    r"breach|default|fail(?:s|ed|ure)?\b|insolven|bankrupt|force majeure|non-?payment|for cause|"
    r"\bcause (?:for|of|if)|material|cure|change (?:of|in) control|ceas|suspend|violat|infring|"
    r"liquidat|receiver|unable|"
    r"reject|late\b|overdue|not paid|if the (?:other|supplier|provider)|upon the occurrence|illegal|unlawful|prohibit",
    re.I,
)
_WITHOUT_CAUSE = re.compile(
    r"无(?:需|须)(?:说明|任何|理由|提供)|无任何理由|无理由|不论任何原因|任何理由|任何原因|随时|任何时[候间]|无条件|"
    r"任意|"
    r"单方|无故|提前|for (?:its |their |his )?(?:own |sole )?convenience|without (?:any )?(?:cause|reason)|(?:any|"
    r"no) reason|at any time|"
    r"for any or no|in its (?:sole )?discretion|"
    r"at will|prior (?:written )?notice|written notice|days'? notice|months'? notice|notice",
    re.I,
)
_MAY = re.compile(
    r"可(?:以)?|有权|(?:应|须|需)(?:当)?(?:至少)?提前|提前(?:退租|解除|"
    r"终止)[^,。;]{0,8}(?:的)?,?(?:应|须|需)|享有|得(?:随时|提前)|"
    r"均可|\bmay\b|has the right|have the right|is entitled|are entitled|can\b|reserves the right|"
    r"right (?:of [\w ]{3,25} )?to|shall be entitled|by giving|on giving|notice period for",
    re.I,
)
_AT_ANY_TIME = re.compile(
    r"随时|立即|任何时[候间]|无需(?:提前|通知)|无须(?:提前|通知)|at any time|immediately|any or no reason|"
    r"without (?:prior |any )?(?:notice|cause)|for (?:its |their |his )?(?:own |sole )?convenience|forthwith|"
    r"with immediate effect",
    re.I,
)
_NOT = re.compile(
    r"不得|不可|无权|不能|不应|may not|shall not|must not|cannot|no right|neither party may|not be entitled|nor may",
    re.I,
)
_RENEWING = re.compile(r"续(?:订|期|约|展|签|租)|延期|顺延|延续|延展|renew|non-renewal|\bexten[ds]\w*", re.I)
_EFFECT = re.compile(
    r"终止后|解除后|终止之日|终止时|终止前|解除之日|终止而|"
    r"after (?:the )?(?:expir\w+ or )?termination|(?:upon|on|following|surviv\w*|effect of|"
    r"date of) (?:any |the |such |expir\w+ or )*(?:expir\w+ or )?termination|early termination|"
    r"employee|员工|人员",
    re.I,
)

_LESSER = re.compile(r"\s+(?:\w+'s? )?(?:\w+ )?(?:use|access|trials?|betas?|account|employment|users?)\b", re.I)
"""What may be ended while the contract goes on."""


def find(contract: Contract) -> Iterator[Finding]:
    for sentence in contract.having(*_STEMS):
        for part_start, part in _parts(sentence.text):
            finding = _of_part(contract, sentence, part, part_start)
            if finding:
                yield finding
                break


def _parts(text: str) -> list[tuple[int, str]]:
    """Chinese contracts often put a termination beside another rule in one sentence; English ones seldom."""
    return [(0, text)]


def _of_part(contract: Contract, sentence: Sentence, text: str, offset: int) -> Finding | None:
    ending = next((match for match in _ENDING.finditer(text) if not _is_effect(text, match)), None)
    if (
        ending is None
        or _CAUSE.search(_without_reasonless(text))
        or not _MAY.search(text)
        or _NOT.search(text[: ending.end()])
    ):
        return None
    if not _WITHOUT_CAUSE.search(text) or (
        _RENEWING.search(text) and not re.search(r"at any time|随时|convenience", text, re.I)
    ):
        return None
    if re.search(
        r"\bif\b|\bwhere\b|如(?!下)|若|倘|when\b|in the event", text[: ending.start()], re.I
    ) and not re.search(r"any reason|convenience|如需|如因", text, re.I):
        return None
    if re.search(r"协商(?:一致)?(?:后)?(?:的)?[,可]?(?:解除|终止)", text):
        return None
    stem = contract.before(sentence, 1)
    if re.match(r"\s*\(?[a-z\d]{1,3}\)", text) and _CAUSE.search(stem) and not re.search("convenience", text, re.I):
        return None
    if contract.parties.subject(text, _actor_place(text, ending.start())) is Side.OURS:
        return None
    notice = _notice(text)
    if notice:
        value = f"{notice.days.normalize():f}d" if notice.unit == "m" else str(notice)
        return contract.finding(
            KIND, value, sentence, offset + min(notice.start, ending.start()), offset + max(notice.end, ending.end())
        )
    if _AT_ANY_TIME.search(text):
        return contract.finding(KIND, "0d", sentence, offset + ending.start(), offset + ending.end())
    return None


def _without_reasonless(text: str) -> str:
    """`without cause` and `无需承担违约责任` name no cause."""
    return re.sub(
        r"违约金|\bsuspend(?: or|,) |\bnot (?:then )?in (?:default|breach)|without (?:any )?(?:cause|liability|"
        r"penalty)|(?:无需|无须|不|"
        r"而不)(?:因此)?(?:承担|构成|"
        r"视为)[^,。;]{0,12}(?:责任|违约金|违约|赔偿)|[^,。;]{0,4}逾期未通知|materials?\b",
        " ",
        text,
        flags=re.I,
    )


def _is_effect(text: str, ending: re.Match[str]) -> bool:
    return (
        bool(_EFFECT.search(text[max(0, ending.start() - 30) : ending.end() + 3]))
        or text[ending.end() : ending.end() + 1] == "后"
        or bool(_LESSER.match(text, ending.end()))
    )


def _actor_place(text: str, ending: int) -> int:
    may = [match.start() for match in _MAY.finditer(text[:ending])]
    return may[0] if may else ending


def _notice(text: str) -> Duration | None:
    for duration in durations(text):
        before, after = text[max(0, duration.start - 45) : duration.start], text[duration.end : duration.end + 45]
        if re.search(r"通知[^,。;]{0,6}(?:之日|日)?$", before) and text[duration.start] in "起后":
            return duration
        if re.search(r"提前[^,。;]{0,10}$|(?:至少|不少于)$", before) or re.search(
            r"^(?:以?前|之前|的?(?:书面)?通知|的?提前)", after
        ):
            return duration
        if re.search(
            r"^\s*\)?(?:'s?)?\s*(?:,?\s*(?:prior|advance|previous|written|notice|"
            r"days))",
            after,
            re.I,
        ) or re.search(r"notice[^.;]{0,40}(?:of|least|than|within)?\s*\(?$", before, re.I):
            return duration
        if (
            re.search(r"(?:upon|on|with|giving|by|least)\s*(?:at least|not less than|no less than)?\s*$", before, re.I)
            and "notice" in text.lower()
        ):
            return duration
    return None
