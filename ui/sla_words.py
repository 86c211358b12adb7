"""Service levels in the words of an office: what a row promises, when it warns, what each step of the ladder does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.policy import canonical
from domain.sla import CLOCKS, Promise, Rung, Warn
from locales import N_, translate
from locales.formats import Formats
from locales.labels import label

PROMISE = TypeAdapter(Promise)


@dataclass(frozen=True)
class SlaWords:
    """For one reader; `span` says a length in the working hours of a calendar."""

    language: str
    formats: Formats
    span: Callable[[timedelta, str | None], str]

    def _(self, message: str, **parameters: object) -> str:
        return translate(self.language).gettext(message) % parameters

    def promise(self, promise: Promise) -> list[tuple[str, str]]:
        """Each clock that runs, and its time."""
        return [
            (label("clock", clock, self.language), self.span(target, promise.calendar))
            for clock in CLOCKS
            if (target := promise.target(clock))
        ]

    def lines(self, then: Mapping[str, Any]) -> list[dict[str, str]]:
        """As the sheet of a policy shows what a row gives; nothing where it cannot be read."""
        try:
            promise = PROMISE.validate_json(canonical(then))
        except (ValidationError, ValueError):
            return []
        return [{"state": "plain", "role": name, "note": "", "end": time} for name, time in self.promise(promise)]

    def warn(self, warn: Warn) -> str:
        """ "at 60 % of the time", "2 h before it is up"."""
        if warn.before is not None:
            return self._(N_("%(time)s before it is up"), time=self.formats.span(warn.before))
        return self._(N_("at %(share)s of the time"), share=self.formats.percent((warn.share or 0) / 100))

    def rung(self, rung: Rung) -> tuple[str, str]:
        """When, and what: "2 h after", "a task to the support lead"."""
        when = self._(N_("%(time)s after"), time=self.formats.span(rung.after)) if rung.after else self._(N_("at once"))
        act, whom = label("ladder_act", rung.act, self.language), label("ladder_whom", rung.who, self.language)
        return when, self._(N_("%(what)s %(whom)s"), what=act, whom=whom)
