"""`throughline contract check`: what contracts say, without a server and without keeping anything."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from launch.failure import LaunchFailed

contract = typer.Typer(help="Read contracts.", no_args_is_help=True)


@contract.callback()
def contracts() -> None:
    """Read contracts."""


@dataclass(frozen=True)
class Asked:
    """`file` as it was given, `path` where it is."""

    file: str
    path: Path
    our_party: str


@contract.command()
def check(
    files: Annotated[list[str] | None, typer.Argument(help="PDF files.", show_default=False)] = None,
    manifest: Annotated[
        str, typer.Option(help='JSON lines with "file", relative to the manifest, and "our_party".', show_default=False)
    ] = "",
    our_party: Annotated[str, typer.Option(help="What the contract calls our side, or our company's name.")] = "",
    standard: Annotated[
        str, typer.Option(help="The company's standard as a JSON file, instead of the one built in.")
    ] = "",
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read scanned pages with tesseract. Its words may be wrong.")
    ] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, also at a terminal.")] = False,
) -> None:
    """Read contracts and find the clauses that matter, with their value, place and risk.

    Needs no server. Every file gives a row of kind `_document` with its state: text, needs_ocr, password_required,
    refused, unreadable or unsupported. What was not read as text has been judged in part at most. What --ocr read off
    scanned pages says "by_ocr"; the document stays one that somebody has to read.
    """
    if bool(files) == bool(manifest):
        raise LaunchFailed("Name the files to check, or a --manifest that lists them.")
    asked = _of_manifest(Path(manifest)) if manifest else [Asked(name, Path(name), our_party) for name in files or []]
    rows_only = jsonl or bool(manifest) or not sys.stdout.isatty()
    failed = False
    if ocr:
        _needs_tesseract()
    for rows, problem in _checked(asked, standard, ocr):
        if problem:
            failed = True
            typer.echo(problem, err=True)
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False) if rows_only else _in_words(row))
    raise typer.Exit(1 if failed else 0)


def _needs_tesseract() -> None:
    from activities.scan_reader import tesseract

    if tesseract() is None:
        raise LaunchFailed("Scanned pages need tesseract with chi_sim or eng, which is not installed.")


def _read(path: Path, ocr: bool) -> Any:
    """As it is, or with what OCR reads of its scanned pages."""
    from activities.document_reader import read_document
    from activities.scan_reader import read_scans, with_scans
    from domain.clause.page import State

    reading = read_document(path)
    if not ocr or reading.state is not State.NEEDS_OCR:
        return reading
    with tempfile.TemporaryDirectory(prefix="throughline-ocr-") as folder:
        unread = [no for no, page in enumerate(reading.pages, 1) if page.unread]
        complete = asyncio.run(read_scans(path, unread, Path(folder)))
        reading = with_scans(reading, Path(folder))
    return reading if complete else replace(reading, limit="ocr")


def _checked(asked: list[Asked], standard: str, ocr: bool) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """The rows of each file, and a sentence about what went wrong with it."""
    from activities.clause_rows import for_people, rows
    from domain.clause.page import Reading, State
    from domain.clause.standard import built_in

    measure = _standard(Path(standard)) if standard else built_in()
    for each in asked:
        problem = ""
        try:
            reading = _read(each.path, ocr)
        except OSError as error:
            reading, problem = Reading(State.UNREADABLE), f"{each.file} cannot be opened: {error.strerror or error}."
        said, failed = rows(reading, measure, each.file, each.our_party)
        yield for_people(said), f"{each.file} could not be checked: {failed}." if failed else problem


def _of_manifest(path: Path) -> list[Asked]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchFailed(f"The manifest {path} cannot be read: {error}.") from error
    asked = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            file = row["file"]
            ours = row.get("our_party") or ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LaunchFailed(f'Line {number} of {path} is no JSON object with a "file".') from error
        if not isinstance(file, str) or not isinstance(ours, str) or "\0" in file:
            raise LaunchFailed(f'Line {number} of {path}: "file" and "our_party" are texts.')
        asked.append(Asked(file, path.parent / file, ours))
    return asked


def _standard(path: Path) -> Any:
    from domain.clause.standard import ClauseStandard
    from domain.policy import load
    from domain.refusal import Refused

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LaunchFailed(f"The standard {path} cannot be read as JSON: {error}.") from error
    if not isinstance(document, dict):
        raise LaunchFailed(f"The standard {path} is no JSON object.")
    try:
        return load(ClauseStandard, document)
    except Refused as refused:
        problems: Any = refused.params.get("problems", [])
        said = "; ".join(f"{each['where']}: {each['what']}" for each in problems)
        raise LaunchFailed(f"The standard {path} is not valid. {said}") from refused


def _in_words(row: dict[str, Any]) -> str:
    if row["kind"] == "_document":
        more = f" ({row['limit']})" if row.get("limit") else ""
        more += ", read by OCR" if row.get("by_ocr") else ""
        return f"\n{row['file']}: {row['state']}{more}, {row['pages']} pages"
    place = f"page {row['page']}" if row["page"] else "nowhere"
    return f"  {row['risk']:6} {row['kind']:20} {row['value']:18} {place}  {row['quote'] or ''}"
