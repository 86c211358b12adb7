"""Values and levels of clauses read as an office would say them, in both languages."""

from __future__ import annotations

import pytest

from domain.clause.standard import KINDS, ClauseRule, built_in
from locales.formats import Formats
from ui.clause_words import ClauseWords


def words(language: str = "en") -> ClauseWords:
    return ClauseWords(language, Formats(language, "Asia/Shanghai", "CNY"))


@pytest.mark.parametrize(
    ("kind", "value", "english", "chinese"),
    [
        ("payment_term", "20bd", "20 working days", "20 个工作日"),
        ("prepayment", "0.30", "30%", "30%"),
        ("late_payment_rate", "0.0005/day", "0.05% a day", "每日 0.05%"),
        ("late_payment_rate", "1.50x base", "1.5 times the published rate", "公布利率的1.5倍"),
        ("late_payment_rate", "base+0.04/year", "the published rate plus 4% a year", "公布利率加每年4%"),
        ("liability_cap", "1.00x", "1 times the price", "合同价的 1 倍"),
        ("liability_cap", "fees_12m", "the fees of 12 months", "12个月的费用"),
        ("liability_cap", "CNY 2000000.00", "CNY 2,000,000", "CNY 2,000,000"),
        ("penalty_cap", "absent", "missing", "缺失"),
        ("governing_law", "IN", "law of India", "印度法律"),
        ("dispute", "arb/ICC", "arbitration: ICC", "仲裁：ICC"),
        ("dispute", "court/杭州", "court in 杭州", "杭州法院"),
        ("conflict", "payment_term", "payment_term", "payment_term"),
    ],
)
def test_a_value_is_said_in_words(kind: str, value: str, english: str, chinese: str) -> None:
    assert words().value(kind, value) == english
    assert words("zh_CN").value(kind, value) == chinese


def test_levels_say_what_is_left_by_those_above() -> None:
    told = {rule.kind: rule.levels for rule in words().rules(built_in())}
    assert set(told) == set(KINDS)
    assert told["payment_term"] == {
        "ok": ["up to 30 days"], "low": [], "medium": ["more than 30 days up to 60 days"],
        "high": ["more than 60 days"],
    }  # fmt: skip
    assert told["termination_notice"]["medium"] == ["from 15 days to less than 30 days"]
    assert told["late_payment_rate"]["ok"] == ["from 0.03% a day to 0.1% a day"]
    assert told["hidden_text"]["high"] == ["always"]
    assert words().rule("prepayment", ClauseRule(otherwise="low")).levels["low"] == ["always"]
