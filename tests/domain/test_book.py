"""When a customer goes back: laws that hold for every course, and days that an office knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import after, due
from domain.calendar import Calendar
from domain.customer_pool import DEFAULT, TIERS, Course, PoolPolicy, Tier
from domain.policy import load
from domain.refusal import Refused
from domain.working_time import WorkingTime

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = st.integers(0, 400 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
TIER: st.SearchStrategy[Tier] = st.sampled_from(TIERS)
OFFICE = WorkingTime(
    Calendar.model_validate_json(
        '{"zone": "Asia/Shanghai", "week": {"mon": [{"start": "09:00", "end": "18:00"}],'
        '"tue": [{"start": "09:00", "end": "18:00"}], "wed": [{"start": "09:00", "end": "18:00"}],'
        '"thu": [{"start": "09:00", "end": "18:00"}], "fri": [{"start": "09:00", "end": "18:00"}]},'
        '"holidays": [{"on": "2026-10-01"}, {"on": "2026-10-02"}, {"on": "2026-10-05"}, {"on": "2026-10-06"},'
        '{"on": "2026-10-07"}], "exceptions": [{"on": "2026-10-10", "like": "mon"}]}'
    )
)
POLICY = load(PoolPolicy, DEFAULT)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    since = draw(INSTANT)
    later = st.none() | INSTANT
    return Course(draw(TIER), since, draw(later), draw(later), draw(later))


@given(courses(), st.sampled_from([None, OFFICE]))
def test_it_never_goes_back_before_its_limit_or_while_it_is_kept(course: Course, clock: WorkingTime | None) -> None:
    found = due(POLICY, clock, course)
    assert found is not None
    least = min(one for one in (POLICY.tiers[course.tier].no_follow_up, POLICY.tiers[course.tier].no_deal) if one)
    assert found.at >= course.since + least
    assert course.kept_until is None or found.at >= course.kept_until
    assert course.since <= found.warn_at <= found.at


@given(courses(), INSTANT, st.sampled_from([None, OFFICE]))
def test_a_follow_up_never_brings_it_nearer(course: Course, at: datetime, clock: WorkingTime | None) -> None:
    before = due(POLICY, clock, course)
    now = due(POLICY, clock, course._replace(followed_at=max(at, course.followed_at or at)))
    assert before is not None
    assert now is not None
    assert now.at >= before.at


@given(courses())
def test_a_tier_tended_less_often_stays_longer(course: Course) -> None:
    dates = [due(POLICY, None, course._replace(tier=tier)) for tier in TIERS]
    found = [one.at for one in dates if one]
    assert found == sorted(found, reverse=True)


@given(INSTANT, st.integers(1, 60))
def test_working_days_are_never_fewer_than_plain_ones(start: datetime, days: int) -> None:
    plain, worked = after(None, start, timedelta(days=days)), after(OFFICE, start, timedelta(days=days))
    assert worked >= plain
    assert OFFICE.calendar.hours(worked.astimezone(OFFICE.zone).date())


def test_ten_working_days_over_the_national_holiday() -> None:
    given_on = datetime(2026, 9, 28, 10, 30, tzinfo=OFFICE.zone)  # Monday
    found = after(OFFICE, given_on, timedelta(days=10))
    # 29, 30 September; 8, 9, 10 (a make-up Saturday), 12, 13, 14, 15, 16 October
    assert found.astimezone(OFFICE.zone) == datetime(2026, 10, 16, 10, 30, tzinfo=OFFICE.zone)


def test_seconds_run_through_holidays() -> None:
    start = datetime(2026, 10, 1, 10, 0, tzinfo=UTC)
    assert after(OFFICE, start, timedelta(seconds=40)) == start + timedelta(seconds=40)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"tiers": {"A": {"no_follow_up": "P3D"}}}, "tier_missing"),
        ({"pools": [{"key": "a", "name": {"zh": "甲", "en": "A"}, "back_to": "b"}]}, "pool_unknown"),
        ({"pools": [{"key": "a", "name": {"zh": "甲", "en": "A"}}] * 2}, "pool_twice"),
    ],
)
def test_a_policy_that_leads_nowhere_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        load(PoolPolicy, {**DEFAULT, **changed})
    assert code in [one["code"] for one in refused.value.params["problems"]]


def test_the_widest_role_counts_and_a_persons_own_quota_goes_before() -> None:
    policy = load(PoolPolicy, {**DEFAULT, "people": {"p": {"daily": 1, "total": 2}}})
    assert policy.quota("q", ["sales", "senior_sales"]).total == 800
    assert policy.quota("q", ["sales", "sales_director"]).total is None
    assert policy.quota("p", ["sales"]).total == 2
