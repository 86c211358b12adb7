"""Two versions of a contract, clause by clause: what is new, gone, worded otherwise, or only stands elsewhere."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from domain.clause.page import Page
from domain.clause.passage import Passage, passages
from domain.clause.redline import Redline, redline

Kind = Literal["added", "removed", "changed", "moved"]

MOST_PASSAGES = 12_000
"""Of one document beyond which nothing is paired by likeness."""
MOST_UNPAIRED = 3_000
MOST_CHARACTERS = 600_000
"""Of changed clauses that are compared word by word; those after it only as a whole."""
_ALIKE = 0.5
_ALIKE_IN_PLACE = 0.25
"""The share of common words by which two passages are one, changed: anywhere, or at the same place under one number."""
_COMMON = 60
"""A word in more passages than this tells none apart."""
_WORD = re.compile(r"[^\W\d_⺀-鿿豈-﫿]+|\d+(?:[.,]\d+)*|[⺀-鿿豈-﫿]")
_WEIGHTY = re.compile(
    r"\d|[%‰零〇一二三四五六七八九十百千万亿两半壹贰叁肆伍陆柒捌玖拾佰仟]|[不未非无免勿均各仅须应可得或且除]|甲|乙|买方|卖方|双方|全部|部分|"
    r"\b(?:not?|nor|never|none|un\w+|without|except|unless|only|all|any|each|either|shall|may|must|will|can|or|and|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|hundred|thousand|million|half|"
    r"buyer|seller|supplier|customer|party|parties|licen[cs]\w+|client|vendor|contractor)\b",
    re.I,
)
_SLIGHT = 40
"""Characters that may change in other words before it is more than wording."""


@dataclass(frozen=True)
class Change:
    """One clause. `old`, `new` its texts, `words` the redline; pages count from 1, 0 where it does not stand.

    `weighty`: it says something else, as far as anybody can tell without understanding: a clause more or less, a
    number, a "not" or "shall", a party, or many words. Else only the wording differs.
    """

    kind: Kind
    heading: str
    old: str
    new: str
    words: Redline
    old_page: int
    new_page: int
    weighty: bool


@dataclass(frozen=True)
class Comparison:
    """In the order of the new document. `coarse`: so much differs that clauses were not all paired or redlined."""

    changes: tuple[Change, ...]
    same: int
    coarse: bool


Pair = tuple[int | None, int | None]


def compare(old: tuple[Page, ...], new: tuple[Page, ...]) -> list[Change]:
    return list(compare_whole(old, new).changes)


def compare_whole(old: tuple[Page, ...], new: tuple[Page, ...]) -> Comparison:
    a, b = passages(old), passages(new)
    same, regions = _aligned(a, b)
    pairs: list[Pair] = [(i, j) for i, j in same if a[i].number != b[j].number]
    gone = [i for region in regions for i in region[0]]
    came = [j for region in regions for j in region[1]]
    coarse = max(len(a), len(b)) > MOST_PASSAGES or max(len(gone), len(came)) > MOST_UNPAIRED
    pairs += _paired(a, b, regions, gone, came, by_likeness=not coarse)
    return _described(a, b, pairs, dict(same), coarse)


def _aligned(a: list[Passage], b: list[Passage]) -> tuple[list[tuple[int, int]], list[tuple[range, range]]]:
    """The passages that say the same in the same order, and the stretches between them that differ."""
    same: list[tuple[int, int]] = []
    regions: list[tuple[range, range]] = []
    matcher = SequenceMatcher(None, [one.key for one in a], [one.key for one in b])
    for op, i1, i2, j1, j2 in matcher.get_opcodes():
        if op == "equal":
            same += zip(range(i1, i2), range(j1, j2), strict=True)
        elif not _only_cut_otherwise(a[i1:i2], b[j1:j2]):
            regions.append((range(i1, i2), range(j1, j2)))
    return same, regions


def _only_cut_otherwise(a: Sequence[Passage], b: Sequence[Passage]) -> bool:
    """A line that broke elsewhere may begin a paragraph in one version only."""
    whole = ["".join(("".join(one.number.split()) + one.key) for one in part) for part in (a, b)]
    return whole[0] == whole[1]


def _paired(
    a: list[Passage], b: list[Passage], regions: list[tuple[range, range]], gone: list[int], came: list[int], *,
    by_likeness: bool,
) -> Iterator[Pair]:  # fmt: skip
    """Each unmatched passage once: with the same text elsewhere, with the most alike, or alone."""
    free_a, free_b = dict.fromkeys(gone), dict.fromkeys(came)
    by_key: dict[str, list[int]] = defaultdict(list)
    for j in reversed(came):
        by_key[b[j].key].append(j)
    chosen: list[tuple[int, int]] = [(i, by_key[a[i].key].pop()) for i in gone if by_key.get(a[i].key)]
    if by_likeness:
        taken = ({i for i, _ in chosen}, {j for _, j in chosen})
        left = [i for i in gone if i not in taken[0]], [j for j in came if j not in taken[1]]
        scored = sorted(_alike(a, b, regions, *left), key=lambda one: (-one[0], one[1], one[2]))
        for _, i, j in scored:
            if i not in taken[0] and j not in taken[1]:
                taken[0].add(i)
                taken[1].add(j)
                chosen.append((i, j))
    for i, j in chosen:
        del free_a[i], free_b[j]
        yield i, j
    yield from ((i, None) for i in free_a)
    yield from ((None, j) for j in free_b)


def _alike(
    a: list[Passage], b: list[Passage], regions: list[tuple[range, range]], gone: list[int], came: list[int]
) -> Iterator[tuple[float, int, int]]:
    """Those with enough words in common: (likeness 0 to 1, old, new). Only words that few have are looked up."""
    words_b = {j: _words(b[j]) for j in came}
    having: dict[str, list[int]] = defaultdict(list)
    for j, words in words_b.items():
        for word in words:
            having[word].append(j)
    place_a = {i: no for no, (part, _) in enumerate(regions) for i in part}
    place_b = {j: no for no, (_, part) in enumerate(regions) for j in part}
    beside: dict[int, list[int]] = defaultdict(list)
    for j in came:
        beside[place_b[j]].append(j)
    for i in gone:
        words = _words(a[i])
        shared: Counter[int] = Counter()
        for word in words:
            if len(having.get(word, ())) <= _COMMON:
                shared.update(having.get(word, ()))
        near = [j for j, _ in shared.most_common(8)] + beside[place_a[i]][:8]
        for j in dict.fromkeys(near):
            likeness = 2 * len(words & words_b[j]) / (len(words) + len(words_b[j]) or 1)
            in_place = place_a[i] == place_b[j] and (a[i].number, a[i].heading) == (b[j].number, b[j].heading)
            if likeness >= (_ALIKE_IN_PLACE if in_place else _ALIKE):
                yield likeness + (0.2 if in_place else 0.0), i, j


def _words(passage: Passage) -> set[str]:
    """Words; Chinese by two characters at a time."""
    found = _WORD.findall(passage.text.lower())
    pairs = {x + y for x, y in pairwise(found) if x > "⺀" and y > "⺀"}
    return pairs | {one for one in found if one < "⺀"} or set(found)


def _described(a: list[Passage], b: list[Passage], pairs: list[Pair], same: dict[int, int], coarse: bool) -> Comparison:
    after = _places(len(a), same)
    placed = sorted(pairs, key=lambda pair: (pair[1], 1.0) if pair[1] is not None else (after[pair[0] or 0], 0.5))
    left, changes = MOST_CHARACTERS, []
    for i, j in placed:
        x, y = a[i] if i is not None else None, b[j] if j is not None else None
        if x and y and x.key != y.key:
            left -= len(x.text) + len(y.text)
        changes.append(_change(x, y, whole=left < 0))
    moved = sum(change.kind == "moved" for change in changes)
    renumbered = sum(1 for i, j in same.items() if a[i].number != b[j].number)
    return Comparison(tuple(changes), len(same) - min(moved, renumbered), coarse or left < 0)


def _places(count: int, same: dict[int, int]) -> list[int]:
    """For each old passage, the place in the new document after the last one before it that stayed."""
    places, at = [], -1
    for i in range(count):
        at = same.get(i, at)
        places.append(at)
    return places


def _change(x: Passage | None, y: Passage | None, *, whole: bool) -> Change:
    if x is None or y is None:
        only = x or y
        assert only is not None  # noqa: S101 - a pair has one side at least
        words: Redline = (("out" if x else "in", only.text),)
        kind: Kind = "removed" if x else "added"
        return Change(
            kind, only.title, x.text if x else "", y.text if y else "", words, x.page if x else 0, y.page if y else 0,
            True,
        )  # fmt: skip
    if x.key == y.key:
        heading = x.title if x.title == y.title else f"{x.title} → {y.title}"
        return Change("moved", heading, x.text, y.text, (("same", y.text),), x.page, y.page, False)
    words = (("out", x.text), ("in", y.text)) if whole else redline(x.text, y.text)
    return Change("changed", y.title, x.text, y.text, words, x.page, y.page, _weighty(words))


def _weighty(words: Redline) -> bool:
    changed = [text for op, text in words if op != "same"]
    return sum(map(len, changed)) > _SLIGHT or any(_WEIGHTY.search(text) for text in changed)
