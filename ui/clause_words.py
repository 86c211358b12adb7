"""Values and levels of clauses in the words of an office: "30 days", "0.05% a day", "more than 30 days"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from babel.core import Locale

from domain.clause.standard import Bound, ClauseRule, ClauseStandard, Risk, built_in
from domain.clause.value import UNITS
from locales import N_, translate
from locales.formats import Formats
from locales.labels import LABELS, label

SIZED = {
    "days": N_("%(size)s days"),
    "months": N_("%(size)s months"),
    "share": N_("%(size)s%%"),
    "daily": N_("%(size)s%% a day"),
    "times": N_("%(size)s times the price"),
}
UNIT_WORDS = {
    "days": N_("days"),
    "months": N_("months"),
    "share": N_("%"),
    "daily": N_("% a day"),
    "times": N_("times the price"),
}
"""What a number typed for a kind of this unit is followed by."""
_LENGTHS = {"d": N_("%(size)s days"), "bd": N_("%(size)s working days"), "m": N_("%(size)s months")}
_RATES = {
    "day": N_("%(size)s%% a day"),
    "week": N_("%(size)s%% a week"),
    "month": N_("%(size)s%% a month"),
    "year": N_("%(size)s%% a year"),
}
_HUNDREDTHS = ("share", "daily")


@dataclass(frozen=True)
class RuleWords:
    """One kind of clause: what is of which level, and what to propose."""

    kind: str
    name: str
    levels: Mapping[str, list[str]]
    wording_zh: str
    wording_en: str
    built_in: bool = field(default=False)


@dataclass(frozen=True)
class ClauseWords:
    """For one reader."""

    language: str
    formats: Formats

    def _(self, message: str, **parameters: object) -> str:
        text = translate(self.language).gettext(message)
        return text % parameters if parameters else text

    def value(self, kind: str, value: str) -> str:
        """What a finding found. What cannot be put into words, such as what clashes, stays as it is."""
        for name in (f"{kind}.{value}", value):
            if name in LABELS["clause_value"]:
                return label("clause_value", name, self.language)
        return self._law(kind, value) or self._place(kind, value) or self._sized(kind, value) or value

    def _law(self, kind: str, value: str) -> str:
        if kind != "governing_law":
            return ""
        country, _, part = value.partition("-")
        name = Locale.parse(self.language).territories.get(country, country)
        return self._(N_("law of %(place)s"), place=f"{name} ({part})" if part else name)

    def _place(self, kind: str, value: str) -> str:
        where, _, place = value.partition("/")
        if kind != "dispute" or not place:
            return ""
        return self._(N_("arbitration: %(place)s") if where == "arb" else N_("court in %(place)s"), place=place)

    def _sized(self, kind: str, value: str) -> str:
        if kind == "liability_cap" and (fees := re.fullmatch(r"fees_(\d+)m", value)):
            return self._(N_("the fees of %(size)s months"), size=fees[1])
        if length := re.fullmatch(r"([\d.]+)(d|bd|m)", value):
            return self._(_LENGTHS[length[2]], size=self.number(length[1]))
        if rate := re.fullmatch(r"([\d.]+)/(day|week|month|year)", value):
            return self._(_RATES[rate[2]], size=self.number(rate[1], hundredths=True))
        if times := re.fullmatch(r"([\d.]+)x base", value):
            return self._(N_("%(size)s times the published rate"), size=self.number(times[1]))
        if margin := re.fullmatch(r"base\+([\d.]+)/year", value):
            return self._(N_("the published rate plus %(size)s%% a year"), size=self.number(margin[1], hundredths=True))
        if amount := re.fullmatch(r"([A-Z]{3}) ([\d.]+)", value):
            return f"{amount[1]} {self.number(amount[2])}"
        number = value.removesuffix("x")
        if kind in UNITS and re.fullmatch(r"\d+(\.\d+)?", number):
            return self.size(kind, Decimal(number))
        return ""

    def number(self, text: str | Decimal, *, hundredths: bool = False) -> str:
        try:
            number = Decimal(text) * (100 if hundredths else 1)
        except InvalidOperation:
            return str(text)
        whole, _, rest = f"{number.normalize():f}".partition(".")
        return self.formats.number(int(whole)) + (f".{rest}" if rest else "")

    def size(self, kind: str, size: Decimal) -> str:
        """In the unit of the kind: "30 days", "10%"."""
        unit = UNITS[kind]
        return self._(SIZED[unit], size=self.number(size, hundredths=unit in _HUNDREDTHS))

    def rules(self, standard: ClauseStandard) -> list[RuleWords]:
        """Every kind there is; one that the standard leaves out as the built-in standard has it."""
        default = built_in().rules
        return [
            self.rule(kind, standard.rules.get(kind) or rule, built_in=kind not in standard.rules)
            for kind, rule in default.items()
        ]

    def rule(self, kind: str, rule: ClauseRule, *, built_in: bool = False) -> RuleWords:
        levels: dict[str, list[str]] = {level.value: [] for level in Risk}
        for value, level in rule.values.items():
            named = f"{kind}.{value}" if f"{kind}.{value}" in LABELS["clause_value"] else value
            levels[level].append(
                label("clause_value", named, self.language) if named != value else self.value(kind, value)
            )
        for at, bound in enumerate(rule.bounds):
            levels[bound.level].append(self._bound(kind, bound, rule.bounds[:at]))
        levels[rule.otherwise].append(self._otherwise(kind, rule))
        return RuleWords(kind, label("clause", kind, self.language), levels, rule.wording_zh, rule.wording_en, built_in)

    def _bound(self, kind: str, bound: Bound, above: list[Bound]) -> str:
        """With what the bounds above it leave: "more than 30 days up to 60 days"."""
        if bound.least is not None and bound.most is not None:
            return self._(N_("from %(least)s to %(most)s"), **self._both(kind, bound.least, bound.most))
        mosts = [Decimal(one.most) for one in above if one.most is not None and one.least is None]
        leasts = [Decimal(one.least) for one in above if one.least is not None and one.most is None]
        if bound.most is not None:
            if mosts and max(mosts) < Decimal(bound.most):
                return self._(N_("more than %(least)s up to %(most)s"), **self._both(kind, str(max(mosts)), bound.most))
            return self._(N_("up to %(most)s"), most=self.size(kind, Decimal(bound.most)))
        least = bound.least or "0"
        if leasts and min(leasts) > Decimal(least):
            return self._(N_("from %(least)s to less than %(most)s"), **self._both(kind, least, str(min(leasts))))
        return self._(N_("%(least)s or more"), least=self.size(kind, Decimal(least)))

    def _both(self, kind: str, least: str, most: str) -> dict[str, str]:
        return {"least": self.size(kind, Decimal(least)), "most": self.size(kind, Decimal(most))}

    def _otherwise(self, kind: str, rule: ClauseRule) -> str:
        """What is left: by the bounds where they all go one way, else in general."""
        if not rule.values and not rule.bounds:
            return self._(N_("always"))
        only_most = [Decimal(one.most) for one in rule.bounds if one.most is not None and one.least is None]
        only_least = [Decimal(one.least) for one in rule.bounds if one.least is not None and one.most is None]
        if rule.bounds and len(only_most) == len(rule.bounds):
            return self._(N_("more than %(most)s"), most=self.size(kind, max(only_most)))
        if rule.bounds and len(only_least) == len(rule.bounds):
            return self._(N_("less than %(least)s"), least=self.size(kind, min(only_least)))
        if kind in LABELS["clause_otherwise"]:
            return label("clause_otherwise", kind, self.language)
        return self._(N_("anything else"))
