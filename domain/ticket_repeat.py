"""Whether two tickets say the same: by the pairs of characters they share, in any language and without a dictionary."""

from __future__ import annotations

import re
from collections import Counter

LIKE = 0.3
"""From which two texts of one customer are offered as the same."""
READ = 600
"""Characters of each that are looked at."""


def likeness(one: str, other: str) -> float:
    """0 to 1: twice what they share, by all they have (Dice). Case, width of spaces and punctuation count nothing."""
    first, second = _pairs(one), _pairs(other)
    whole = first.total() + second.total()
    return 2 * (first & second).total() / whole if whole else 0.0


def _pairs(text: str) -> Counter[str]:
    bare = re.sub(r"[\W_]+", " ", text.lower())[:READ].strip()
    return Counter(bare[at : at + 2] for at in range(len(bare) - 1) if bare[at : at + 2].strip())
