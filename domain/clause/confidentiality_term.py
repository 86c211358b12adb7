"""How long what was learnt has to be kept confidential."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Duration, durations

KIND = "confidentiality_term"

_STEMS = (
    "保密", "秘密", "机密", "confiden", "disclos", "secre", "proprietary", "obligation", "义务", "本条", "本款",
)  # fmt: skip

_SECRET = re.compile(
    r"保密|商业秘密|机密|confiden\w*|\bsecret\b|duty of confidence|non-?disclosure|secrecy|proprietary information",
    re.I,
)
_TERM = re.compile(
    r"期限|保密期|期至|期为|期间|期:|期是|有效|持续|存续|止|年内|届满|披露之日|surviv\w*|last\w*|continu\w*|"
    r"remain\w*|expire\w*|for (?:a (?:further )?)?(?:period|term)|during|term of|period of|\bfor\b|"
    r"after|until|end",
    re.I,
)
_FOREVER = re.compile(
    r"长期有效|期限?(?:为|:|是)长期|永久|无限期|始终有效|长期(?:承担|负有|保密|履行)|不因[^。;]{0,30}(?:终止|解除|届满|"
    r"失效|无效|变更|完毕)而(?:终止|失效|解除|免除|受影响|消灭)|无期限|没有期限|不受(?:合同)?期限|"
    r"indefinite\w*|in perpetuity|perpetual\w*|"
    r"not (?:be )?limited in time|unlimited in time|进入公有领域(?:之日)?(?:为)?止|公开(?:之日)?(?:为)?止|"
    r"为公众所知为止|(?:直至|直到)[^,。;]{0,12}公知|"
    r"without (?:any )?limit(?:ation)? (?:in|of|as to) time|no (?:time limit|expiry|expiration)|"
    r"forever|permanent\w*|as long as[^.;]{0,40}(?:confidential|remains)",
    re.I,
)
_TRADE_SECRET = re.compile(
    r"trade secrets?|(?:构成|属于|作为)[^,。;]{0,4}商业秘密|商业秘密的(?:信息|部分)|personal data|源代码", re.I
)
_SURVIVES = re.compile(
    r"\b(?:obligation|dut)\w*[^.;]{0,30}\bsurvives? (?:the |any )*(?:termination|"
    r"expir)[^.;0-9]*[.;]?$",
    re.I,
)
_SURVIVES_ZH = re.compile(
    r"(?:义务|责任|条款|本条)[^,。;]{0,16}(?:终止|解除|届满|期满)后(?:仍|继续|"
    r"依然)[^,。;\d年月]*有效"
)
"""Without saying for how long."""
_OTHER = re.compile(
    r"solicit|招揽|竞业|compet|non-hire|retain\w* records|backup|audit|档案|return|destroy|销毁|归还", re.I
)
_NAMED = re.compile(r"\s*(?:confidentiality|non-?disclosure|保密(?:义务|责任)?)\s*", re.I)
_LABEL = re.compile(r"保密(?:期限|期|义务期限)|term of confidentiality|confidentiality (?:term|period)", re.I)


def find(contract: Contract) -> Iterator[Finding]:
    seen: set[str] = set()
    for sentence in contract.having(*_STEMS, headed=True):
        finding = _of(contract, sentence)
        if finding and finding.value not in seen:
            seen.add(finding.value)
            yield finding


def _of(contract: Contract, sentence: Sentence) -> Finding | None:
    text = sentence.text
    labelled = bool(_LABEL.search(sentence.label) or _LABEL.match(text) or _NAMED.fullmatch(sentence.label))
    spoken = _SECRET.search(text)
    about = f"{sentence.heading[-60:]} {sentence.label}"
    by_heading = re.search(r"保密|confiden|non-?disclosure|secrecy", about, re.I) and re.search(
        r"obligations?|duty|duties|义务|本条|责任|this (?:section|clause|article)|承诺|restrictions|"
        r"information|应当?持续|有效",
        text,
        re.I,
    )
    if re.match(
        r"\s*(?:this|these|such|the above) (?:obligation|dut)|(?:该|上述|此项?|前述)[^,。]{0,4}义务|"
        r"本[条款]",
        text,
        re.I,
    ):
        spoken = spoken or _SECRET.search(contract.before(sentence, 1))
    if not (labelled or spoken or by_heading) or (
        _OTHER.search(text)
        and not re.search("保密期|保密义务|confidentiality (?:obligations|term)|obligations of confiden", text, re.I)
    ):
        return None
    for duration in durations(text):
        if duration.unit == "m" and duration.count >= 3 and (labelled or _about_the_duty(text, duration)):
            return contract.finding(KIND, str(duration), sentence, duration.start, duration.end)
    forever = _FOREVER.search(text) or (_SURVIVES.search(text) or _SURVIVES_ZH.search(text) if spoken else None)
    if forever and not _TRADE_SECRET.search(text[max(0, forever.start() - 60) : forever.end()]):
        if re.search(r"licen[cs]e|许可", text, re.I) and not re.search(r"保密|obligation|duty", text, re.I):
            return None
        return contract.finding(KIND, "perpetual", sentence, forever.start(), forever.end())
    return None


def _about_the_duty(text: str, duration: Duration) -> bool:
    before, after = text[: duration.start], text[duration.end :]
    if re.search(r"(?:合同|(?<!保密)协议|服务)(?:的)?(?:有效期|期限)(?:为)?[^,。;]{0,6}(?<!后)$", before) or (
        re.search(r"(?:agreement|contract|MNDA)[^.;]{0,40}(?:remain|expire|continue|effect)[^.;]{0,50}$", before, re.I)
        and not _SECRET.search(before[-60:])
    ):
        return False
    near = before[-90:] + " " + after[:60]
    return bool(_TERM.search(near)) and not re.search(r"每年|annual|per year", near, re.I)
