"""Pages as a reader hands them over, set from plain text: a line is a paragraph, a tab goes to the next column."""

from __future__ import annotations

from array import array

from domain.clause.check import Checked, check
from domain.clause.page import Hidden, Page
from domain.clause.standard import built_in

WIDE = 100_000.0


def page(text: str, hidden: tuple[Hidden, ...] = ()) -> Page:
    boxes = array("f")
    x = y = 10.0
    for character in text:
        if character == "\n":
            x, y = 10.0, y + 60.0
        elif character == "\t":
            x = (x // 400 + 1) * 400
        boxes.extend((x, y, x + 8.0, y + 10.0))
        x += 8.0
    return Page(WIDE, WIDE, text.replace("\t", " "), boxes, hidden)


def checked(text: str, ours: str = "", *, pages: int = 1) -> list[Checked]:
    parts = text.split("\f")
    return check(tuple(page(part) for part in parts), built_in(), ours)


def said(text: str, ours: str = "") -> set[tuple[str, str]]:
    """Kind and value of everything found but what is absent."""
    return {(each.kind, each.value) for each in checked(text, ours) if each.value != "absent"}
