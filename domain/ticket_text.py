"""What a text model reads of a ticket: its language, its words and the pieces of them; Chinese by characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

MOST = 4_000
"""Characters of a ticket that are read: what it is about is said at its beginning."""
_WORD = re.compile(r"\w+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_HAN_SHARE = 10
"""A text is Chinese where at least one in so many of its letters is: names of products stay Latin."""


def plain(text: str) -> str:
    """One form for what is typed in several: full width, capitals, blanks."""
    return " ".join(unicodedata.normalize("NFKC", text[:MOST]).lower().split())


def language_of(text: str) -> str:
    """zh or en, which stands for whatever is written in words with blanks between them."""
    read = text[:MOST]
    han = len(_HAN.findall(read))
    return "zh" if han and han * _HAN_SHARE >= len(_LETTER.findall(read)) else "en"


def words(text: str) -> list[str]:
    """Words, and pairs that follow one another."""
    found = _WORD.findall(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def pieces(text: str) -> list[str]:
    """Two to five characters within a word, its edges marked by a blank: endings and misspellings count."""
    found: list[str] = []
    for word in text.split():
        edged = f" {word} "
        for length in range(2, 6):
            if len(edged) <= length:
                found.append(edged)
                break
            found += [edged[at : at + length] for at in range(len(edged) - length + 1)]
    return found


def characters(text: str) -> list[str]:
    """One to three characters, whatever stands between them left out."""
    joined = text.replace(" ", "")
    return [joined[at : at + length] for length in (1, 2, 3) for at in range(len(joined) - length + 1)]


READINGS: dict[str, Sequence[Callable[[str], list[str]]]] = {"zh": (characters,), "en": (words, pieces)}
"""How a language is read: each reading is weighed by itself. They take what `plain` gives."""
