"""Who owns what is made: supplier, customer, or both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.party import Side

KIND = "ip_owner"

_STEMS = (
    "权", "版权", "成果", "源代码", "归", "intellectual", " ip ", "right", "copyright", "patent", "owner",
    "proprietary", "property", "hire", "title", "own", "deliverable", "work product", "vest", "belong",
)  # fmt: skip

_RIGHT_ZH = re.compile(
    r"知识产权|著作权|版权|专利(?:权|申请权)?|所有权|(?:技术|开发|工作|项目|研究|设计|服务)?成果|(?:形成|"
    r"产生)的[^,。;]{2,24}|权利|源代码|产权|权属"
)
_OWNS_ZH = re.compile(
    r"(?P<both>(?:由|归|属)?(?:于)?(?:甲乙)?双方(?:共同)?(?:所有|共有|享有|拥有)|"
    r"(?:甲乙)?双方共同(?:所有|享有|拥有|共有)|共同共有|归(?:甲乙)?双方|属(?:于)?双方)|"
    r"(?:均|全部|仍|都|应|皆|完全|独家|单独|全)*(?:归属于?|归于|归|属于|属|"
    r"为)(?P<owner>[一-鿿A-Za-z]{2,20}?)(?:单独|独家|独占|独自|完全|全权|永久|全部)?(?:所有|享有|拥有|"
    r"独有|持有|(?=[,。;()]|$))|"
    r"(?:转让|移交|移转|让与|转移)(?:给|予|至|于)(?P<given>[一-鿿A-Za-z]{2,20}?)(?=[,。;()]|$)|"
    r"由(?P<by>[一-鿿A-Za-z]{2,20}?)(?:单独|独家|独占|独自|完全|全部|依法)?(?:所有|享有|拥有|保留|取得|持有)|"
    r"(?P<keeps>[一-鿿A-Za-z]{2,20}?)(?:(?:对|就)(?:于)?[^,。;]{1,30}?)?(?:仍|继续|依法|独家|单独|完全)*(?:保留|享有|"
    r"拥有)(?P<what>[^,。;]{0,40}?)(?:的)?(?:全部|一切|所有|完整)?(?:的)?(?:知识产权|著作权|版权|"
    r"所有权|专利权)"
)
_DATA = re.compile(
    r"数据|资料(?!、)|内容|素材|商标|标识|背景(?:技术|知识产权)|标准(?:产品|软件)|通用(?:产品|组件|软件)|原有|既有|"
    r"固有|自有|各自|现有|此前|"
    r"签订前|签署前|已有|保密信息"
)
_GOODS = re.compile(r"模具|工装|夹具|软件|成果|作品|代码|知识产权|著作权|版权|专利|系统|开发|设计|报告|文档")
_RESULT = re.compile(
    r"成果|开发|定制|交付物|产生|本(?:合同|项目)(?:所)?(?:产生|形成)|履行|所形成|所产生|软件|系统|平台|"
    r"源代码|作品|deliverable|work product|result|developed|created|software|product|service|work|"
    r"foreground|customi[sz]ation|platform|report|improvement|invention|configuration|produced|drawing|data prepared|"
    r"\btool(?:s|ing)\b|\bmou?lds?\b|\bdies\b|模具|工装|夹具|形成",
    re.I,
)
_OWN_DATA_EN = re.compile(
    r"\b(?:customer|client|licensee|buyer|purchaser|user|its|their|subscriber|"
    r"company)(?:'s)? (?:own )?(?:data|content|materials?|confidential|marks|trademarks|information|"
    r"background|pre-existing)|customer (?:data|content)|confidential information|"
    r"pre-?existing|background (?:ip|intellectual|technology|materials)|usage data|"
    r"feedback|goods|title to the (?:goods|products|equipment)|alterations|risk of loss|leased|"
    r"premises|(?<!tooling and )equipment|documents provided|third[- ]party|stock|securit|document may",
    re.I,
)
_RIGHT_EN = re.compile(
    r"intellectual property|\bIP\b|\bIPR\b|right,? title,? and interest|all rights?|copyright|patent|"
    r"ownership|owner|proprietary|property of|work(?:s)? (?:made )?for hire|title (?:to|in)|\bowns?\b|"
    r"\bowned\b|deliverables|work product|vest|belong",
    re.I,
)
_TAKES_EN = re.compile(
    r"(?P<joint>jointly own\w*|joint ownership|joint property|owned jointly|co-own\w*|owned by both|joint owners?)|"
    r"(?:vests? (?:\w+ )?in|vested in|belongs? (?:\w+ )?to|owned (?:\w+ ){0,2}by|property of|"
    r"remain(?:s|ing)? (?:\w+ ){0,2}(?:with|in)|assign\w* (?:[\w,]+ ){0,14}?to|"
    r"transfer\w* (?:[\w,]+ ){0,10}?to|(?:pass(?:es)?|is transferred|are transferred) to|"
    r"made for hire (?:\w+ ){0,3}(?:for|owned by|by)|"
    r"ownership of)\s+(?:the )?(?P<to>[A-Z]\w+(?: [A-Z]\w+)?|\w+)|"
    r"\b(?:is|are|be|remains?|becomes?) (?:the )?(?P<whose>[A-Z]\w+)'s? (?:sole |exclusive |absolute )*property\b|"
    r"(?P<holder>[A-Z]\w+(?:-[A-Z]\w+)?)(?: and its (?:licensors?|suppliers?|affiliates?))?,?\s+(?:shall |will |"
    r"hereby |exclusively |solely |fully |have and will |expressly |does |and will |has and )*(?:retains?|owns?|"
    r"reserves?|keeps?|"
    r"holds?|(?:is|be|are) the (?:sole |exclusive |and |rightful )*owner|remains? the (?:sole |exclusive )*owner|"
    r"is and (?:shall|will) remain)\b",
)
_BUT = re.compile(r"[.;]|\b(?:excluding|except|other than|apart from|subject to)\b", re.I)
_TOOLS = re.compile(r"模具|工装|夹具|\btool(?:s|ing)\b|\bmou?lds?\b|\bdies\b", re.I)
"""Title to what things are made with counts where nothing is said of the rights in what is made."""
_NOT_A_GRANT = re.compile(
    r"no right|not (?:transfer|acquire|obtain|own)|shall not be|infring|claim|\bif\b[^,]{0,40}owns|"
    r"more than|warrants that|represent|entity|voting|percent|responsib|risk",
    re.I,
)


def find(contract: Contract) -> Iterator[Finding]:
    found = [each for sentence in contract.having(*_STEMS) for each in _of(contract, sentence)]
    results = [finding for finding, is_result in found if is_result] or [finding for finding, _ in found]
    seen: set[str] = set()
    # A recital says who owns something; the clause names the rights.
    results.sort(
        key=lambda each: (
            not re.search(
                r"知识产权|著作权|intellectual|copyright|right,? title|patent|all rights",
                contract.text[each.start : each.end],
                re.I,
            )
        )
    )
    for finding in results:
        if finding.value not in seen:
            seen.add(finding.value)
            yield finding


def _of(contract: Contract, sentence: Sentence) -> Iterator[tuple[Finding, bool]]:
    """Each with whether it is of what the contract makes, not of what a party brought along."""
    return (_chinese if re.search(r"[一-鿿]", sentence.text) else _english)(contract, sentence)


def _chinese(contract: Contract, sentence: Sentence) -> Iterator[tuple[Finding, bool]]:
    text = sentence.text
    if not _RIGHT_ZH.search(text) and not re.search(r"知识产权|成果归属|权利归属|著作权", sentence.about):
        return
    for match in _OWNS_ZH.finditer(text):
        begin = max(text.rfind(mark, 0, match.start()) for mark in ",。;") + 1
        clause = text[begin : match.start()]
        if match["keeps"]:
            clause = match[0][len(match["keeps"]) :]
        right = (match if match["keeps"] else _RIGHT_ZH.search(clause)) or re.search(
            r"知识产权|成果|权", sentence.about + text[: match.start()]
        )
        if not right or re.search(r"侵犯|侵权|使用权|风险|责任|费用", clause[-12:]):
            continue
        if right[0] == "所有权" and not _GOODS.search(text[text.rfind(":", 0, match.start()) + 1 : match.end()]):
            continue  # title to goods is another matter
        value = _owner(contract, match, text)
        if re.search(r"(?:付清|支付|结清)[^,。;]{0,14}之?前", text[: match.start()]):
            continue  # only until it is paid
        own = _DATA.search(text[begin : match.end()])
        if not value or (own and value == Side.THEIRS and not _RESULT.search(clause.replace("产品", ""))):
            continue
        yield contract.finding(KIND, value, sentence, begin, match.end()), not own and not _TOOLS.search(clause)


def _owner(contract: Contract, match: re.Match[str], text: str) -> str:
    if match["both"]:
        return "joint"
    name = next(match[group] for group in ("owner", "given", "by", "keeps") if match[group])
    name = re.sub(r"(?:或|及|和)其[一-鿿]{2,8}$", "", name)  # 或其权利人
    mentions = contract.parties.mentions(name)
    sides = {side for _, _, side in mentions}
    if Side.EITHER in sides:
        return "joint" if "双方" in name and "共" in text[match.start() : match.end()] else ""
    if sides == {Side.OURS, Side.THEIRS}:
        return "joint"
    # 归甲方使用 gives no ownership: the party has to end the phrase.
    side = mentions[-1][2] if mentions and len(name) - mentions[-1][1] <= 1 else Side.UNKNOWN
    return side.value if side in (Side.OURS, Side.THEIRS) else ""


def _english(contract: Contract, sentence: Sentence) -> Iterator[tuple[Finding, bool]]:
    text = sentence.text
    if not _RIGHT_EN.search(text):
        return
    for match in _TAKES_EN.finditer(text):
        around = text[max(0, match.start() - 160) : match.end() + 160]
        if match["joint"]:
            yield contract.finding(KIND, "joint", sentence, match.start(), match.end()), True
            return
        name = (match["to"] or match["whose"] or match["holder"]).lower()
        side = contract.parties.side_named(name)
        if side not in (Side.OURS, Side.THEIRS):
            side = contract.parties.side_named(name.split()[0])
        if side not in (Side.OURS, Side.THEIRS) or _NOT_A_GRANT.search(
            text[max(0, match.start() - 25) : match.end() + 6]
        ):
            continue
        thing = text[match.end() : match.end() + 170] if match["holder"] else around
        thing = _BUT.split(thing)[0] if match["holder"] else thing
        if not _RIGHT_EN.search(match[0] + thing) or (
            match["holder"]
            and not re.search(
                r"right|title|interest|intellectual|copyright|patent|ownership|proprietary|owner|\bIP\b|\bIPRs?\b|"
                r"deliverable|work product|software",
                match[0] + thing,
                re.I,
            )
        ):
            continue
        if _OWN_DATA_EN.search(thing[:120] if match["holder"] else text[max(0, match.start() - 90) : match.start()]):
            continue
        if not _RESULT.search(thing) and not re.search(
            r"intellectual property|\bIP\b|proprietary|copyright", text + sentence.about, re.I
        ):
            continue
        yield (
            contract.finding(KIND, side.value, sentence, match.start(), match.end()),
            not re.search(r"pre-?existing|background", around, re.I) and not _TOOLS.search(around),
        )
        return
