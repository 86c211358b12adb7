"""A document as it was read: its state, and the characters of every page with their places."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Only `TEXT` was read whole. Every other state goes to a person: nothing unread counts as no risk."""

    TEXT = "text"
    NEEDS_OCR = "needs_ocr"
    PASSWORD_REQUIRED = "password_required"  # noqa: S105 - no secret
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Hidden:
    """Characters of a page, from `start` to before `end`, that a reader cannot see: off_page, tiny or invisible."""

    start: int
    end: int
    why: str


@dataclass(frozen=True)
class Page:
    """`boxes` has left, top, right, bottom of each character of `text`, in points from the top left as displayed.

    `unread`: it shows what its text does not say, as a scanned page does. `by_ocr`: its text was read off its picture.
    """

    width: float
    height: float
    text: str
    boxes: array[float]
    hidden: tuple[Hidden, ...] = ()
    unread: bool = False
    by_ocr: bool = False


@dataclass(frozen=True)
class Reading:
    """`limit` names what was exceeded of a refused document. `carries`: javascript, attachments, form, signature,
    unshown (words in a field or note that not every program shows), unknown."""

    state: State
    pages: tuple[Page, ...] = ()
    limit: str = ""
    carries: tuple[str, ...] = ()
    without_network: bool = False
