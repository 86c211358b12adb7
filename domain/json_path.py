"""Where in a JSON document a value stands: `lead.phone`, `answers[0].value`, `field_data[name=email].values[0]`."""

from __future__ import annotations

import json
import re
from typing import Any

PART = re.compile(r"\.?(?:(?P<name>[^.\[\]=\"]+)|\[(?P<no>\d{1,4})\]|\[(?P<key>[^.\[\]=]+)=(?P<value>[^\[\]]+)\])")
LONGEST = 200
TEXT_MOST = 20_000


def is_path(text: str) -> bool:
    return 0 < len(text) <= LONGEST and _parts(text) is not None


def value_at(document: Any, path: str) -> str | None:
    """The value as text; None where there is none. Several texts are joined, one a line; an object reads as JSON."""
    parts = _parts(path)
    value = document
    for part in parts or ():
        value = _step(value, part)
        if value is None:
            return None
    return _text(value) if parts else None


def paths_of(document: Any, prefix: str = "", depth: int = 6) -> list[tuple[str, str]]:
    """Every place of a document that holds a single value, with the value: to choose from."""
    if depth == 0:
        return []
    found: list[tuple[str, str]] = []
    if isinstance(document, dict):
        for name, value in list(document.items())[:60]:
            if re.fullmatch(r"[^.\[\]=\"]+", name):
                found += paths_of(value, f"{prefix}.{name}" if prefix else name, depth - 1)
    elif isinstance(document, list):
        for no, value in enumerate(document[:10]):
            found += paths_of(value, f"{prefix}[{no}]", depth - 1)
    elif document is not None:
        found.append((prefix, _text(document)[:80]))
    return found[:100]


def _parts(path: str) -> list[re.Match[str]] | None:
    """`$.` at its beginning is what others write."""
    text = path.strip().removeprefix("$").removeprefix(".")
    parts: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        found = PART.match(text, at)
        if found is None or found.end() == at:
            return None
        parts.append(found)
        at = found.end()
    return parts or None


def _step(value: Any, part: re.Match[str]) -> Any:
    if (name := part["name"]) is not None:
        return value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if (no := part["no"]) is not None:
        return value[int(no)] if int(no) < len(value) else None
    wanted = part["value"].strip("\"'")
    return next((v for v in value if isinstance(v, dict) and str(v.get(part["key"])) == wanted), None)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value[:TEXT_MOST]
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "\n".join(map(str, value))[:TEXT_MOST]
    return json.dumps(value, ensure_ascii=False)[:TEXT_MOST]
