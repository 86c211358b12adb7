"""One normalised stream of a document's characters, each of which knows where on which page it stands."""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

from domain.clause.line import Line, lines_of, separator
from domain.clause.number import ENGLISH
from domain.clause.page import Page

Rect = tuple[int, float, float, float, float]
"""Page from 1, then left, top, right, bottom as fractions of the displayed page, origin top left."""

_FOLDED = dict(
    zip(
        "⺠⻢⻓⻔⻅⻋⻉⻚⻛⻜⻝⻥⻦⻨⻩⻬⻮⻰⻆⻄⺟⻣⻤⻘⻙⻑‘’‚“”„′″–—―‐‑−○●",
        "民马长门见车贝页风飞食鱼鸟麦黄齐齿龙角西母骨鬼青韦长'''\"\"\"'\"------〇 ",
        strict=True,
    )
)


_COUNTED = re.compile(rf"(?:\d|\b{ENGLISH})$", re.I)
"""Before a hyphen at a line's end: `twelve-` `month` is no one word."""


@lru_cache(maxsize=20_000)
def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return "".join(_FOLDED.get(each, each) for each in folded)


class _Folding(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


_TABLE = _Folding()
_CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\u3007\uffe5]")
_ODD = re.compile(r"[\x00-\x1f\xa0\xad\u200b\u3000\ufeff\ufffe]")


def is_cjk(character: str) -> bool:
    return "⺀" <= character <= "鿿" or "豈" <= character <= "﫿" or character in "〇￥"


@dataclass
class Stream:
    """`text` has tabs between the cells of a row and line ends between paragraphs; `origin` the source of each."""

    pages: tuple[Page, ...]
    text: str = ""
    origin: array[int] = field(default_factory=lambda: array("l"))
    starts: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, pages: tuple[Page, ...]) -> Stream:
        stream = cls(pages)
        total = 0
        for page in pages:
            stream.starts.append(total)
            total += len(page.text)
        parts: list[str] = []
        before: Line | None = None
        for line in lines_of(pages):
            if before is not None:
                joint = separator(before, line)
                if joint == " " and (
                    parts[-1] == "-" or _needless(parts[-1], _fold(pages[line.page].text[line.first]))
                ):
                    joint = ""
                elif before.hyphen and _COUNTED.search("".join(parts[-12:])[-24:]):
                    joint = "-"
                stream._append(parts, joint, stream.starts[line.page] + line.first)
            stream._append_line(parts, line)
            before = line
        stream.text = "".join(parts)
        return stream

    def _append(self, parts: list[str], piece: str, source: int) -> None:
        if piece:
            parts.append(piece)
            self.origin.append(source)

    def _append_line(self, parts: list[str], line: Line) -> None:
        """Most lines go in whole; those with odd characters, cells or hidden words one character at a time."""
        page, start = self.pages[line.page], self.starts[line.page]
        text = page.text[line.first : line.last + 1]
        if not (line.breaks or line.hidden):
            if text.isascii() and "  " not in text and text.isprintable():
                parts.append(text)
                self.origin.extend(range(start + line.first, start + line.last + 1))
                return
            latin = "  " not in text and not _CJK.search(text)
            if (latin or " " not in text) and not _ODD.search(text):
                folded = text.translate(_TABLE)
                if len(folded) == len(text):
                    parts.append(folded)
                    self.origin.extend(range(start + line.first, start + line.last + 1))
                    return
        self._append_slowly(parts, line)

    def _append_slowly(self, parts: list[str], line: Line) -> None:
        """Spaces that only set characters apart go; what a hyphen split becomes one word again."""
        page, start = self.pages[line.page], self.starts[line.page]
        text, origin = page.text, self.origin
        hidden = {at for run in page.hidden for at in range(run.start, run.end)} if line.hidden else ()
        previous, space = (parts[-1][-1:] if parts else "\n"), -1
        for at in range(line.first, line.last + 1):
            character = text[at]
            if at in line.breaks:
                parts.append("\t")
                origin.append(start + at)
                previous, space = "\t", -1
                continue
            if character <= " " or character == "\xa0" or character == "\u3000":
                space = at if character != "\x02" else -1
                continue
            if character in "\ufffe\xad\u200b\ufeff" or at in hidden:
                continue
            folded = _fold(character)
            if space >= 0 and previous not in " \t\n" and not _needless(previous, folded):
                parts.append(" ")
                origin.append(start + space)
            space = -1
            for each in folded:
                parts.append(each)
                origin.append(start + at)
                previous = each

    def page_of(self, at: int) -> int:
        """The page, from 1, on which the character stands."""
        return self.page_of_source(self.origin[at])

    def page_of_source(self, source: int) -> int:
        return bisect_right(self.starts, source)

    def quote(self, start: int, end: int) -> str:
        return " ".join(self.text[start:end].split())

    def rects(self, start: int, end: int) -> list[Rect]:
        """One for each line that the characters from `start` to before `end` stand on."""
        found = [at for at in range(start, end) if not self.text[at].isspace()]
        return self.rects_of([self.origin[at] for at in found])

    def rects_of(self, sources: list[int]) -> list[Rect]:
        rects: list[Rect] = []
        for source in sources:
            number = bisect_right(self.starts, source)
            page = self.pages[number - 1]
            at = 4 * (source - self.starts[number - 1])
            left, top, right, bottom = page.boxes[at : at + 4]
            if right <= left and bottom <= top:
                continue
            box = (number, left / page.width, top / page.height, right / page.width, bottom / page.height)
            if rects and _on_one_line(rects[-1], box):
                last = rects[-1]
                rects[-1] = (
                    number,
                    min(last[1], box[1]),
                    min(last[2], box[2]),
                    max(last[3], box[3]),
                    max(last[4], box[4]),
                )
            else:
                rects.append(box)
        return [(number, *(round(min(1.0, max(0.0, side)), 4) for side in sides)) for number, *sides in rects]  # type: ignore[misc]


def _needless(before: str, after: str) -> bool:
    """A space between two characters of which one is Chinese is only how the line was set."""
    return is_cjk(before) or is_cjk(after) or before in "。、" or after in "。、"


def _on_one_line(a: Rect, b: Rect) -> bool:
    overlap = min(a[4], b[4]) - max(a[2], b[2])
    height = min(a[4] - a[2], b[4] - b[2])
    return a[0] == b[0] and overlap > 0.5 * height and b[1] >= a[1] and b[1] - a[3] < 0.15
