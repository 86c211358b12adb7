"""Money, dates and durations as a reader of one language, zone and company writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from string import ascii_letters
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)

from locales import N_, translate

HALF_A_YEAR = timedelta(days=182)
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Formats:
    """`currency` is the company's: it is shown by its sign, any other by its ISO code."""

    language: str
    zone: str
    currency: str = "CNY"

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _(self, message: str) -> str:
        return translate(self.language).gettext(message)

    def money(self, minor: int, currency: str | None = None) -> str:
        """¥1,284,000; cents are shown where there are any. `minor` is in the currency's smallest unit."""
        amount = self._major(abs(minor), currency)
        pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0." + "0" * self._digits(currency)
        return self._signed(minor, currency, _decimal(amount, pattern, self.language))

    def sum(self, minor: int, currency: str | None = None) -> str:
        """For sums one reads at a glance: ¥2M, ¥200万."""
        amount = self._major(abs(minor), currency)
        return self._signed(minor, currency, format_compact_decimal(amount, locale=self._locale, fraction_digits=2))

    def _digits(self, currency: str | None) -> int:
        return get_currency_precision(currency or self.currency)

    def _major(self, minor: int, currency: str | None) -> Decimal:
        return Decimal(minor).scaleb(-self._digits(currency))

    def _signed(self, minor: int, currency: str | None, number: str) -> str:
        sign = MINUS if minor < 0 else ""
        if currency in (None, self.currency):
            # Babel writes CN¥ or US$ where the country might be in doubt; in one's own company it is not.
            symbol = _symbol(self.currency, self.language)
            if symbol:
                return f"{sign}{symbol}{number}"
        return f"{sign}{currency or self.currency} {number}"

    def number(self, value: int | Decimal) -> str:
        return str(format_decimal(value, locale=self._locale))

    def percent(self, share: float | Decimal) -> str:
        """0.314 -> 31.4%."""
        return str(format_percent(share, "#,##0.#%", locale=self._locale))

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self._zone)

    def size(self, count: int) -> str:
        """Of a file of so many bytes: 820 KB, 1.4 MB."""
        kilo = max(count / 1024, 1)
        if kilo < 1024:
            return f"{self.number(round(kilo))} KB"
        return f"{self.number(Decimal(round(kilo / 1024 * 10)) / 10)} MB"

    def day(self, when: date | datetime, today: date | None = None) -> str:
        """Dec 18; with its year where that might be in doubt. An instant is a day in the reader's zone."""
        on = self.local(when).date() if isinstance(when, datetime) else when
        today = today or datetime.now(self._zone).date()
        if on.year == today.year or abs(on - today) < HALF_A_YEAR:
            return _skeleton("MMMd", on, self.language)
        return _date("medium", on, self.language)

    def month(self, when: date) -> str:
        """Dec 2026, 2026年12月."""
        return _skeleton("yMMM", when.replace(day=1), self.language)

    def time(self, instant: datetime) -> str:
        return self.local(instant).strftime("%H:%M")

    def exact(self, instant: datetime, *, seconds: bool = False) -> str:
        """Day, time and zone, for a title: Nov 22, 2026, 17:12 (Asia/Shanghai); to the second where that matters."""
        on = _date("medium", self.local(instant).date(), self.language)
        time = self.local(instant).strftime("%H:%M:%S") if seconds else self.time(instant)
        return f"{on} {time} ({self.zone})"

    def long_date(self, when: date | datetime) -> str:
        """With its weekday, for headings and documents."""
        on = self.local(when) if isinstance(when, datetime) else when
        return str(format_date(on, "full", locale=self._locale))

    def span(self, length: timedelta) -> str:
        """How long, in at most two units: 45 s, 38 min, 1 h 42 min, 2 d 4 h, 12 d."""
        minutes, seconds = divmod(int(abs(length).total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        parts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        return self._(_span_pattern(days, hours, minutes)) % parts

    def left(self, due: datetime, now: datetime | None = None) -> str:
        """Time to a deadline, or past it: 1 h 42 min, Overdue 38 min."""
        length = due - (now or datetime.now(UTC))
        if length < timedelta(0):
            return self._("Overdue %(time)s") % {"time": self.span(length)}
        return self.span(length)

    def ago(self, instant: datetime, now: datetime | None = None) -> str:
        """just now, 5 min ago, in 3 h; a day from a week on."""
        past = (now or datetime.now(UTC)) - instant
        if abs(past) < timedelta(minutes=1):
            return self._("just now")
        if abs(past) >= timedelta(days=7):
            return self.day(instant)
        whole = self.span(self._coarse(past))
        return (self._("in %(time)s") if past < timedelta(0) else self._("%(time)s ago")) % {"time": whole}

    @staticmethod
    def _coarse(length: timedelta) -> timedelta:
        """To the unit one would say: hours without their minutes, days without their hours."""
        unit = timedelta(days=1) if abs(length) >= timedelta(days=1) else timedelta(hours=1)
        return abs(length) // unit * unit if abs(length) >= timedelta(hours=1) else abs(length)


# A page writes the same days and amounts again and again, and Babel takes each pattern apart anew: these remember.


@lru_cache(maxsize=10_000)
def _decimal(amount: Decimal, pattern: str, language: str) -> str:
    return str(format_decimal(amount, pattern, locale=language))


@lru_cache(maxsize=1_000)
def _symbol(currency: str, language: str) -> str:
    return get_currency_symbol(currency, locale=language).lstrip(ascii_letters)


@lru_cache(maxsize=2_000)
def _skeleton(skeleton: str, on: date, language: str) -> str:
    return str(format_skeleton(skeleton, on, locale=language))


@lru_cache(maxsize=2_000)
def _date(form: Literal["medium"], on: date, language: str) -> str:
    return str(format_date(on, form, locale=language))


def _span_pattern(days: int, hours: int, minutes: int) -> str:
    if days >= 10 or (days and not hours):
        return N_("%(days)d d")
    if days:
        return N_("%(days)d d %(hours)d h")
    if hours:
        return N_("%(hours)d h %(minutes)d min") if minutes else N_("%(hours)d h")
    return N_("%(minutes)d min") if minutes else N_("%(seconds)d s")
