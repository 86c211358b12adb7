"""Whose law governs the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.place import LAWS_ZH, PLACE_ZH, law_en

KIND = "governing_law"

_STEMS = (
    "法律", "法管", "法令", "法规", "民法典", "合同法", "准据", "law",
)  # fmt: skip

_ZH = re.compile(
    r"(?P<verb>适用|受|依据?|依照|按照?|根据|以|遵循|遵从)(?P<place>[^,。;]{0,12}?(?:"
    + PLACE_ZH.pattern
    + r")[^,。;]{0,26}?)(?:的)?(?P<law>现行(?:有效)?)?(?:的)?(?:有关|相关)?(?:的)?(?:法律|法令|法规|"
    r"民法典|合同法|法(?=[,。;]|管辖|解释|为))"
)
_ZH_ENDS = re.compile(r"管辖|解释|约束|调整|适用|为准|处理|执行|准据|成立|生效|履行|解决")
_EN = re.compile(
    r"(?:govern\w*|constru\w+|interpret\w*|subject to|in accordance with|"
    r"enforced)[^.;]{0,110}?\blaws?\b(?:\s+(?:of|in force in|applicable in|in))?[^.;]{0,60}|"
    r"\blaws? (?:of|in (?:effect|force) (?:at|in)) [^.;]{2,70}?(?:shall |will )?(?:govern|appl(?:y|ies)|\bcontrols?\b)|"
    r"[A-Z][\w ]{2,30}\blaws?\s+(?:shall |will )?(?:exclusively |alone |solely )?(?:govern\w*|appl(?:y|ies)|"
    r"controls?\b|(?:is|be|are) the (?:governing|applicable|proper))|"
    r"(?:governing law|law of (?:the|this) (?:contract|agreement))[^.;]{0,10}(?:is|:|shall be|will be)[^.;]{0,60}|"
    r"(?:governed by|under|construed\s+(?:under|"
    r"in accordance with))\s+(?:the )?[A-Z][\w ]{2,20}\slaw\b|governed by\s+(?:the )?(?:substantive |"
    r"internal )?laws?[^.;]{0,60}",
    re.I,
)
_EN_STARTS = re.compile(
    r"\b(?=govern|constru|interpret|subject to|in accordance|enforced|laws? (?:of|in)\b|governing law|under\b)|"
    r"\b(?=[A-Z][\w ]{2,30}\blaws?\b)",
    re.I,
)
_NOT_THE_CONTRACT = re.compile(
    r"organi[sz]ed|incorporated|existing under|patent|copyright(?! law)|infring|export|third[- ]party|"
    r"data protection|privacy|anti-|bribery|personal data|is governed by its|"
    r"governed solely by the terms|tax|注册成立|依法设立|设立|登记|有效存续|专利|出口|纳税|发票",
    re.I,
)
_LABEL = re.compile(r"governing law|applicable law|choice of law|^\s*law\b|适用法律|准据法|法律适用|管辖法律", re.I)
_EXCLUDED = re.compile(
    r"(?:不适用|排除(?:适用)?|excluding|exclud\w+|without regard|without reference|other than|"
    r"notwithstanding|does not apply|irrespective)[^.;。]*",
    re.I,
)


def find(contract: Contract) -> Iterator[Finding]:
    seen: set[str] = set()
    for sentence in contract.having(*_STEMS):
        for finding in (_chinese(contract, sentence), _english(contract, sentence), _labelled(contract, sentence)):
            if finding and finding.value not in seen:
                seen.add(finding.value)
                yield finding


def _chinese(contract: Contract, sentence: Sentence) -> Finding | None:
    text = _EXCLUDED.sub(lambda match: " " * len(match[0]), sentence.text)
    plain = re.sub(r"\([^()]{0,40}\)", lambda match: "\x00" * len(match[0]), text)
    match = _ZH.search(plain)
    if not match or _NOT_THE_CONTRACT.search(text[max(0, match.start() - 12) : match.end()]):
        return None
    verb = match["verb"]
    rest = plain[match.end() : match.end() + 16]
    if verb in ("依", "依据", "依照", "按", "按照", "根据", "以", "受") and not (
        _ZH_ENDS.search(rest) or re.search(r"解释|争议|效力", plain[max(0, match.start() - 24) : match.start()])
    ):
        return None
    place = PLACE_ZH.search(match["place"])
    places = list(PLACE_ZH.finditer(match["place"]))
    # 中华人民共和国香港特别行政区法律 is that of Hong Kong.
    special = next(
        (found for found in places if found[0] in ("香港", "澳门", "台湾") or "US-" in LAWS_ZH[found[0]]), place
    )
    return contract.finding(KIND, LAWS_ZH[special[0]], sentence, match.start(), match.end()) if special else None


def _english(contract: Contract, sentence: Sentence) -> Finding | None:
    # Full stops within a name would end the sentence.
    text = re.sub(r"P\.\s?R\.\s?(?:C\.|China)", lambda match: "PRC".ljust(len(match[0])), sentence.text)
    for match in (found for start in _EN_STARTS.finditer(text) if (found := _EN.match(text, start.start()))):
        said = match[0]
        if _NOT_THE_CONTRACT.search(text[max(0, match.start() - 50) : match.end()]):
            continue
        excluded = _EXCLUDED.search(said)
        said = said[: excluded.start()] if excluded else said
        at = re.search(r"\blaws?\b", said, re.I)
        place = law_en(said, any_case=True)
        if place and at:
            return contract.finding(KIND, place[0], sentence, match.start(), match.start() + len(said.rstrip(", ")))
    return None


def _labelled(contract: Contract, sentence: Sentence) -> Finding | None:
    """A row or a line `Governing law: California`."""
    text = sentence.text
    named = re.match(r"\W*(?:\d+\W*)?(?:the )?laws? of (?=[^.;]{3,50}[.;]?$)", text, re.I) or re.match(
        r"[^:]{0,40}(?:governing law|applicable law|适用法律|准据法|法律适用)\s*[:：]\s*", text, re.I
    )
    if not (named or _LABEL.search(sentence.label[-30:])) or len(text) > 160:
        return None
    rest = text[named.end() if named else 0 :]
    offset = len(text) - len(rest)
    place = law_en(re.split(r"[.;]", rest)[0])
    if place:
        return contract.finding(KIND, place[0], sentence, offset + place[1], offset + place[2])
    chinese = PLACE_ZH.search(rest)
    return (
        contract.finding(KIND, LAWS_ZH[chinese[0]], sentence, offset + chinese.start(), offset + chinese.end())
        if chinese
        else None
    )
