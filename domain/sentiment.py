"""How a customer's words sound: a small list of words in Chinese and English, negation heard, each word kept.

It says little and says why: what no word of the list is in sounds like nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from domain.ticket_text import plain

WORDS_MOST = 8

_CHINESE: dict[float, str] = {
    -3.0: """
        骗子 诈骗 欺诈 忍无可忍 气死 气炸 垃圾 恶心 起诉 法院 律师函 曝光 消费者协会 12315 工商局 再也不用
        无耻 坑人 黑心
    """,
    -2.0: """
        投诉 不满意 太差 很差 极差 差劲 糟糕 愤怒 生气 气愤 失望 不能接受 无法接受 受不了 忍受 敷衍 推诿 踢皮球 没人管
        没人理 不负责 态度恶劣 索赔 赔偿 严重影响 损失 停产 耽误 还没解决 仍未解决 一直没解决 到底 凭什么 离谱 荒唐
        过分 催了 再次催
    """,
    -1.0: "不满 太慢 很慢 好慢 着急 担心 麻烦 无语 问题严重 坏了 又坏 失灵 延误 迟到 怎么还 退款",
    2.0: "非常感谢 十分感谢 太棒 很棒 优秀 完美 非常满意 很满意 表扬 点赞",
    1.0: "谢谢 感谢 满意 不错 喜欢 很好 开心 高兴",
}
_ENGLISH: dict[float, str] = {
    -3.0: """
        scam|fraud|furious|outrageous|disgusting|disgusted|lawsuit|sue you|lawyer|attorney|trading standards|livid|
        unacceptable|worst|rip off|rip-off|ripoff|never again|pathetic|garbage|bullshit
    """,
    -2.0: """
        angry|terrible|awful|horrible|ridiculous|appalling|disappointed|disappointing|frustrated|frustrating|complaint|
        incompetent|useless|annoyed|annoying|unhappy|dissatisfied|fed up|hate|ignored|nobody answers|no one answers|
        still not fixed|still broken|still waiting|waste of time|losing money|production is down|shameful|rude
    """,
    -1.0: "slow|worried|upset|bad|poor|broken|again and again|delayed|refund|compensation",
    2.0: "excellent|fantastic|wonderful|perfect|amazing|love it|brilliant|delighted",
    1.0: "thanks|thank you|great|good|happy|satisfied|pleased|helpful|nice|appreciate",
}
_NOT_ZH = ("不", "没", "未", "别", "无", "并非", "不是", "没有", "不太", "不会", "不算", "从不", "毫不")
_NOT_EN = frozenset((
    "not", "no", "never", "without", "isn't", "wasn't", "aren't", "don't", "doesn't", "didn't", "can't", "cannot",
    "won't", "hardly", "nothing", "nor", "isnt", "dont", "didnt", "wont", "cant",
))  # fmt: skip
_MORE_ZH, _MORE_EN = (
    ("非常", "太", "极", "特别", "十分", "真是", "简直"),
    frozenset(("very", "extremely", "so", "really", "absolutely", "totally", "completely", "utterly")),
)
_WORD = re.compile(r"[a-z][a-z'-]*")
_CLAUSE = re.compile(r"[.!?;,。！？；，、\n]")
NEAR = 3
"""Words before it within which a negation turns a word round."""
NEAR_ZH = 3
"""The same in characters."""


class Sentiment(NamedTuple):
    """`score` from -1 (bad) to 1 (good), 0 for what says nothing; `words` as written, those that led to it first."""

    score: float = 0.0
    words: tuple[str, ...] = ()

    @property
    def negative(self) -> bool:
        return self.score < 0


def sentiment(text: str) -> Sentiment:
    heard = list(_heard(plain(text)))
    total = sum(weight for _, weight in heard)
    if not heard:
        return Sentiment()
    score = round(total / (abs(total) + 2.0), 2)
    sign = -1.0 if score < 0 else 1.0
    led = sorted((one for one in heard if one[1] * sign > 0), key=lambda one: -abs(one[1]))
    return Sentiment(score, tuple(dict.fromkeys(word for word, _ in led))[:WORDS_MOST])


def _heard(text: str) -> Iterator[tuple[str, float]]:
    for clause in _CLAUSE.split(text):
        yield from _chinese(clause)
        yield from _english(clause)


def _chinese(clause: str) -> Iterator[tuple[str, float]]:
    taken = [False] * len(clause)
    for word, weight in _lists()[0]:
        at = clause.find(word)
        while at >= 0:
            if not any(taken[at : at + len(word)]):
                taken[at : at + len(word)] = [True] * len(word)
                before = clause[max(0, at - NEAR_ZH) : at]
                negation = next((no for no in sorted(_NOT_ZH, key=len, reverse=True) if no in before), "")
                yield _turned(word, weight, negation, before.endswith(_MORE_ZH), f"{negation}{word}")
            at = clause.find(word, at + len(word))


def _english(clause: str) -> Iterator[tuple[str, float]]:
    words = _WORD.findall(clause)
    at = 0
    while at < len(words):
        weight, length = _phrase(words, at)
        if length:
            said, before = " ".join(words[at : at + length]), words[max(0, at - NEAR) : at]
            negation = next((word for word in reversed(before) if word in _NOT_EN), "")
            yield _turned(said, weight, negation, bool(before) and before[-1] in _MORE_EN, f"{negation} {said}")
        at += length or 1


def _phrase(words: list[str], at: int) -> tuple[float, int]:
    for length in (3, 2, 1):
        weight = _lists()[1].get(" ".join(words[at : at + length]))
        if weight is not None and at + length <= len(words):
            return weight, length
    return 0.0, 0


def _turned(word: str, weight: float, negation: str, more: bool, together: str) -> tuple[str, float]:
    """`not good` is bad; `not bad` is no more than neutral."""
    if negation:
        return together, -weight if weight > 0 else abs(weight) * 0.25
    return word, weight * 1.5 if more else weight


@cache
def _lists() -> tuple[list[tuple[str, float]], dict[str, float]]:
    """Chinese words, the longest first, and English ones, each with its weight."""
    chinese = {word: weight for weight, listed in _CHINESE.items() for word in listed.split()}
    english = {word.strip(): weight for weight, listed in _ENGLISH.items() for word in listed.split("|")}
    return sorted(chinese.items(), key=lambda one: -len(one[0])), english
