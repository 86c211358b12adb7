"""Money, days and durations as an office writes them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from locales.formats import Formats
from ui.formats import hue, initials
from ui.sla import ring

EN = Formats("en", "Asia/Shanghai")
ZH = Formats("zh_CN", "Asia/Shanghai")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # in Shanghai


@pytest.mark.parametrize(
    ("minor", "currency", "en", "zh"),
    [
        (128_400_000, None, "¥1,284,000", "¥1,284,000"),
        (5_000_001, "CNY", "¥50,000.01", "¥50,000.01"),
        (5_000_010, "CNY", "¥50,000.10", "¥50,000.10"),
        (-660, None, "−¥6.60", "−¥6.60"),
        (0, None, "¥0", "¥0"),
        (120_000, "USD", "USD 1,200", "USD 1,200"),
        (500, "JPY", "JPY 500", "JPY 500"),
    ],
)
def test_money_shows_cents_only_where_there_are_any(minor: int, currency: str | None, en: str, zh: str) -> None:
    assert EN.money(minor, currency) == en
    assert ZH.money(minor, currency) == zh


def test_sums_are_short_in_the_way_of_each_language() -> None:
    assert (EN.sum(200_000_000), ZH.sum(200_000_000)) == ("¥2M", "¥200万")
    assert (EN.sum(1_853_000_000), ZH.sum(1_853_000_000)) == ("¥18.53M", "¥1853万")


def test_another_companys_currency_is_written_by_its_sign() -> None:
    assert Formats("en", "UTC", "USD").money(120_000) == "$1,200"
    assert Formats("zh_CN", "UTC", "USD").money(120_000) == "$1,200"
    assert Formats("en", "UTC", "CHF").money(120_000) == "CHF 1,200"


@pytest.mark.parametrize(
    ("length", "en", "zh"),
    [
        (timedelta(seconds=45), "45 s", "45 秒"),
        (timedelta(minutes=38, seconds=59), "38 min", "38 分钟"),
        (timedelta(minutes=102), "1 h 42 min", "1 小时 42 分"),
        (timedelta(hours=8), "8 h", "8 小时"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h", "2 天 4 小时"),
        (timedelta(days=12, hours=4), "12 d", "12 天"),
    ],
)
def test_a_duration_has_at_most_two_units(length: timedelta, en: str, zh: str) -> None:
    assert EN.span(length) == en
    assert ZH.span(length) == zh


def test_a_deadline_says_how_much_is_left_or_how_long_it_is_past() -> None:
    assert EN.left(NOON + timedelta(minutes=102), NOON) == "1 h 42 min"
    assert ZH.left(NOON - timedelta(minutes=38), NOON) == "超时 38 分钟"


@pytest.mark.parametrize(
    ("past", "en"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=50), "3 h ago"),
        (timedelta(days=2, hours=7), "2 d ago"),
        (timedelta(hours=-3), "in 3 h"),
    ],
)
def test_what_happened_is_told_by_how_long_ago(past: timedelta, en: str) -> None:
    assert EN.ago(NOON - past, NOON) == en


def test_a_day_is_the_readers_and_has_its_year_only_where_that_might_be_in_doubt() -> None:
    today = date(2026, 11, 22)
    late = datetime(2026, 12, 17, 20, 0, tzinfo=UTC)  # already the 18th in Shanghai
    assert (EN.day(late, today), ZH.day(late, today)) == ("Dec 18", "12月18日")
    assert EN.day(date(2027, 1, 15), today) == "Jan 15"
    assert EN.day(date(2028, 1, 15), today) == "Jan 15, 2028"


@pytest.mark.parametrize(("used", "state"), [(0.2, "calm"), (0.6, "warn"), (0.85, "bad"), (1.0, "over"), (3.0, "over")])
def test_the_ring_turns_amber_and_red_at_the_policys_shares(used: float, state: str) -> None:
    start, whole = NOON, timedelta(hours=10)
    seen = ring(start + whole, start, now=start + whole * used)
    assert seen.state == state
    assert seen.used == pytest.approx(min(used, 1.0))


def test_a_paused_clock_is_grey_however_late() -> None:
    assert ring(NOON, NOON - timedelta(hours=1), paused=True, now=NOON).state == "paused"


def test_initials_tell_people_apart_in_both_scripts() -> None:
    assert [initials(name) for name in ("Li Wei", "Zhao", "李伟", "", " ")] == ["LW", "Z", "伟", "?", "?"]


def test_a_colour_stays_with_its_record() -> None:
    assert hue("c-1") == hue("c-1")
    assert {hue(f"c-{number}") for number in range(64)} == set(range(8))
