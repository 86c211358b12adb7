"""How long after an event the customer may take to pay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.number import ENGLISH, number
from domain.clause.party import Side
from domain.clause.quantity import Duration, durations, shares

KIND = "payment_term"

_STEMS = (
    "付", "结", "汇款", "转账", "打款", "缴", "账期", "信用期", "款", "钱货", "见票", "见索", "pay", "paid", "due",
    "net ", "net-", "honour", "honor", "discharge",
    "remit", "settle", "c.o.d", "cod", "terms", "cash on", "report", "statement",
)  # fmt: skip

_PAYING = re.compile(
    r"支付|付款|付清|汇入|转入|付至|付讫|结清|结算|汇付|汇款|电汇|转账|划付|打款|缴付|缴清|缴纳|给付|"
    r"付给|付(?=[合总余全剩订货\d%])"
)
_DOING_ELSE = re.compile(
    r"开具|开票|提供|提交|交付|交货|发货|到货|验收|通知|退还|返还|退款|补足|整改|答复|响应|修复|更换|"
    r"书面|提出|异议|起诉|解除|终止|备案|签收|完成|赔偿|审核|确认|对账|核对"
)
_OTHER_MONEY = re.compile(
    r"违约金|赔偿|罚款|滞纳|保证金|质保金|保留金|尾款.{0,4}质保|退还|退款|返还|税款|保险费|"
    r"质保期[满届]|保修期[满届]|无息|押金|诉讼费|仲裁费|提成|工资"
)
_SIGNING = re.compile(r"签订|签署|签字|生效|订立|盖章|签约")
_PREPAYING = re.compile(r"预付|定金|订金|首付|预先|预存|头款")
_LATE = re.compile(r"(?:逾期|(?<!不)超过|超出|迟延|延迟|延误|提前|届满前|期满前|到期前|每)[^,。]{0,3}$")
_AT_ONCE = re.compile(
    r"款到(?:发|提|交|供|装)(?:货|运)|款到即?发|货到付款|货到即付|见票即付|现款现货|现款现结|先款后货|钱货两清|"
    r"付款后发货|"
    r"款到后?(?:交货|开通|服务)|即时结清|当场付清|见索即付"
)
_TERMS_LABEL = re.compile(
    r"付款(?:期限|条件|方式|周期|时间|账期)|支付(?:条件|期限|时间|方式)|账期|结算(?:方式|周期|期限)|"
    r"信用期|款$|款\s|payment|terms|net",
    re.I,
)

_PAY_EN = re.compile(
    r"\b(?:pay|pays|paid|payable|payments?|due|remit|remits|remitted|settle|settled|honou?red|discharged?|net)\b", re.I
)
_OTHER_EN = re.compile(
    r"\b(?:notif\w+|notice|terminat\w+|suspen\w+|cure\w*|remed\w+|deliver(?:s|ed|ing)?\b|refund\w*|"
    r"\bsubmit\b|reimburse\w*|reinstat\w+|object\w*|reject\w*|inspect\w*|"
    r"correct(?:s|ed|ions?)\b|renew\w*|respond\w*|return\w*|delet\w+|indemnif\w+|damages|penalt\w+|security deposit|"
    r"warrant\w*|audit\w*|interest|withh\w+|commission|"
    r"(?<!un)disput\w+|arbitrat\w+|overdue|past due|delinquent|late)\b",
    re.I,
)
_BEFORE_EN = re.compile(
    r"(?:within|in|net|due|payable|of|no later than(?: the)?|not later than(?: the)?|by|term is|terms?:?|period of|"
    r"maximum of|paid)\s*(?:a period of\s*|no more than\s*|the\s*)?\(?$",
    re.I,
)
_AFTER_EN = re.compile(r"\(?'?\s*,?\s*(?:net|after|from|of|following|upon|end of month|EOM|\(|$|\.|;|,)", re.I)
_EVENT_EN = re.compile(
    r"invoice|approv|application|certificat|receipt|receiv|date|deliver|accept|month|quarter|complet|"
    r"ship|fees|amount|sum|price|"
    r"balance|install|commission|statement|milestone|terms|bill",
    re.I,
)
_NET = re.compile(
    rf"\bnet[\s-]*(?P<n>\d{{1,3}}|"
    rf"{ENGLISH})(?:\s*\((?P<again>\d+)\))?(?:[\s-]*(?P<unit>days?))?\b(?!\s*(?:%|percent|of))",
    re.I,
)
_AT_ONCE_EN = re.compile(
    r"(?:due|payable|paid|pay\w*)[^.;]{0,40}\b(?:immediately\s+)?(?:up)?on\s+(?:receipt|presentation|"
    r"delivery)|cash on delivery|\bC\.?O\.?D\.?\b|payment on delivery",
    re.I,
)
_EVENT_OF_PAYING = re.compile(r"receipt of (?:the |an? |such )?(?:\w+ )?payment|date of payment", re.I)
"""After which something else is to be done."""
_PERIODIC_REPORT = re.compile(
    r"(?:end|close|last day) of (?:each|every|the)[^,.;]{0,30}(?:quarter|month|year|"
    r"period)[^.;]{0,120}\b(?:report|statement|account)",
    re.I,
)


def find(contract: Contract) -> Iterator[Finding]:
    for sentence in contract.having(*_STEMS, headed=True):
        yield from _chinese(contract, sentence)
        yield from _english(contract, sentence)


def _chinese(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    text = sentence.text
    once = _AT_ONCE.search(text)
    if once and not re.search(r"不(?:得|接受|适用)", text[: once.start()]):
        yield contract.finding(KIND, "0d", sentence, once.start(), once.end())
    labelled = bool(_TERMS_LABEL.search(sentence.label)) or bool(
        re.match(r"\s*(?:\d[\d.]*\s*)?(?:付款(?:期限|条件|方式|周期)|账期|结算方式|支付期限|信用期)", text)
    )
    paid_in_row = sentence.row and (
        _PAYING.search(sentence.row) or (shares(sentence.row) and re.search(r"支付|付款", sentence.heading[-16:]))
    )
    if not (labelled or paid_in_row or _PAYING.search(text) or re.search(r"账期|月结|信用期", text)):
        return
    labelled = labelled or bool(paid_in_row)
    for duration in durations(text):
        if duration.unit != "h" and _is_payment_term(contract, sentence, duration, labelled):
            yield contract.finding(KIND, _value(duration), sentence, duration.start, duration.end)


def _is_payment_term(contract: Contract, sentence: Sentence, duration: Duration, labelled: bool) -> bool:
    text = sentence.text
    before, after = text[: duration.start], text[duration.end :]
    if not re.search(r"[一-鿿]", text) or _LATE.search(before):
        return False
    if re.search(r"(?:账期|月结|信用期)(?:为|是|:|不超过|共)?[^,。;]{0,6}$", before):
        return True
    clause_start = max(before.rfind(mark) for mark in "。;") + 1
    part = before[clause_start:]
    clause = part[part.rfind(",") + 1 :]
    clause_after = re.split(r"[。;]", after)[0]
    following = _first(clause_after)
    if not (
        re.match(r"(?:以|之)?内|\)?(?:后|届满|期满)|\)[,;。]|$|[\"',。;]|\s*(?:电汇|付|支|结|一次|T/T)", after)
        or (following == "pay" and re.search(r"(?:后|起|之日)[^,。;]{0,12}$", before))
    ):
        return False
    if any(0 < other.start - duration.end < 3 for other in durations(text)):
        return False  # `满一个月后15日内`: the second is the term
    if before.endswith("前") or re.search(r"折扣|优惠|减免", clause_after[:30]):
        return False
    if duration.unit == "m" and duration.count >= 6 and not re.match(r"(?:以|之)?内|后", after):
        return False
    if _OTHER_MONEY.search(clause + clause_after.split(",")[0][:25]) or _OTHER_MONEY.search(sentence.label):
        return False
    whole = re.search(r"一次性|全部|全额|(?<!其)余款|剩余", ",".join(clause_after.split(",")[:2])) is not None
    if _PREPAYING.search(clause + clause_after[:30] + sentence.label):
        return False
    if _SIGNING.search(clause) and not re.search(r"发票|验收|到货|交货|收货", clause) and not whole:
        return False
    if following == "else" or (following is None and not labelled and not _pays_before(before, after)):
        return False
    return contract.parties.subject(text, _verb_place(text, duration)) is not Side.OURS


def _first(after: str) -> str | None:
    """What is to be done within the time: `pay`, something `else`, or unsaid."""
    pay, other = _PAYING.search(after[:60]), _DOING_ELSE.search(after[:60])
    if pay and other:
        return "pay" if pay.start() <= other.start() else "else"
    return "pay" if pay else "else" if other else None


def _pays_before(before: str, after: str) -> bool:
    """`付款期限为收到发票后30日`, `款项应于到货后30日内`: the paying is said first."""
    return (
        bool(re.search(r"(?:付款|支付|结算)(?:期限|期|时间|条件|周期)|(?:付款|支付|结清|付清)[^,。]{0,30}$", before))
        and not after[2:].strip("。.,;)\"' ")[20:]
    )


def _verb_place(text: str, duration: Duration) -> int:
    paying = _PAYING.search(text, duration.end)
    return paying.start() if paying else duration.start


def _english(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    text = sentence.text
    if not (_PAY_EN.search(text) or _TERMS_LABEL.search(sentence.about)):
        return
    net = _NET.search(text)
    if net:
        count = number(net["again"] or net["n"])
        if count:
            yield contract.finding(KIND, f"{count:f}d", sentence, net.start(), net.end())
        return
    once = _AT_ONCE_EN.search(text)
    found = False
    for duration in durations(text):
        if duration.unit == "h":
            continue
        if _is_payment_term_en(contract, sentence, duration) or _is_report(contract, sentence, duration):
            found = True
            yield contract.finding(KIND, _value(duration), sentence, duration.start, duration.end)
    if (
        once
        and not found
        and contract.parties.subject(text, once.end()) is not Side.OURS
        and re.search(r"invoice|fee|price|amount|goods|payment", text, re.I)
    ):
        yield contract.finding(KIND, "0d", sentence, once.start(), once.end())


def _is_payment_term_en(contract: Contract, sentence: Sentence, duration: Duration) -> bool:
    text = sentence.text
    if not text[duration.start : duration.end].isascii() or re.search(r"[一-鿿]", text):
        return False
    before, after = text[: duration.start], text[duration.end :]
    if re.search(r"\bliab", text, re.I) or (re.search(r"(?<!un)\bdispute", text, re.I) and "notif" in text.lower()):
        return False
    if re.search(
        r"(?:more than|exceed\w*|longer than|least|over|for)\s*\(?$|overdue|past due|"
        r"not (?:been )?(?:received|paid|made) within",
        before[-40:],
        re.I,
    ):
        return False
    if re.search(r"\bfails? to (?:\w+ )?(?:pay|remit|make)[^,.;]{0,60}$", before[-90:], re.I):
        return False  # how late one may be
    if not (_BEFORE_EN.search(before) or _AFTER_EN.match(after)) or re.match(
        r"\s*'?\s*(?:prior|before|written|notice|in advance|overdue|late)", after, re.I
    ):
        return False
    if duration.unit == "m" and duration.count >= 6 and not re.search(r"within\s*\(?$", before, re.I):
        return False
    near = before[-140:] + " | " + after[:90]
    if _discounted(text, duration):
        return False
    acting = _EVENT_OF_PAYING.sub(lambda match: "-" * len(match[0]), near)
    paying = [match.start() for match in _PAY_EN.finditer(acting)]
    place = near.index(" | ")
    others = [match.start() for match in _OTHER_EN.finditer(near)]
    labelled = bool(re.search(r"payment|\bterms\b", sentence.label, re.I)) or bool(
        re.search(r"\bpayment\b", sentence.heading[-40:], re.I)
        and re.search(r"\b(?:balance|remain\w+|instal\w+)\b|%|per ?cent", near, re.I)
        and _EVENT_EN.search(near)
    )
    if not labelled and (not paying or not _EVENT_EN.search(near)):
        return False
    if others and (not paying or min(abs(at - place) for at in others) < min(abs(at - place) for at in paying)):
        return False
    if re.search(r"sign|execution|effective date", after[:50], re.I) and not re.search(r"invoice", near, re.I):
        return False
    verb = min(
        (match.start() for match in _PAY_EN.finditer(text)),
        key=lambda at: abs(at - duration.start),
        default=duration.start,
    )
    return contract.parties.subject(text, verb) is not Side.OURS


def _discounted(text: str, duration: Duration) -> bool:
    """`within 14 days with 2% discount`, `a discount for payment within 10 days`: a wish, no term."""
    last = max((each.end for each in durations(text) if each.end <= duration.start), default=0)
    before, after = text[max(last, duration.start - 80) : duration.start], text[duration.end : duration.end + 60]
    parts = re.compile(r"[,;.]|\b(?:or|and|net)\b")
    return "discount" in (parts.split(before)[-1] + parts.split(after)[0]).lower()


def _is_report(contract: Contract, sentence: Sentence, duration: Duration) -> bool:
    """A periodic report with which the fees of the period are paid: due when the report is."""
    rest = sentence.text[duration.end :]
    if not _PERIODIC_REPORT.search(rest[:220]) or not re.search(
        r"within[^,]{0,5}$", sentence.text[: duration.start], re.I
    ):
        return False
    return bool(re.search(r"\bpay|royalt|fees", rest + contract.after(sentence, 3), re.I))


def _value(duration: Duration) -> str:
    if duration.unit == "m":
        return f"{duration.days:f}d".replace(".0d", "d")
    return str(duration)
