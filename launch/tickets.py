"""`throughline tickets`: trains the text model and routes texts by it; without a server, and keeping nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from launch.failure import LaunchFailed

if TYPE_CHECKING:
    from domain.ticket_model import LanguageHeader, TicketModel

TRIAGE = "triage"
csv.field_size_limit(1_000_000)

tickets = typer.Typer(help="Route texts to queues.", no_args_is_help=True)
model = typer.Typer(help="The text model that guesses queues.", no_args_is_help=True)
tickets.add_typer(model, name="model")


@tickets.callback()
def callback() -> None:
    """Route texts to queues."""


@model.command()
def train(
    files: Annotated[
        list[Path],
        typer.Argument(help='CSV with a heading, or .jsonl: "text", "queue", optional "intent".', show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="Where the model is written.", show_default=False)],
    confidence: Annotated[float, typer.Option(help="Below it a text goes to triage.", min=0.0, max=1.0)] = 0.6,
) -> None:
    """Train a model from labelled texts, and say how well it does on texts it has not seen.

    Rows with the queue "triage" belong to no queue: no class is made of them, they teach what not to be sure about.
    """
    from activities.ticket_trainer import Case, train_model
    from domain.refusal import Refused
    from domain.ticket_model import unpack

    cases = [
        Case(text=row["text"], queue=row.get("queue") or TRIAGE, finer=row.get("intent") or None)
        for file in files
        for row in _rows(file)
    ]
    try:
        document = train_model(cases, confidence)
    except Refused as refused:
        raise LaunchFailed("Training took more time or memory than it may.") from refused
    if not document:
        raise LaunchFailed("Too little to learn from: at least two queues with ten texts each, in one language.")
    try:
        out.write_bytes(document)
    except OSError as error:
        raise LaunchFailed(f"The model cannot be written to {out}: {error.strerror or error}.") from error
    typer.echo(f"{out}: {len(document) / 1024:.0f} KiB")
    for language, header in unpack(document).header.languages.items():
        for line in _measured(language, header, confidence):
            typer.echo(line)


@tickets.command()
def route(
    file: Annotated[
        Path, typer.Argument(help="CSV with a heading, or .jsonl, with texts in the column text; or .txt.")
    ],
    model_file: Annotated[Path, typer.Option("--model", help="A model that was trained before.", show_default=False)],
    confidence: Annotated[
        float | None, typer.Option(help="Below it a text goes to triage, instead of the model's.", min=0.0, max=1.0)
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = False,
) -> None:
    """Say for each text its queue, how sure that is, and the three best guesses; in the order of the file."""
    from domain.refusal import Refused
    from domain.ticket_model import unpack

    try:
        found = unpack(model_file.read_bytes())
    except OSError as error:
        raise LaunchFailed(f"The model {model_file} cannot be read: {error.strerror or error}.") from error
    except Refused as refused:
        raise LaunchFailed(f"{model_file} is no model that `tickets model train` wrote.") from refused
    least = found.header.confidence if confidence is None else confidence
    for no, row in enumerate(_rows(file)):
        said = {"id": row.get("id") or str(no), **routed(found, row["text"], least)}
        typer.echo(
            json.dumps(said, ensure_ascii=False) if jsonl else f"{said['queue']}\t{said['confidence']}\t{row['text']}"
        )


def routed(found: TicketModel, text: str, least: float) -> dict[str, Any]:
    """`queue` is `triage` where the best guess is not sure enough, or of a queue the model is not good at."""
    from domain.sentiment import sentiment

    guesses = found.guess(text)
    best = guesses[0] if guesses else None
    measure = found.measures(text).get(best.queue) if best else None
    sure = best is not None and best.confidence >= least and measure is not None and measure.used
    feeling = sentiment(text)
    return {
        "queue": best.queue if best and sure else TRIAGE,
        "confidence": best.confidence if best else 0.0,
        "triage": not sure,
        "guesses": [guess.model_dump() for guess in guesses],
        "sentiment": {"score": feeling.score, "words": list(feeling.words)},
    }


def _measured(language: str, header: LanguageHeader, confidence: float) -> Iterator[str]:
    measure = header.measure
    right = "none" if measure.right is None else f"{measure.right:.1%} of them rightly"
    yield (
        f"{language}: {measure.rows} texts, best guess right for {measure.first:.1%}; at confidence {confidence:g} "
        f"{measure.answered:.1%} are given a queue, {right}"
    )
    if measure.strange:
        yield f"  of {measure.strange} texts that belong to no queue, {measure.strange_kept} go to triage"
    for queue, one in measure.queues.items():
        precision = "-" if one.precision is None else f"{one.precision:.1%}"
        used = "" if one.used else "  (not used)"
        yield f"  {queue:24} {one.cases:6} texts {one.answered:6} given {precision:>7} right{used}"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Raises LaunchFailed for what cannot be read, naming the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix == ".txt":
                yield from ({"text": line.rstrip("\r\n")} for line in file)
            elif path.suffix in (".jsonl", ".json", ".ndjson"):
                yield from (_object(path, no, line) for no, line in enumerate(file, 1) if line.strip())
            else:
                yield from _sheet(path, csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LaunchFailed(f"{path} cannot be read: {error}.") from error


def _object(path: Path, no: int, line: str) -> dict[str, str]:
    try:
        row = json.loads(line)
        if not isinstance(row["text"], str):
            raise TypeError
        return {key: str(value) for key, value in row.items() if value is not None}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LaunchFailed(f'Line {no} of {path} is no JSON object with a "text".') from error


def _sheet(path: Path, reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    if "text" not in (reader.fieldnames or ()):
        raise LaunchFailed(f"{path} has no column text in its heading.")
    for row in reader:
        yield {key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str)} | {
            "text": row["text"] or ""
        }
