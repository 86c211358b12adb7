"""The lines of a document in reading order, without page numbers and running heads, and what joins two of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from domain.clause.page import Page

_PAGE_NUMBER = re.compile(
    r"[-—–·\s]*(?:第?\s*[\d一二三四五六七八九十]+\s*页?\s*[,，/]?\s*(?:共?\s*\d*\s*页)?|"
    r"page\s*\d+(?:\s*(?:of|/)\s*\d+)?|"
    r"\d+\s*(?:of|/)\s*\d+)[-—–·\s]*",
    re.I,
)
_HYPHENS = "\x02\ufffe"
_BLANK = "".join(map(chr, range(33))) + "\xa0\u3000"
_LINE_END = re.compile(r"\n|\x02|\ufffe|\Z")
_MARKED = re.compile(
    r"第\s*[一二三四五六七八九十百\d]+\s*[条章节]|[一二三四五六七八九十]+、|\d{1,2}(?:\.\d{1,2}){1,3}|\d{1,2}[.、]\s*\D"
)
_EDGE = 0.1
"""Of the page's height: where running heads and page numbers stand."""


@dataclass
class Line:
    """`first` and `last` index the page's characters; `breaks` are spaces that part two cells of a row."""

    page: int
    first: int
    last: int
    left: float
    top: float
    right: float
    bottom: float
    word: float
    """The width of the first word, which would have to fit at the end of the line before."""
    cell: float
    """Where the last cell of the line begins; `left` where there is but one."""
    hyphen: bool = False
    """A hyphen at its end parts a word."""
    ended: bool = False
    """It ends as a sentence does."""
    marked: bool = False
    """It begins with a number such as 第三条 or 4.1."""
    in_row: bool = False
    """It belongs to a row of a table."""
    column: float = 0.0
    """How far right lines like this one reach."""
    breaks: frozenset[int] = frozenset()
    hidden: bool = False
    """Some characters of its page cannot be seen."""

    @property
    def height(self) -> float:
        return max(1.0, self.bottom - self.top)


def lines_of(pages: tuple[Page, ...]) -> Iterator[Line]:
    found = [list(_lines_of_page(number, page)) for number, page in enumerate(pages)]
    running = _running(pages, found)
    for number, lines in enumerate(found):
        kept = [line for line in lines if not (_at_edge(pages[number], line) and _bare(pages[number], line) in running)]
        _measure_columns(kept)
        yield from kept


def _lines_of_page(number: int, page: Page) -> Iterator[Line]:
    hidden = frozenset(at for run in page.hidden for at in range(run.start, run.end))
    text, boxes, start = page.text, page.boxes, 0
    for ending in _LINE_END.finditer(text):
        begin, end = start, ending.start()
        start = ending.end()
        raw = text[begin:end]
        first, last = end - len(raw.lstrip(_BLANK)), begin + len(raw.rstrip(_BLANK)) - 1
        while first <= last and first in hidden:
            first += 1
        while last >= first and last in hidden:
            last -= 1
        if first > last:
            continue
        after = text.find(" ", first, last + 1)
        ends = first if text[first] >= "⺀" else (after - 1 if after > first else last)
        step = 1 + (last - first) // 6
        seen = [at for at in (*range(first, last, step), last) if text[at] not in _BLANK]
        top, bottom = min(boxes[4 * at + 1] for at in seen), max(boxes[4 * at + 3] for at in seen)
        breaks = _cells(page, first, last, bottom - top)
        cell = first
        if breaks:
            cell = max(breaks) + 1
            while text[cell] in _BLANK:
                cell += 1
        yield Line(
            number, first, last, boxes[4 * first], top, boxes[4 * last + 2], bottom,
            boxes[4 * ends + 2] - boxes[4 * first], boxes[4 * cell],
            hyphen=ending[0] in _HYPHENS and bool(ending[0]), ended=text[last] in "。.;；:：!！",
            marked=bool(_MARKED.match(text, first, last + 1)), in_row=bool(breaks), breaks=breaks,
            hidden=bool(hidden),
        )  # fmt: skip


def _cells(page: Page, first: int, last: int, height: float) -> frozenset[int]:
    """Spaces wider than any between words; those of a justified line are all alike."""
    text, boxes = page.text, page.boxes
    at, gaps = text.find(" ", first, last), []
    while at >= 0:
        after = at + 1
        while after < last and text[after] <= " ":
            after += 1
        gaps.append((boxes[4 * after] - boxes[4 * (at - 1) + 2], at))
        at = text.find(" ", after, last)
    usual = sorted(gap for gap, _ in gaps)[len(gaps) // 2] if len(gaps) > 2 else 0.0
    return frozenset(at for gap, at in gaps if gap > 3.5 * height or gap > max(1.3 * height, 2.5 * usual))


def _measure_columns(lines: list[Line]) -> None:
    for at, line in enumerate(lines):
        reach, left, far = line.right, line.left, 5 * line.height
        for other in lines[max(0, at - 12) : at + 13]:
            if other.right > reach and not other.breaks and -far < other.left - left < far:
                reach = other.right
        line.column = reach


def separator(a: Line, b: Line) -> str:
    """A tab between cells of a row, a line end between paragraphs, a space within one; see `Stream.text`."""
    if a.hyphen:
        return ""
    if a.page == b.page:
        if b.left >= a.right and b.top < a.bottom and b.bottom > a.top:
            b.in_row = True
            return "\t"
        elsewhere = b.bottom < a.top  # the next column begins at the top
        shifted = abs(a.cell - b.left) > 6 * a.height or (a.in_row and b.left < a.cell - a.height)
        if not elsewhere and (shifted or b.in_row or b.top - a.bottom > 1.2 * a.height):
            return "\n"
        b.in_row = a.in_row and not elsewhere
    if max(a.height, b.height) > 1.35 * min(a.height, b.height) or (a.ended and b.marked):
        return "\n"
    fits = a.right + b.word + 0.3 * a.height < a.column - 0.4 * a.height
    return "\n" if fits else " "


def _at_edge(page: Page, line: Line) -> bool:
    middle = (line.top + line.bottom) / 2 / page.height
    return middle < _EDGE or middle > 1 - _EDGE


def _bare(page: Page, line: Line) -> str:
    text = page.text[line.first : line.last + 1].strip()
    return "#" if _PAGE_NUMBER.fullmatch(text) else re.sub(r"\d+", "#", text)


def _running(pages: tuple[Page, ...], found: list[list[Line]]) -> set[str]:
    """What stands at the edge of several pages alike."""
    times: Counter[str] = Counter()
    for number, lines in enumerate(found):
        times.update({_bare(pages[number], line) for line in lines if _at_edge(pages[number], line)})
    return {text for text, seen in times.items() if seen >= 3 or (seen == 2 and len(pages) < 5)} | {"#"}
