"""A contract as rules read it: paragraphs, rows, sentences, each with its heading, and who its parties are."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.clause.page import Page
from domain.clause.party import Parties
from domain.clause.stream import Rect, Stream

_MARK = re.compile(
    r"\s*(?:第[一二三四五六七八九十百零\d]+[条章节款]|[一二三四五六七八九十]+[、.]|"
    r"[((][一二三四五六七八九十\d]{1,3}[))]|\d+(?:\.\d+)*[.、)]?|"
    r"(?:article|section|clause|schedule|annex)\s+[\dIVX]+|\([a-z]{1,4}\)|[a-z]\.|[IVX]+\.|[-•·])[\s.、:]*",
    re.I,
)
_SENTENCE_END = re.compile(r"[。;!?][\"']?|\.[\"']?(?=\s+[\"'(\[]?[A-Z0-9(])")
_ABBREVIATED = re.compile(r"(?:\b(?:no|inc|ltd|co|corp|art|sec|vs|e\.g|i\.e|u\.s|p\.r)|[\s(]\d{1,2}|\d\.\d)$", re.I)
_STARTS_ANEW = re.compile(r"\s*(?:\d|第|[一二三四五六七八九十]+、)")
_CHINESE = re.compile("[一-鿿]")
_LONGEST = 4000
"""Characters of a sentence."""
_ONLY_MARK = re.compile(r"\s*\(?(?:\d+(?:\.\d+)*|[a-zA-Z]|[ivxIVX]{1,5})[.)]?\s*")


@dataclass(frozen=True)
class Sentence:
    """Characters `start` to before `end` of the stream. `label`: what stands before it in its row of a table."""

    start: int
    end: int
    text: str
    heading: str
    label: str = ""
    row: str = ""
    section: int = 0
    """Counts the headings before it."""

    @property
    def about(self) -> str:
        """Heading and label: a weak hint at what the sentence is about."""
        return f"{self.heading} {self.label}"


@dataclass(frozen=True)
class Finding:
    """`start` and `end` in the stream; both -1 for what is absent."""

    kind: str
    value: str
    start: int = -1
    end: int = -1
    note: str = ""
    sources: tuple[int, ...] = ()
    """Of hidden characters, which are not in the stream: their places among all characters of the document."""


@dataclass
class Contract:
    stream: Stream
    parties: Parties
    sentences: list[Sentence] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    """What several rules ask for, worked out once."""

    @classmethod
    def of(cls, pages: tuple[Page, ...], our_party: str = "") -> Contract:
        stream = Stream.of(pages)
        contract = cls(stream, Parties.of(stream.text, our_party))
        contract.sentences = list(_sentences(stream.text))
        return contract

    @property
    def text(self) -> str:
        return self.stream.text

    @cached_property
    def chinese(self) -> bool:
        return sum("一" <= character <= "鿿" for character in self.text[:5000]) > 0.15 * min(5000, len(self.text) or 1)

    @cached_property
    def _starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    def having(self, *words: str, headed: bool = False) -> list[Sentence]:
        """The sentences with one of the words, in lower case; with `headed` also those whose heading has one.

        All cells of a row count as having what one of them has. Looking for words is quick, rules are not.
        """
        key = f"having {headed} {words}"
        kept: list[Sentence] | None = self.kept.get(key)
        if kept is None:
            chosen = {bisect_right(self._starts, at) - 1 for word in words for at in _places(self._lower, word)}
            rows = {self.sentences[at].row for at in chosen if self.sentences[at].row}
            if rows or headed:
                known: dict[str, bool] = {}
                for at, sentence in enumerate(self.sentences):
                    heading = sentence.heading
                    if headed and heading not in known:
                        known[heading] = _has(heading, words)
                    if sentence.row in rows or known.get(heading):
                        chosen.add(at)
            kept = self.kept[key] = [self.sentences[at] for at in sorted(chosen) if at >= 0]
        return kept

    @cached_property
    def _lower(self) -> str:
        return self.text.lower() if len(self.text.lower()) == len(self.text) else self.text

    def before(self, sentence: Sentence, count: int = 1) -> str:
        """The text of the sentences before, under the same heading."""
        at = bisect_right(self._starts, sentence.start) - 1
        near = self.sentences[max(0, at - count) : at]
        return " ".join(each.text for each in near if each.section == sentence.section)

    def after(self, sentence: Sentence, count: int = 1) -> str:
        at = bisect_right(self._starts, sentence.start)
        return " ".join(each.text for each in self.sentences[at : at + count] if each.section == sentence.section)

    def finding(self, kind: str, value: str, sentence: Sentence, start: int, end: int, note: str = "") -> Finding:
        """`start` and `end` within the sentence; the quote is widened to the clause they stand in."""
        a, b = clause_around(sentence.text, start, end)
        return Finding(kind, value, sentence.start + a, sentence.start + b, note)

    def rects(self, finding: Finding) -> list[Rect]:
        if finding.sources:
            return self.stream.rects_of(list(finding.sources))
        return self.stream.rects(finding.start, finding.end) if finding.start >= 0 else []


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _has(text: str, words: tuple[str, ...]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The part between commas that holds the place: what a person would mark."""
    left = max(text.rfind(mark, 0, start) for mark in (",", "。", ";", "\t", ":"))
    while left > 0 and text[left] == "," and text[left - 1 : left].isdigit() and text[left + 1 : left + 2].isdigit():
        left = max(text.rfind(mark, 0, left) for mark in (",", "。", ";", "\t", ":"))
    left += 1
    mark = _MARK.match(text, left, start)
    if mark and left == 0 and not mark[0].strip().isalpha():
        left = mark.end()
    while left < start and text[left].isspace():
        left += 1
    right = end
    while right < len(text) and not (
        text[right] in "。;\t" or (text[right] == "," and not text[right + 1 : right + 2].isdigit())
    ):
        right += 1
    while right > end and text[right - 1] in " .":
        right -= 1
    return (left, right) if right - left <= 300 else (start, end)


