"""`throughline`: the command line. A command says what it does and needs; errors are one sentence and exit code 1."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from launch.errors import explained
from launch.logs import configure_logs
from launch.people import token, user
from launch.running import run_with_servers
from settings import Settings

app = typer.Typer(
    help="Throughline, a CRM whose business processes are durable workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(user, name="user")
app.add_typer(token, name="token")


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Load the demo company into an installation that is still empty.")] = True,
) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C.

    Starts PostgreSQL and a Temporal server, unless THROUGHLINE_DATABASE_URL and TEMPORAL_ADDRESS name yours; brings
    the database up to date; starts the worker and the web server. Needs nothing. A second start goes on with the same
    data, in THROUGHLINE_HOME.
    """
    from launch.console import Terminal
    from launch.up import up as run

    with suppress(asyncio.CancelledError):
        asyncio.run(run(Settings(), demo=demo, terminal=Terminal()))


@app.command()
def worker() -> None:
    """Run the processes: a Temporal worker, until Ctrl-C.

    Needs both servers: those of a `throughline up` on the same data folder, or THROUGHLINE_DATABASE_URL and
    TEMPORAL_ADDRESS. Run as many as you like.
    """
    from worker.main import run_worker

    async def run(settings: Settings) -> None:
        configure_logs(settings.log_format)
        await run_worker(settings)

    run_with_servers(run, start=False)


@app.command()
def web() -> None:
    """Serve the pages and the API, until Ctrl-C.

    Needs both servers, as `throughline worker` does, and its port: THROUGHLINE_PORT.
    """
    import uvicorn

    from launch.ports import require_free
    from ui.app import create_app

    async def run(settings: Settings) -> None:
        configure_logs(settings.log_format)
        require_free(settings.host, settings.port)
        config = uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Pages hold a stream open for as long as they are looked at: nobody waits for those to end.
            timeout_graceful_shutdown=3,
        )
        await uvicorn.Server(config).serve()

    run_with_servers(run, start=False)


@app.command()
def migrate() -> None:
    """Bring the database up to date with this version. Safe to repeat, and beside a running app.

    Needs PostgreSQL: yours, that of a running `throughline up`, or else one started on the data folder for this.
    """

    async def run(settings: Settings) -> None:
        await asyncio.to_thread(_upgrade, settings)

    run_with_servers(run, start=True, temporal=False)


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there are people already.")] = False,
) -> None:
    """Bring the database up to date, and load the demo company into it: people, customers, deals in every stage.

    Needs an installation without people, and both servers, as `throughline migrate` does.
    """
    from launch.demo import load_demo_once

    async def run(settings: Settings) -> None:
        await asyncio.to_thread(_upgrade, settings)
        await load_demo_once(settings, if_empty=if_empty)

    run_with_servers(run, start=True)


def _upgrade(settings: Settings) -> None:
    from commands.database import open_database
    from db.migrate import upgrade

    upgrade(open_database(settings).url)


def main() -> NoReturn:
    os.umask(0o077)  # logs, documents and keys are nobody else's business on this machine
    code = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception as error:
        sentence = explained(error)
        if sentence is None:
            logging.getLogger("throughline").exception("This should not have happened.")
        else:
            print(sentence, file=sys.stderr)  # noqa: T201
        code = 1
    # Temporal's native runtime can abort while the interpreter takes itself down (exit codes 134 and 139, in 7 of 37
    # runs). Everything is closed by now: write out what was said, and leave without that.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
