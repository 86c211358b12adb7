"""Gives rows of an import's file once more as they stand there, to whoever asks by their numbers. A child with limits.

Standard input is a line of JSON that says how the file is written, then a line of numbers for each ask: they only grow.
Each is answered by a frame C (`activities.customer_import_child`) with the cells of those rows as JSON, of as many from
the first on as are not too much at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from activities.customer_import_child import carried_out, say
from activities.customer_import_lines import Lines
from domain.customer_import_rows import as_sent

PASSED = 20_000
"""Rows passed over at a time, so that a long way costs no memory."""
MOST = 2 * 1024**2
"""Characters that are enough for one answer."""


def _give(asked: dict[str, Any]) -> None:
    with open(asked["path"], "rb", buffering=1 << 20) as file:
        lines, at = Lines(file, asked["encoding"], asked["delimiter"]), 0
        for ask in sys.stdin:
            rows: list[Sequence[str]] = []
            size = 0
            for no in json.loads(ask):
                if size > MOST:
                    break
                rows.append(_row(lines, no - at - 1))
                at = no
                size += sum(map(len, rows[-1]))
            say(b"C", json.dumps(rows).encode())


def _row(lines: Lines, before: int) -> Sequence[str]:
    """The one that comes after so many; empty beyond the end of the file."""
    while before > 0 and (passed := lines.pass_over(min(before, PASSED))):
        before -= passed
    return as_sent(next(iter(lines.take(1)), []))


if __name__ == "__main__":
    sys.exit(carried_out(_give))
