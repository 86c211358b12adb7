"""How long a signed contract runs: its end, the last day to give notice, its warranty, and what is done when.

Days are those of the company's zone. Whatever was due while nobody could act is done afterwards, each once, in order.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

from domain.clause.period import Period
from domain.document import Duration, Strict
from domain.order_plan import days_of
from domain.payment_plan import day_begins, day_ends
from domain.refusal import invalid

Decision = Literal["renew", "go_on", "end"]
"""A new deal is begun from it; it goes on by itself, as it says; it ends."""
What = Literal["notice_soon", "warranty_soon", "decide", "over"]
CLAUSES = ("renewal_notice", "auto_renewal", "warranty_period")
"""The findings that say something about a contract's days, beside its period."""
MOST_LEADS = 5


class TermRules(Strict):
    """`notice` and `warranty`: how long before those days owner and manager are reminded.

    `without_notice`: how long before its end a contract that asks for no notice is decided about. `soon`: how far
    ahead the list of contracts that end looks. `confirm`: how long the owner has to confirm what was read.
    """

    notice: Annotated[tuple[Duration, ...], Field(max_length=MOST_LEADS)] = (timedelta(days=30), timedelta(days=7))
    warranty: Annotated[tuple[Duration, ...], Field(max_length=MOST_LEADS)] = (timedelta(days=30),)
    without_notice: Duration = timedelta(days=30)
    soon: Duration = timedelta(days=90)
    confirm: Duration = timedelta(days=3)


class Terms(BaseModel):
    """`notice_days`: notice must be given so many days before the end. `renews_months`: without notice it goes on by
    itself for as long; none or 0: it does not. Every day is the last one that counts.
    """

    starts_on: date | None = None
    ends_on: date | None = None
    notice_days: Annotated[int, Field(ge=0, le=3_660)] | None = None
    renews_months: Annotated[int, Field(ge=0, le=600)] | None = None
    warranty_until: date | None = None

    @property
    def notice_until(self) -> date | None:
        """The last day on which notice can be given."""
        if self.ends_on is None or not self.notice_days:
            return None
        return self.ends_on - timedelta(days=self.notice_days)

    def gone_on(self) -> Terms:
        """After another period of its own accord."""
        assert self.ends_on is not None  # noqa: S101 - only what ends goes on
        return self.model_copy(update={"ends_on": months_after(self.ends_on, self.renews_months or 0)})


class Due(NamedTuple):
    """Something to be done at an instant because of a day."""

    at: datetime
    what: What
    on: date

    @property
    def key(self) -> str:
        return f"{self.what}/{self.on.isoformat()}/{self.at.isoformat()}"


def decided_at(terms: Terms, rules: TermRules, zone: str) -> datetime | None:
    """When somebody must decide: as the last day to give notice begins; without one, some time before the end, but not
    in the first half of its life."""
    if terms.ends_on is None:
        return None
    if terms.notice_until:
        return day_begins(terms.notice_until, zone)
    before = day_ends(terms.ends_on, zone) - rules.without_notice
    if terms.starts_on is None:
        return before
    return max(before, day_begins(terms.starts_on + (terms.ends_on - terms.starts_on) / 2, zone))


def agenda(terms: Terms, rules: TermRules, zone: str, *, decided: bool, confirmed: bool) -> list[Due]:
    """All there is to do, in order. Once it is decided nobody is reminded to decide; nothing ends on a day that was
    only read from the document."""
    found: list[Due] = []
    decide = decided_at(terms, rules, zone)
    if terms.ends_on is not None and decide is not None:
        on = terms.notice_until or terms.ends_on
        if not decided:
            found += [Due(decide - lead, "notice_soon", on) for lead in rules.notice]
            found.append(Due(decide, "decide", on))
        if confirmed:
            found.append(Due(day_ends(terms.ends_on, zone), "over", terms.ends_on))
    if terms.warranty_until is not None:
        begins = day_begins(terms.warranty_until, zone)
        found += [Due(begins - lead, "warranty_soon", terms.warranty_until) for lead in rules.warranty]
    return sorted(found)


def passed_over(due: Sequence[Due], now: datetime, zone: str) -> list[str]:
    """Of the reminders that were due before anybody knew of their days, the keys of those that are not given any more:
    all but the last one before a day that is still to come. What must be decided, and the end, are never passed over.
    """
    late = [one for one in due if one.at <= now and one.what in ("notice_soon", "warranty_soon")]
    newest = {one.what: one.key for one in late if now < day_ends(one.on, zone)}
    return [one.key for one in late if newest.get(one.what) != one.key]


def proposed(period: str, found: Mapping[str, str], signed_on: date) -> Terms:
    """What a check found, as the values it writes: `2026-01-01/2026-12-31` or `12m`, `30d`, `same`."""
    says = Period.of(period) if period else Period()
    starts = says.starts_on or signed_on
    ends = says.ends_on or last_day(starts, says.length)
    renewal = found.get("auto_renewal", "")
    length = _months(says.length) or (_months_between(starts, ends) if ends else None)
    return Terms(
        starts_on=starts,
        ends_on=ends if ends and ends >= starts else None,
        notice_days=days_of(found.get("renewal_notice", "")),
        renews_months=length if renewal == "same" else _months(renewal),
        warranty_until=last_day(starts, found.get("warranty_period", "")),
    )


def check_terms(terms: Terms) -> None:
    """Raises Refused (422) with the field."""
    if terms.starts_on and terms.ends_on and terms.ends_on < terms.starts_on:
        raise invalid("contract_ends_early", "ends_on")
    for name in ("starts_on", "ends_on", "warranty_until"):
        day = getattr(terms, name)
        if day and not 2000 <= day.year <= 2200:
            raise invalid("date_out_of_reach", name)
    if (terms.notice_days or terms.renews_months) and terms.ends_on is None:
        raise invalid("field_needed", "ends_on")


def last_day(first: date, length: str) -> date | None:
    """The last day of `12m` or `90d` that begin on `first`."""
    months, days = _months(length), days_of(length)
    if months:
        return months_after(first, months) - timedelta(days=1)
    return first + timedelta(days=days - 1) if days else None


def months_after(day: date, months: int) -> date:
    """The same day so many months on, or the month's last where it has no such day; the last day stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    longest = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, longest if is_last else min(day.day, longest))


def _months_between(first: date, last: date) -> int | None:
    """Whole months from the first day to the last, both of them in."""
    after = last + timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    return months if months > 0 and months_after(first, months) == after else None


def _months(value: str) -> int | None:
    return int(value[:-1]) if value.endswith("m") and value[:-1].isdigit() else None
