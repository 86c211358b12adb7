"""A document cut into what two versions are compared by: numbered clauses, headings, rows, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from domain.clause.page import Page
from domain.clause.stream import Stream

_NUMBER = re.compile(
    r"(?:第[一二三四五六七八九十百零〇\d]{1,6}[条章节款项]|[一二三四五六七八九十]{1,4}[、.]|"
    r"[(][一二三四五六七八九十\d]{1,4}[)]|\d{1,3}(?:\.\d{1,3})+[.、)]?|\d{1,2}[.、)](?!\d)|"
    r"(?:article|section|clause|schedule|annex|appendix)\s+(?:\d{1,3}(?:\.\d{1,3})*|[IVX]{1,5})\b[.:]?|"
    r"[(](?:[a-z]|[ivx]{1,5})[)]|[a-z][.)](?=\s)|[IVX]{1,5}\.(?=\s))[\s.、:]*",
    re.I,
)
_NEXT_IN_LINE = re.compile(r"(?<=[.。;])\s*(?=\d{1,2}\.\d{1,2}\s?[A-Z⺀-鿿]|第[一二三四五六七八九十百\d]{1,5}条)")
"""Where a document's lines run on, the next clause begins within the line."""
_SENTENCE = re.compile(r"[。;,.!?:]")
_LONGEST_HEADING = 60
_LONGEST = 1_500
"""Characters after which an unnumbered paragraph begins a passage of its own."""


@dataclass
class Passage:
    """`number` as it is printed, empty: none; `heading` the one above it; pages count from 1."""

    text: str
    number: str
    heading: str
    page: int
    key: str = field(init=False)
    """The text without its number and all white space: equal keys say the same."""

    def __post_init__(self) -> None:
        self.key = "".join(self.text.split())

    @property
    def title(self) -> str:
        """What a person would look for: number and heading, or how it begins."""
        own = self.text.split("\n", 1)[0]
        if len(own) > _LONGEST_HEADING or _SENTENCE.search(own):
            own = self.heading or own[:24].rstrip() + ("…" if len(own) > 24 else "")
        return f"{self.number} {own}".strip()


def passages(pages: tuple[Page, ...]) -> list[Passage]:
    """In the order of reading. Running heads and page numbers are not text; a page break ends nothing."""
    stream = Stream.of(pages)
    return list(_joined(_blocks(stream)))


def _blocks(stream: Stream) -> Iterator[tuple[str, int]]:
    at = 0
    for block in stream.text.split("\n"):
        cuts = [0, *(cut.end() for cut in _NEXT_IN_LINE.finditer(block)), len(block)]
        for start, end in pairwise(cuts):
            text = block[start:end].strip()
            if text:
                yield text, stream.page_of(at + block.index(text[0], start))
        at += len(block) + 1


def _joined(blocks: Iterator[tuple[str, int]]) -> Iterator[Passage]:
    """What follows a number without one of its own belongs to it."""
    heading, current, in_rows = "", None, False
    for text, page in blocks:
        match = _NUMBER.match(text)
        row = "\t" in (text[match.end() :] if match else text)
        number = match[0].strip(" \t.、:") if match and not row else ""
        body = text[match.end() :] if match and number else text
        title = _is_title(body, number)
        follows = current is not None and not (number or row or in_rows or title)
        if follows and current is not None and current.number and len(current.text) + len(body) < _LONGEST:
            current = Passage(f"{current.text}\n{body}", current.number, current.heading, current.page)
            continue
        if current is not None:
            yield current
        current, in_rows = Passage(body, number, heading, page), row
        if title:
            heading = body
    if current is not None:
        yield current


def _is_title(text: str, number: str) -> bool:
    """Short, without a sentence; an unnumbered one must look like one."""
    if not text or len(text) > _LONGEST_HEADING or "\t" in text or _SENTENCE.search(text):
        return False
    wide = sum("一" <= one <= "鿿" for one in text)
    if wide:
        return len(text) <= (24 if number else 14)
    return bool(number) or text.isupper() or (text.istitle() and len(text.split()) <= 8)
