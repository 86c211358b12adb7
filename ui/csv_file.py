"""Tables as CSV files for a spreadsheet program."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from io import StringIO
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from domain.money import plain_amount
from domain.spreadsheet import Value, defused

__all__ = ["Value", "csv_file", "csv_stream", "figure"]
MEDIA_TYPE = "text/csv; charset=utf-8"


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> Response:
    """To be saved as `name`.csv; begins with the mark by which Excel knows UTF-8."""
    return Response(_lines([head, *rows]).encode("utf-8-sig"), media_type=MEDIA_TYPE, headers=_headers(name))


def csv_stream(name: str, head: Sequence[str], pages: AsyncIterator[Iterable[Sequence[Value]]]) -> StreamingResponse:
    """`csv_file` for any number of rows, a page of them in memory at a time."""

    async def parts() -> AsyncIterator[bytes]:
        yield _lines([head]).encode("utf-8-sig")
        async for rows in pages:
            yield _lines(rows).encode()

    return StreamingResponse(parts(), media_type=MEDIA_TYPE, headers=_headers(name))


def _lines(rows: Iterable[Sequence[Value]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([defused(value) for value in row] for row in rows)
    return text.getvalue()


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv",
        "Cache-Control": "no-store",
    }


def figure(minor: int, currency: str) -> float:
    """An amount that a spreadsheet can add up, in major units."""
    return float(plain_amount(minor, currency))
