"""The company's standard for clauses: which values are of which risk, and the wording to propose instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.clause.value import UNITS, family, may_be_named, size_of
from domain.document import Label, PolicyDocument, Problem, Strict, fault, refuse_faults


class Risk(StrEnum):
    OK = "ok"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


def highest(levels: Iterable[str]) -> str:
    """The worst of these levels; `ok` of none."""
    order = list(Risk)
    return max((Risk(level) for level in levels), key=order.index, default=Risk.OK).value


Level = Literal["ok", "low", "medium", "high"]
Wording = Annotated[str, StringConstraints(max_length=2000)]
Value = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Bound(Strict):
    """The level of values up to `most` or from `least`, in the unit of the kind; the first bound that fits holds."""

    level: Level
    most: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,8})?$")] | None = None
    least: Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,8})?$")] | None = None

    def holds(self, size: Decimal) -> bool:
        return (self.most is None or size <= Decimal(self.most)) and (self.least is None or size >= Decimal(self.least))


class ClauseRule(Strict):
    """`values` first, word by word; then `bounds` by size; then `otherwise`. Units: days for terms and notices, months
    for lengths, a share of 1, a share a day for rates, times the price for a liability cap."""

    values: dict[Value, Level] = Field(default_factory=dict)
    bounds: list[Bound] = Field(default_factory=list)
    otherwise: Level = "high"
    wording_zh: Wording = ""
    wording_en: Wording = ""

    @model_validator(mode="after")
    def every_bound_bounds(self) -> Self:
        faults = [
            fault(["bounds", at], "bound_empty", "Give the bound a least or a most.")
            for at, bound in enumerate(self.bounds)
            if bound.most is None and bound.least is None
        ]
        refuse_faults(self, faults)
        return self


def _rule(
    values: Mapping[str, str] | None = None,
    *bounds: tuple[str, ...],
    otherwise: str = "high",
    zh: str = "",
    en: str = "",
) -> dict[str, Any]:
    return {
        "values": dict(values or {}),
        "bounds": [{"level": level, **dict(zip(sizes[::2], sizes[1::2], strict=True))} for level, *sizes in bounds],
        "otherwise": otherwise,
        "wording_zh": zh,
        "wording_en": en,
    }


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "name": {"zh": "标准合同", "en": "Standard contracts"},
    "rules": {
        "payment_term": _rule(None, ("ok", "most", "30"), ("medium", "most", "60"),
            zh="甲方应在收到发票之日起30日内付款。",
            en="Customer shall pay each invoice within thirty (30) days of receipt."),
        "prepayment": _rule(None, ("ok", "least", "0.30"), otherwise="low",
            zh="合同签订后，甲方预付合同总价的30%。",
            en="Customer pays 30% of the price on signature."),
        "late_payment_rate": _rule(None, ("ok", "least", "0.0003", "most", "0.001"), otherwise="low",
            zh="甲方逾期付款的，每日按未付金额的万分之五支付违约金。",
            en="Overdue amounts bear interest at 0.05% per day."),
        "delay_penalty_rate": _rule(None, ("ok", "most", "0.0005"), ("medium", "most", "0.001"),
            zh="乙方逾期交付的，每逾期一日按逾期部分价款的万分之五支付违约金，累计不超过合同总价的10%。",
            en="For each day of delay Supplier pays 0.05% of the price of the late part, up to 10% of the price "
"in all."),
        "penalty_cap": _rule({"absent": "medium", "none": "high"}, ("ok", "most", "0.10"), ("medium", "most", "0.20"),
            zh="违约金累计不超过合同总价的10%。",
            en="Such penalties shall not exceed 10% of the price in all."),
        "fixed_penalty": _rule(None, ("ok", "most", "0.10"), ("medium", "most", "0.20"),
            zh="违约方支付合同总价10%的违约金。",
            en="The party in breach pays 10% of the price."),
        "liability_cap": _rule(
            {"unlimited": "high", "absent": "medium", "paid_fees": "ok", "fees": "ok", "amount": "low"},
            ("ok", "most", "1"), ("medium", "most", "2"),
            zh="乙方在本合同项下的累计赔偿责任以合同总价为限。",
            en="Supplier's total liability under this Agreement shall not exceed the price."),
        "termination_notice": _rule(None, ("ok", "least", "30"), ("medium", "least", "15"),
            zh="甲方可提前30日书面通知乙方解除本合同，并支付已完成部分的费用。",
            en="Customer may terminate for convenience on thirty (30) days' written notice, paying for what was done."),
        "auto_renewal": _rule({"none": "ok", "same": "ok"}, ("ok", "most", "12"), otherwise="medium",
            zh="本合同自动续期一年。",
            en="This Agreement renews for periods of twelve (12) months."),
        "renewal_notice": _rule(None, ("ok", "most", "60"), ("medium", "most", "90"),
            zh="任何一方不续期的，应在期满前60日书面通知对方。",
            en="Either party may give notice of non-renewal sixty (60) days before the end of the term."),
        "governing_law": _rule({"CN": "ok", "HK": "medium", "SG": "medium", "GB-ENG": "medium"},
            zh="本合同适用中华人民共和国法律。",
            en="This Agreement is governed by the laws of the People's Republic of China."),
        "dispute": _rule({
            "court/supplier": "ok", "court/plaintiff": "ok", "court/defendant": "ok", "arb/CIETAC": "ok",
            "arb/SHIAC": "ok",
            "court/customer": "medium", "court/performance": "medium", "arb/HKIAC": "medium", "arb/SIAC": "medium",
            "arb/BAC": "medium", "arb/SCIA": "medium", "arb/Changsha": "medium"},
            zh="协商不成的，向被告住所地人民法院起诉。",
            en="Disputes are settled by the courts of the defendant's domicile."),
        "confidentiality_term": _rule(
            {"perpetual": "medium"}, ("ok", "most", "36"), ("low", "most", "60"), otherwise="medium",
            zh="保密义务至本合同终止后三年。",
            en="These obligations survive for three (3) years after termination."),
        "warranty_period": _rule(None, ("ok", "most", "12"), ("medium", "most", "24"),
            zh="质保期为验收合格之日起12个月。",
            en="The warranty period is twelve (12) months from acceptance."),
        "ip_owner": _rule({"supplier": "ok", "joint": "medium", "customer": "high"},
            zh="知识产权归乙方所有，甲方享有非独占使用许可。",
            en="Supplier retains all intellectual property; Customer receives a non-exclusive licence."),
        "total_amount": _rule({"CNY": "ok", "USD": "ok", "EUR": "ok", "HKD": "ok", "GBP": "ok"}, otherwise="medium"),
        "conflict": _rule(), "amount_mismatch": _rule(), "hidden_text": _rule(),
    },
}  # fmt: skip

KINDS: tuple[str, ...] = tuple(DEFAULT["rules"])


class ClauseStandard(PolicyDocument):
    """A rule for every kind of clause; one left out is judged as the built-in standard does."""

    kind: ClassVar[str] = "clause_standard"
    default: ClassVar[dict[str, Any]] = DEFAULT

    name: Label = Label(zh="标准合同", en="Standard contracts")
    rules: dict[str, ClauseRule]

    @model_validator(mode="after")
    def known_kinds(self) -> Self:
        faults = [
            fault(["rules", kind], "kind_unknown", "There is no such kind of clause.")
            for kind in self.rules
            if kind not in KINDS
        ]
        refuse_faults(self, faults)
        return self

    def problems(self) -> list[Problem]:
        """Values that are none of their kind, bounds of what has no size, and bounds that never decide."""
        return [problem for kind, rule in self.rules.items() for problem in _unfit(kind, rule)]

    def rule(self, kind: str) -> ClauseRule:
        return self.rules.get(kind) or ClauseRule.model_validate(DEFAULT["rules"][kind])

    def risk(self, kind: str, value: str) -> Risk:
        rule = self.rule(kind)
        for name in (value, family(kind, value)):
            if name in rule.values:
                return Risk(rule.values[name])
        size = size_of(kind, value)
        if size is not None:
            for bound in rule.bounds:
                if bound.holds(size):
                    return Risk(bound.level)
        return Risk(rule.otherwise)


def built_in() -> ClauseStandard:
    return ClauseStandard.model_validate(DEFAULT)


def is_standard(kind: str) -> bool:
    return kind.partition(".")[0] == ClauseStandard.kind


def standard_kind(key: str) -> str:
    """The policy kind of the standard for a kind of contract; that of all others for none."""
    return f"{ClauseStandard.kind}.{key}" if key else ClauseStandard.kind


def _unfit(kind: str, rule: ClauseRule) -> Iterator[Problem]:
    for value in rule.values:
        if not may_be_named(kind, value):
            where = f"rules.{kind}.values.{value}"
            yield Problem(
                where=where, code="clause_value_unknown", what="There is no such value.", params={"value": value}
            )
    if rule.bounds and kind not in UNITS:
        yield Problem(where=f"rules.{kind}.bounds", code="clause_without_size", what="This kind has no size.")
    for at, bound in enumerate(rule.bounds):
        least, most = bound.least, bound.most
        crossed = least is not None and most is not None and Decimal(least) > Decimal(most)
        if crossed or any(_covers(above, bound) for above in rule.bounds[:at]):
            where = f"rules.{kind}.bounds.{at}"
            yield Problem(where=where, code="bound_unreachable", what="No value is left for this bound.")


def _covers(above: Bound, below: Bound) -> bool:
    """Whether what fits the bound below fits the one above it already."""
    up = above.most is None or (below.most is not None and Decimal(below.most) <= Decimal(above.most))
    down = above.least is None or (below.least is not None and Decimal(below.least) >= Decimal(above.least))
    return up and down
