"""The form of a policy's reasons: lines of a key, both languages and whether words are to go with it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData

from ui.policy_editor import new_row_id

PARTS = ("key", "zh", "en", "explain")
Line = dict[str, str]


def shown_reasons(reasons: object) -> list[Line]:
    """As a draft lists them; what cannot be read as a reason is left out."""
    return [_shown(one) for one in (reasons if isinstance(reasons, list) else []) if isinstance(one, dict)]


def _shown(reason: dict[str, Any]) -> Line:
    name = reason.get("name")
    name = name if isinstance(name, dict) else {}
    explain = "1" if reason.get("explain") else ""
    return {"key": str(reason.get("key", "")), "zh": name.get("zh", ""), "en": name.get("en", ""), "explain": explain}


def typed_reasons(form: FormData) -> list[Line]:
    parts = [[str(value).strip() for value in form.getlist(part)] for part in PARTS]
    return [dict(zip(PARTS, line, strict=True)) for line in zip(*parts, strict=False)]


def rearranged_reasons(lines: Sequence[Line], do: str) -> list[Line]:
    """`do`: add, one more; drop:<no>, one less; up:<no> and down:<no>, one place earlier or later."""
    made = list(lines)
    act, _, no = do.partition(":")
    if act == "add":
        return [*made, dict.fromkeys(PARTS, "")]
    if not (no.isascii() and no.isdigit() and int(no) < len(made)):
        return made
    line = made.pop(int(no))
    if act in ("up", "down"):
        made.insert(max(int(no) + (-1 if act == "up" else 1), 0), line)
    return made


def reasons_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines without a word are left out. A new reason gets a key that none ever had: records keep it for good."""
    return [
        {
            "key": line["key"] or new_row_id(),
            "name": {"zh": line["zh"] or line["en"], "en": line["en"] or line["zh"]},
            "explain": line["explain"] == "1",
        }
        for line in lines
        if line["zh"] or line["en"]
    ]