def _sentences(text: str) -> Iterator[Sentence]:
    heading, inline, section, at = "", "", 0, 0
    for block in text.split("\n"):
        start, at = at, at + len(block) + 1
        if not block.strip():
            continue
        if "\t" in block:
            yield from _cells(block, start, heading, section)
            continue
        if _is_heading(block):
            heading, inline, section = block.strip(), "", section + 1
        said = _inline_heading(block)
        if said and not block.lstrip().startswith("("):
            inline, section = said, section + 1
        elif _STARTS_ANEW.match(block):
            inline = ""
        about = " ".join(dict.fromkeys((heading, inline, said)))
        for a, b in _split(block):
            yield Sentence(start + a, start + b, block[a:b], about, section=section)


def _split(block: str) -> Iterator[tuple[int, int]]:
    """Sentences; what goes on without end is cut between words."""
    for start, end in _sentences_of(block):
        while end - start > _LONGEST:
            cut = max(block.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in (",", " ")) + 1
            cut = cut or start + _LONGEST
            yield _trimmed(block, start, cut)
            start = cut
        yield start, end


def _sentences_of(block: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in _SENTENCE_END.finditer(block):
        if match[0][0] == "." and _ABBREVIATED.search(block, max(at, match.start() - 6), match.start()):
            continue
        if match.end() - at < 8 and _ONLY_MARK.fullmatch(block, at, match.end()):
            continue
        if block[at : match.end()].strip():
            yield _trimmed(block, at, match.end())
        at = match.end()
    if block[at:].strip():
        yield _trimmed(block, at, len(block))


def _trimmed(block: str, start: int, end: int) -> tuple[int, int]:
    while start < end and block[start].isspace():
        start += 1
    return start, end


def _cells(block: str, start: int, heading: str, section: int) -> Iterator[Sentence]:
    cells = block.split("\t")
    row = " | ".join(cell.strip() for cell in cells)
    at = 0
    for position, cell in enumerate(cells):
        label = " ".join(cells[max(0, position - 3) : position]).strip()
        parts = list(_split(cell)) if len(cell) > 60 else [(0, len(cell))]
        for a, b in parts:
            if cell[a:b].strip():
                yield Sentence(start + at + a, start + at + b, cell[a:b], heading, label, row, section)
        at += len(cell) + 1


def _unmarked(block: str) -> str:
    mark = _MARK.match(block)
    return block[mark.end() :] if mark else block


def _is_heading(block: str) -> bool:
    bare = _unmarked(block).strip()
    marked = bool(_MARK.match(block))
    if not bare or bare[-1] in "。;,":
        return False
    if _CHINESE.search(bare):
        return len(bare) <= (16 if marked else 12) and not any(mark in bare for mark in ",。;:")
    return len(bare) <= 70 and bare[-1] not in ".:" and bare[:1].isupper() and len(bare.split()) <= 9


def _inline_heading(block: str) -> str:
    """`"12.1. Payment. Customer will pay"`, `"7. LAW This Agreement"`: what the paragraph says it is about."""
    bare = _unmarked(block)
    capitals = re.match(r"[A-Z][A-Z ,'&/-]{3,60}(?=\s[A-Z][a-z]|\.)", bare)
    if capitals:
        return capitals[0]
    title = re.match(r"[A-Z][\w ,'&/-]{2,50}[.:](?=\s|$)", bare)
    if title:
        return title[0]
    chinese = re.match(r"[一-鿿、]{2,10}[:。]", bare)
    return chinese[0] if chinese else ""
