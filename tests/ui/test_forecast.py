"""The forecast by month, and what "this quarter" means."""

from __future__ import annotations

from datetime import date

from db.board import MonthSum
from ui.forecast import forecast
from ui.selection import Selection, period
from ui.stage import StageView

NEEDS = StageView("needs", "Needs", "open", "blue", 0.25)
PROPOSAL = StageView("proposal", "Proposal", "open", "violet", 0.5)
TODAY = date(2026, 11, 22)


def test_months_come_in_order_what_is_over_as_one_and_what_has_no_date_last() -> None:
    december, november = date(2026, 12, 1), date(2026, 11, 1)
    sums = [
        MonthSum(None, "needs", 1, 400),
        MonthSum(december, "proposal", 2, 1000),
        MonthSum(december, "needs", 1, 200),
        MonthSum(date(2026, 10, 1), "needs", 1, 100),
        MonthSum(date(2025, 1, 1), "needs", 3, 300),
        MonthSum(november, "proposal", 1, 10),
        MonthSum(november, "won", 9, 9999),
    ]
    months = forecast(sums, [NEEDS, PROPOSAL], TODAY)
    assert [(m.bucket, m.month, m.deals, m.sum, m.weighted) for m in months] == [
        ("late", None, 4, 400, 100),
        ("month", november, 1, 10, 5),
        ("month", december, 3, 1200, 550),
        ("none", None, 1, 400, 100),
    ]
    assert [part.value for part in months[2].parts] == [50, 500]


def test_a_period_ends_with_its_last_day() -> None:
    assert period("month", date(2028, 2, 3)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert period("quarter", TODAY) == (date(2026, 10, 1), date(2026, 12, 31))


def test_an_address_says_only_what_differs_and_begins_anew() -> None:
    looking = Selection(owner="me", view="table", after="01a20246-4645-74cf-b482-dba0039c4d01")
    assert looking.but(closes="month") == "/deals?view=table&owner=me&closes=month"
    assert looking.but(view="", owner="") == "/deals"
    assert looking.sorted_by("amount") == {
        "sort": "/deals?view=table&owner=me&sort=amount&down=true", "direction": "",
    }  # fmt: skip
    assert Selection(sort="amount", down=True).sorted_by("amount")["sort"] == "/deals?sort=amount"
