"""Texts that a spreadsheet program would calculate, made harmless; and a sheet's rows as XLSX has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula."""
LONGEST_CELL = 32_767
"""Characters of one cell."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

Value = str | int | float | None


def defused(value: Value) -> Value:
    """Figures as they are; a text that a spreadsheet would calculate is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def sheet_row(values: Iterable[Value]) -> str:
    """A row of a worksheet; texts stand in the cell itself and are never formulas there."""
    return f"<row>{''.join(map(_cell, values))}</row>"


def _cell(value: Value) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    said = escape(_NOT_XML.sub("", value)[:LONGEST_CELL])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'
