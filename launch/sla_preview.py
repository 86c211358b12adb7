"""`throughline sla preview`: what calendars make of many cases, without a server and without a workspace."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from launch.failure import LaunchFailed

LONGEST_LINE = 4_000_000
"""Characters: a calendar with every exception it may have is well within."""

sla = typer.Typer(help="Reckon service levels.", no_args_is_help=True)


@sla.callback()
def service_levels() -> None:
    """Reckon service levels."""


@sla.command()
def preview(
    file: Annotated[str, typer.Argument(help="JSON lines; - reads standard input.", show_default=False)],
) -> None:
    """When targets are due, how long was worked, when work begins again: one JSON object a line in and out.

    Needs no server. A line has "calendar" and, as asked, "start", "target", "pauses", "end", "at"; docs/sla-preview.md
    says all of it. A line that cannot be used gives a line with "error", and in the end exit code 1.
    """
    failed = False
    for answer in _answers(file):
        failed = failed or "error" in answer
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    raise typer.Exit(1 if failed else 0)


def _answers(file: str) -> Iterator[dict[str, Any]]:
    try:
        with ExitStack() as opened:
            lines = sys.stdin.buffer if file == "-" else opened.enter_context(Path(file).open("rb"))
            for number, line in enumerate(lines, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip()
                if text:
                    yield _answer(number, text)
    except OSError as error:
        raise LaunchFailed(f"{file} cannot be read: {error.strerror or error}.") from error


def _answer(number: int, text: str) -> dict[str, Any]:
    """The line's `id` comes back with its answer, and its number where it has none."""
    from domain.refusal import Refused, invalid
    from domain.sla_preview import as_json, built_in
    from domain.sla_preview import preview as reckon

    known: dict[str, Any] = {"line": number}
    try:
        if len(text) > LONGEST_LINE:
            raise invalid("case_too_long", "", most=LONGEST_LINE)
        try:
            case = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise invalid("case_unreadable", "", what=str(error)) from error
        if not isinstance(case, dict):
            raise invalid("case_unreadable", "", what=f"{type(case).__name__} instead of an object")
        if "id" in case:
            known = {"id": case["id"], "line": number}
        return known | as_json(reckon(case, built_in))
    except Refused as refused:
        return known | {"error": _error(refused)}


def _error(refused: Any) -> dict[str, Any]:
    """The code, the field at fault where there is one, and an English sentence."""
    from locales.refusals import refusal_text

    said: dict[str, Any] = {"code": refused.code, "message": refusal_text(refused, "en")}
    if refused.field:
        said["field"] = refused.field
    if problems := refused.params.get("problems"):
        said["problems"] = problems
    return said
