"""Single lines of text: names, titles, references. What is pasted into one brings its line breaks and control codes."""

import re
from typing import Any

from pydantic import BeforeValidator

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep it: it cannot keep NUL characters, nor halves of surrogate pairs as JSON may have."""
    return _NOT_STORABLE.search(text) is None


def one_line(typed: Any) -> Any:
    """`" Acme\\r\\nLtd"` -> `"Acme Ltd"`. What is not text is left to its field's own check."""
    return " ".join(CONTROLS.sub(" ", typed).split()) if isinstance(typed, str) else typed


ON_ONE_LINE = BeforeValidator(one_line)
"""Stands last in a field's type, so that lengths are those of what is kept."""
