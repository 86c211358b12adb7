"""What may be done with a ticket when, what is only thanks, and how a macro's gaps are filled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.macro import filled, unknown
from domain.policy import KINDS, validate
from domain.refusal import Refused
from domain.ticket import ALLOWED, ENDED, OPEN, STAGES, ServicePolicy, may, may_come_back
from domain.ticket_thanks import own_words, says_more

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢！", "非常感谢，问题已经解决了。", "好的，收到", "辛苦了", "Thanks!", "Thank you so much for your help!",
        "Great, it works now. Thanks again!\n\nBest regards,\nJohn Smith\n+44 20 7946 0018", "thx 👍", "👍", "OK",
        "谢谢\n\n> 请按住复位键 10 秒", "Thanks!\n\nOn Mon, 23 Nov 2026 at 10:00 Gao Fei wrote:\n> did it help?",
    ],
)  # fmt: skip
def test_thanks_do_not_open_a_ticket_again(text: str) -> None:
    assert not says_more(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢，但是还是不行", "谢谢你们，还没解决", "好的，那明天再来看一下", "不好", "没有解决", 
        "谢谢，另外发票什么时候寄出？",
        "Thank you, but it still fails", "not solved", "Thank you for nothing", "Thanks. When will the invoice come?",
        "Thanks, see order 4711", "It works now but the other one does not",
    ],
)  # fmt: skip
def test_whoever_says_more_than_thanks_opens_it(text: str) -> None:
    assert says_more(text)


def test_what_they_quote_is_not_what_they_say() -> None:
    assert own_words("还是不行\n\n在 2026年11月26日，高飞 写道：\n> 请重启") == "还是不行"
    assert own_words("Still broken\n\n-----Original Message-----\nFrom: us") == "Still broken"


def test_nothing_is_done_with_what_has_ended_but_opening_it_again() -> None:
    assert {act for act in ALLOWED if any(may(act, stage) for stage in ENDED)} == {"reopen"}
    assert not may("reopen", "merged")
    assert all(stage in STAGES for stages in ALLOWED.values() for stage in stages)
    assert all(may("reply", stage) for stage in OPEN)


def test_a_closed_ticket_comes_back_within_the_policys_days_to_the_second() -> None:
    policy = ServicePolicy(engine=1, reopens=timedelta(days=14))
    assert may_come_back(NOW, policy, NOW + timedelta(days=14))
    assert not may_come_back(NOW, policy, NOW + timedelta(days=14, seconds=1))
    assert not may_come_back(None, policy, NOW)


def test_a_macro_fills_its_gaps_and_reads_nothing_of_them_as_a_gap_again() -> None:
    words = filled(
        "{{ contact }}，您好：{{number}} {{ agent }}", {"contact": "{{ agent }}", "number": "T-1", "agent": "高飞"}
    )
    assert words == "{{ agent }}，您好：T-1 高飞"
    assert filled("Hello {{ contact }}!", {}) == "Hello !"
    assert unknown("{{ contact }} {{ salary }}") == ["salary"]


def test_a_macro_that_names_what_there_is_not_is_not_published() -> None:
    bad = {"engine": 1, "macros": {"x": {"name": {"zh": "x", "en": "x"}, "zh": "{{ salary }}"}}}
    with pytest.raises(Refused, match="policy_invalid") as refused:
        validate("macro", bad)
    assert refused.value.params["problems"][0]["code"] == "macro_names_unknown"
    validate("macro", KINDS["macro"].default)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Thank you, it works now!\n\nAnn", "Ann Lee"), ("Thanks!\nAnn Lee", "Ann Lee"),
        ("谢谢，已经好了\n\n林芳", "林芳"), ("谢谢！\n林芳\n\n在 2026年11月26日，服务台写道：\n> 您好", "林芳 女士"),
    ],
)  # fmt: skip
def test_thanks_signed_with_ones_own_name_are_thanks(text: str, name: str) -> None:
    assert not says_more(text, name)
    assert says_more(text, "Bo Huang")
    assert says_more(text.replace("\n", "\nbut the lamp is red\n", 1), name)
    assert says_more(name.partition(" ")[0], name)  # a name alone is no thanks
