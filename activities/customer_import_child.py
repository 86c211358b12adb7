"""Reads the rows of an import in a child process with limits, and writes them ready for COPY to standard output.

Standard input is one line of JSON (`Asked`). Each frame of the output is a letter, the length of what follows in four
bytes, and that: R rows and X rejected rows in COPY's text format, P how far it is as JSON, E a refusal, D the end. A P
closes what came before it: all of that is kept in one transaction. It knows no server, no key and no setting.
"""

from __future__ import annotations

import gc
import json
import resource
import struct
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

from activities.customer_import_lines import Lines
from activities.customer_import_sheet import COLUMNS_MOST, ROWS_MOST
from domain.customer_import_rows import Batch, Known, Reader, Rejected
from domain.refusal import Refused, invalid

HEAD = struct.Struct(">cI")
CELLS_KEPT, CELL_KEPT = 60, 500
"""Of a rejected row."""


def carried_out(work: Callable[[dict[str, Any]], None]) -> int:
    """Does `work` with what is asked, within limits; the child's exit code."""
    memory, cpu = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    asked = json.loads(sys.stdin.readline())
    gc.disable()  # nothing here refers to itself, and to look through millions of lists takes as long as to read them
    try:
        work(asked)
    except Refused as refused:
        say(b"E", json.dumps({"code": refused.code, "field": refused.field, "params": refused.params}).encode())
        return 0
    except MemoryError:
        return 3
    say(b"D", b"")
    return 0


def _read(asked: dict[str, Any]) -> None:
    """Every `lanes`th stretch of `batch` rows, from the `lane`th on: the others are another child's. Those in `done`
    were kept before."""
    reader = Reader(asked["mapping"], _known(asked))
    kept, size = frozenset(asked["done"]), asked["batch"]
    with open(asked["path"], "rb", buffering=1 << 20) as file:
        lines = Lines(file, asked["encoding"], asked["delimiter"])
        for no in count():
            before = no * size
            mine = no % asked["lanes"] == asked["lane"] and no not in kept
            batch = lines.take(size) if mine else []
            length = len(batch) if mine else lines.pass_over(size)
            if before + length > ROWS_MOST:
                raise invalid("import_rows_most", "file", most=ROWS_MOST)
            if batch:
                _check_width(batch, before)
                _tell(asked["id"], no, length, reader.batch(before + 1, batch))
            if length < size:
                return


def _known(asked: dict[str, Any]) -> Known:
    known = Known(asked["country"], asked["regions"], asked["owners"])
    if not asked["fields"]:
        return known
    from domain.field import Field  # these take longer to import than a small file to read
    from domain.field_value import Reading

    fields = {one["key"]: Field.model_validate_json(json.dumps(one)) for one in asked["fields"]}
    reading = Reading(asked["zone"], asked["country"], asked["people"], asked["departments"])
    return known._replace(fields=fields, reading=reading)


def _check_width(batch: list[list[str]], before: int) -> None:
    if max(map(len, batch)) > COLUMNS_MOST:
        at = next(at for at, row in enumerate(batch) if len(row) > COLUMNS_MOST)
        raise invalid("import_columns_most", "file", most=COLUMNS_MOST, columns=len(batch[at]), row=before + at + 2)


def _tell(import_id: str, no: int, rows: int, read: Batch) -> None:
    if read.good:
        say(b"R", read.lines.encode() + b"\n")
    if read.rejected:
        say(b"X", "".join(_line(import_id, each) for each in read.rejected).encode("utf-8", "replace"))
    say(b"P", json.dumps({"no": no, "rows": rows, "rejected": len(read.rejected)}).encode())


def _line(import_id: str, one: Rejected) -> str:
    cells = ",".join(_quoted(cell[:CELL_KEPT]) for cell in one.cells[:CELLS_KEPT])
    array = ("{" + cells + "}").replace("\\", "\\\\")
    return f"{import_id}\t{one.no}\trejected\t{one.wrong.field}\t{one.wrong.code}\t{array}\n"


def _quoted(cell: str) -> str:
    text = " ".join(cell.replace("\0", " ").split())
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def say(kind: bytes, body: bytes) -> None:
    sys.stdout.buffer.write(HEAD.pack(kind, len(body)))
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(carried_out(_read))
