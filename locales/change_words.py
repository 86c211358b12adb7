"""What differs between two versions of a contract, in a few lines for a notice, a timeline or the head of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from locales import N_, translate
from locales.formats import Formats
from locales.labels import LABELS, label

MOST_FINDINGS = 3
"""Of changed findings that a few lines name."""

_DAYS = ("payment_term", "termination_notice", "renewal_notice")
_MONTHS = ("warranty_period", "confidentiality_term", "auto_renewal")
_SHARES = ("prepayment", "penalty_cap", "fixed_penalty")
_RATES = ("late_payment_rate", "delay_penalty_rate")


class ChangeWords:
    """For one reader. `diff` is everywhere the JSON of a domain.contract_version.VersionDiff."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.words = translate(language)
        self.formats = Formats(language, "UTC", currency or "CNY")

    def _(self, message: str, **params: object) -> str:
        text = self.words.gettext(message)
        return text % params if params else text

    def lines(self, diff: Mapping[str, Any]) -> list[str]:
        """The most telling first: amount, findings by their risk, clauses; what is not known is said."""
        said = [self.amount(diff)] if diff["amount_old"] != diff["amount_new"] else []
        findings = sorted(diff["findings"] or (), key=_risk)
        said += [self.finding(one) for one in findings[:MOST_FINDINGS]]
        if more := max(0, len(findings) - MOST_FINDINGS):
            said.append(self.words.ngettext("%(num)d more finding", "%(num)d more findings", more) % {"num": more})
        return said + self.document(diff)

    def document(self, diff: Mapping[str, Any]) -> list[str]:
        if diff["state"] == "unread":
            return [self._(N_("The documents cannot be compared: one of them is no text."))]
        if diff["state"] == "replaced":
            return [self._(N_("Only one of the versions has a document."))]
        if diff["state"] == "same":
            return [self._(N_("The document is the same."))]
        return [self.clauses(diff["clauses"])]

    def amount(self, diff: Mapping[str, Any]) -> str:
        pair = [self.formats.money(diff[name]) for name in ("amount_old", "amount_new")]
        return self._(N_("Amount %(old)s → %(new)s"), old=pair[0], new=pair[1])

    def clauses(self, counts: Mapping[str, int]) -> str:
        words = self.words
        said = [
            text % {"num": counts[name]}
            for name, text in (
                ("changed", words.ngettext("%(num)d clause changed", "%(num)d clauses changed", counts["changed"])),
                ("added", words.ngettext("%(num)d clause added", "%(num)d clauses added", counts["added"])),
                ("removed", words.ngettext("%(num)d clause removed", "%(num)d clauses removed", counts["removed"])),
                ("reworded", words.ngettext("%(num)d clause reworded", "%(num)d clauses reworded", counts["reworded"])),
                ("moved", words.ngettext("%(num)d clause moved", "%(num)d clauses moved", counts["moved"])),
            )
            if counts[name]
        ]
        return self._(N_(", ")).join(said) or self._(N_("No clause changed."))

    def finding(self, change: Mapping[str, Any]) -> str:
        kind = label("clause", change["kind"], self.language)
        old, new = (self._valued(change, which) for which in ("old", "new"))
        if old and new:
            return self._(N_("%(kind)s: %(old)s → %(new)s"), kind=kind, old=old, new=new)
        if new:
            return self._(N_("New – %(kind)s: %(new)s"), kind=kind, new=new)
        return self._(N_("Gone – %(kind)s: %(old)s"), kind=kind, old=old)

    def _valued(self, change: Mapping[str, Any], which: str) -> str:
        if change[which] is None:
            return ""
        value = self.value(change["kind"], change[which])
        return self._(
            N_("%(value)s (%(risk)s)"), value=value, risk=label("risk", change[f"{which}_level"], self.language)
        )

    def value(self, kind: str, value: str) -> str:
        """A finding's value with its unit; what has none stands as it was found."""
        known = LABELS.get("clause_value", {})
        for name in (f"{kind}.{value}", value):
            if name in known:
                return label("clause_value", name, self.language)
        if kind == "liability_cap" and (times := re.fullmatch(r"([\d.]+)x?", value)):
            return self._(N_("%(size)s times the price"), size=f"{Decimal(times[1]).normalize():f}")
        if match := re.fullmatch(r"([\d.]+)(d|bd|m)?", value):
            unit = match[2] or ("d" if kind in _DAYS else "m" if kind in _MONTHS else "")
            number = match[1]
            if kind in _SHARES + _RATES and not match[2]:
                share = f"{(Decimal(number) * 100).normalize():f}"
                return self._(N_("%(size)s%% a day"), size=share) if kind in _RATES else f"{share}%"
            texts = {"d": N_("%(size)s days"), "bd": N_("%(size)s working days"), "m": N_("%(size)s months")}
            return self._(texts[unit], size=number) if unit else number
        if rate := re.fullmatch(r"([\d.]+)/day", value):
            return self._(N_("%(size)s%% a day"), size=f"{(Decimal(rate[1]) * 100).normalize():f}")
        return value


def _risk(change: Mapping[str, Any]) -> int:
    order: Sequence[str] = ("high", "medium", "low", "ok")
    levels = [change[name] for name in ("new_level", "old_level") if change.get(name)]
    return min((order.index(level) for level in levels if level in order), default=len(order))


def change_text(diff: Mapping[str, Any], currency: str, language: str) -> str:
    """The lines in one sentence."""
    words = ChangeWords(language, currency)
    return words._(N_("; ")).join(line.rstrip(".。") for line in words.lines(diff))
