"""Tables as CSV files for a spreadsheet program."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from urllib.parse import quote

from starlette.responses import Response

from domain.money import plain_amount

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula."""

Value = str | int | float | None


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """To be saved as `name`.csv; begins with the mark by which Excel knows UTF-8."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_cell, head))
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv",
        "Cache-Control": "no-store",
    }
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def figure(minor: int, currency: str) -> float:
    """An amount that a spreadsheet can add up, in major units."""
    return float(plain_amount(minor, currency))


def _cell(value: Value) -> Value:
    """Figures as they are; a text that a spreadsheet would calculate is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
