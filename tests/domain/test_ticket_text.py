"""A ticket's words: what is read of them, how they sound, and what the rules make of them."""

from __future__ import annotations

import pytest

from domain.sentiment import sentiment
from domain.ticket_text import characters, language_of, pieces, plain, words


def test_full_width_letters_capitals_and_blanks_are_one_form() -> None:
    assert plain("  Ｅ０２\n报警 Pump ") == "e02 报警 pump"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我的 iPhone 屏幕坏了", "zh"),
        ("my pump is broken", "en"),
        ("", "en"),
        ("see Mr. Wang 王 about the offer we made", "en"),
    ],
)
def test_the_language_is_told_by_the_letters(text: str, language: str) -> None:
    assert language_of(text) == language


def test_chinese_is_read_by_characters_and_words_by_themselves_pairs_and_pieces() -> None:
    assert characters("退款 呢") == ["退", "款", "呢", "退款", "款呢", "退款呢"]
    assert words("no money back") == ["no", "money", "back", "no money", "money back"]
    assert pieces("to") == [" t", "to", "o ", " to", "to ", " to "]


@pytest.mark.parametrize(
    "text",
    [
        "你们的服务太差了，我要投诉！",
        "机器又坏了，已经停产两天，没人管",
        "This is unacceptable, I am very angry",
        "我对这次维修非常不满意",
    ],
)
def test_clearly_negative_words_are_heard(text: str) -> None:
    heard = sentiment(text)
    assert heard.score <= -0.5
    assert heard.words


@pytest.mark.parametrize(
    "text",
    [
        "怎么退款？",
        "设备没有问题，谢谢",
        "没有坏了",
        "How do I reset my password?",
        "not bad at all, thank you",
        "",
        "不着急，慢慢来",
    ],
)
def test_what_is_no_complaint_is_not_taken_for_one(text: str) -> None:
    assert sentiment(text).score > -0.5


def test_a_negation_turns_a_word_round_and_is_said_with_it() -> None:
    assert sentiment("The service was not good").words == ("not good",)
    assert sentiment("The service was good").score > 0
    assert sentiment("这次维修不算很好").score < 0


def test_a_negation_reaches_no_further_than_its_clause() -> None:
    assert sentiment("I do not know. Terrible service").score < -0.4
