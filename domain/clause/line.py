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


@dataclass(frozen=True)
class Gap:
    """The space `at`, where what follows it begins, and whether it is wider than any between words."""

    at: int
    left: float
    wide: bool


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
    gaps: tuple[Gap, ...] = ()
    """Spaces wide enough to part cells, from left to right."""
    hidden: bool = False
    """Some characters of its page cannot be seen."""

    @property
    def height(self) -> float:
        return max(1.0, self.bottom - self.top)


def lines_of(pages: tuple[Page, ...]) -> Iterator[Line]:
    found = [list(_lines_of_page(number, page)) for number, page in enumerate(pages)]
    edges = [_edges(pages[number], lines) for number, lines in enumerate(found)]
    running = _running(pages, found, edges)
    for number, lines in enumerate(found):
        kept = [line for line in lines if not (id(line) in edges[number] and _bare(pages[number], line) in running)]
        _mark_cells(kept)
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
        yield Line(
            number, first, last, boxes[4 * first], top, boxes[4 * last + 2], bottom,
            boxes[4 * ends + 2] - boxes[4 * first], boxes[4 * first],
            hyphen=ending[0] in _HYPHENS and bool(ending[0]), ended=text[last] in "。.;；:：!！",
            marked=bool(_MARKED.match(text, first, last + 1)), hidden=bool(hidden),
            gaps=_gaps(page, first, last, bottom - top),
        )  # fmt: skip


def _gaps(page: Page, first: int, last: int, height: float) -> tuple[Gap, ...]:
    text, boxes = page.text, page.boxes
    at, found = text.find(" ", first, last), []
    while at >= 0:
        after = at + 1
        while after < last and text[after] <= " ":
            after += 1
        found.append((at, boxes[4 * after] - boxes[4 * (at - 1) + 2], boxes[4 * after]))
        at = text.find(" ", after, last)
    usual = sorted(width for _, width, _ in found)[len(found) // 2] if len(found) > 2 else 0.0
    # The spaces of a justified line are all alike; those between cells are not, or very wide.
    wide = max(1.3 * height, 2.5 * usual)
    widths = [width for _, width, _ in found]
    if len(found) > 1 and max(widths) - min(widths) < 0.6 and text[found[0][0] - 1].isascii() and usual < 3 * height:
        return ()
    return tuple(
        Gap(at, left, width > wide or width > 3.5 * height) for at, width, left in found if width > 0.5 * height
    )


def _mark_cells(lines: list[Line]) -> None:
    """A gap parts cells where it is wide, or where what follows stands right below or above what follows another."""
    for at, line in enumerate(lines):
        if not line.gaps:
            continue
        near = [gap.left for other in lines[max(0, at - 2) : at + 3] if other is not line for gap in other.gaps]
        cells = [gap for gap in line.gaps if gap.wide or any(abs(gap.left - x) < 0.6 for x in near)]
        if cells:
            line.breaks = frozenset(gap.at for gap in cells)
            line.cell, line.in_row = cells[-1].left, True


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


def _edges(page: Page, lines: list[Line]) -> set[int]:
    """By identity: the highest and the lowest line, and all near the page's upper and lower edge."""
    if not lines:
        return set()
    found = {id(min(lines, key=lambda line: line.top)), id(max(lines, key=lambda line: line.bottom))}
    for line in lines:
        middle = (line.top + line.bottom) / 2 / page.height
        if middle < _EDGE or middle > 1 - _EDGE:
            found.add(id(line))
    return found


def _bare(page: Page, line: Line) -> str:
    text = page.text[line.first : line.last + 1].strip()
    return "#" if _PAGE_NUMBER.fullmatch(text) else re.sub(r"\d+", "#", text)


def _running(pages: tuple[Page, ...], found: list[list[Line]], edges: list[set[int]]) -> set[str]:
    """What stands at the edge of several pages alike."""
    times: Counter[str] = Counter()
    for number, lines in enumerate(found):
        times.update({_bare(pages[number], line) for line in lines if id(line) in edges[number]})
    return {text for text, seen in times.items() if seen >= 3 or (seen == 2 and len(pages) < 5)} | {"#"}
