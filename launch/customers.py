"""`throughline customers`: customers taken in from the machine itself."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from launch.failure import LaunchFailed
from launch.running import run_with_servers
from settings import Settings

customers = typer.Typer(help="Customers, by the file.", no_args_is_help=True)


class Mode(StrEnum):
    BOTH = "both"
    CREATE = "create"
    UPDATE = "update"


@customers.callback()
def callback() -> None:
    """Customers, by the file."""


@customers.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, Excel, ODS or NDJSON with a heading.", exists=True, dir_okay=False, readable=True),
    ],
    by: Annotated[str, typer.Option(help="E-mail of whose import it is.", show_default=False)],
    region: Annotated[str, typer.Option(help="Code of the region of rows that name none.", show_default=False)],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="HEADING=FIELD", help="Instead of the guess; HEADING= leaves a column out."),
    ] = None,
    whose: Annotated[
        str, typer.Option(help="Whose new customers are: pool, rule, pool:KEY, or somebody's e-mail.")
    ] = "pool",
    mode: Annotated[Mode, typer.Option(help="What becomes of rows: new customers, updates, or both.")] = Mode.BOTH,
    bulk: Annotated[bool, typer.Option("--bulk", help="Drop indexes meanwhile: quicker, and lists are slow.")] = False,
    look: Annotated[bool, typer.Option("--look", help="Only say which field each column would be.")] = False,
    rejected: Annotated[
        Path | None, typer.Option(help="Write rows that were not used there, as CSV with the reason.")
    ] = None,
) -> None:
    """Take in a file of customers, and wait until it is done.

    Needs both servers and a worker: those of a `throughline up` on the same data folder, or yours. Stopping this
    command stops nothing: the import goes on, and its page shows how far it is.
    """

    async def run(settings: Settings) -> None:
        from launch.customer_import import Wanted, take_in  # only now: it takes a second to import

        wanted = Wanted(by, region, _pairs(columns or []), whose, mode.value, bulk, look, rejected)
        await take_in(settings, file, wanted, Console(highlight=False, markup=False))

    run_with_servers(run, start=False)


def _pairs(columns: list[str]) -> dict[str, str]:
    found = {}
    for one in columns:
        heading, sign, field = one.rpartition("=")
        if not sign or not heading:
            raise LaunchFailed(f"--map {one}: give a heading and its field, such as --map 电话=phone.")
        found[heading.strip()] = field.strip()
    return found
