"""`throughline`: the command line. A command says what it does and needs; errors are one sentence and exit code 1."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from launch.contract_verify import contract
from launch.customers import customers
from launch.errors import explained
from launch.failure import LaunchFailed
from launch.logs import configure_logs
from launch.people import token, user
from launch.running import run_with_servers
from launch.sla_preview import sla
from launch.tickets import tickets
from settings import Settings

app = typer.Typer(
    help="Throughline, a CRM whose business processes are durable workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(user, name="user")
app.add_typer(token, name="token")
app.add_typer(contract, name="contract")
app.add_typer(customers, name="customers")
app.add_typer(sla, name="sla")
app.add_typer(tickets, name="tickets")


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
    from temporalio import activity, workflow

    from launch.schema import until_migrated
    from worker.main import run_worker

    # Said in fields of its own, see launch.logs.
    workflow.logger.workflow_info_on_message = activity.logger.activity_info_on_message = False

    async def run(settings: Settings) -> None:
        configure_logs(settings.log_format)
        await until_migrated(settings)
        await run_worker(settings)

    run_with_servers(run, start=False)


@app.command()
def web() -> None:
    """Serve the pages and the API, until Ctrl-C.

    Needs both servers, as `throughline worker` does, and its port: THROUGHLINE_PORT.
    """
    import uvicorn

    from launch.ports import require_free
    from launch.schema import until_migrated
    from ui.app import create_app

    async def run(settings: Settings) -> None:
        configure_logs(settings.log_format)
        require_free(settings.host, settings.port)
        app = create_app(settings)
        await until_migrated(settings)
        gc.collect()
        gc.freeze()  # what is there now stays: to look through it for garbage took a tenth of each page
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Pages hold a stream open for as long as they are looked at: nobody waits for those to end.
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            await asyncio.shield(serving)  # a stop is no error to the server: it ends by itself when asked to
        finally:
            server.should_exit = True
            await serving

    run_with_servers(run, start=False)


@app.command()
def migrate() -> None:
    """Bring PostgreSQL and Temporal up to date with this version. Safe to repeat, and beside a running app.

    Needs both servers: yours, those of a running `throughline up`, or else ones started on the data folder for this.
    """
    run_with_servers(_migrate, start=True)


@app.command()
def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where there are people already.")] = False,
) -> None:
    """Do what `migrate` does, then load the demo company: people, customers, deals in every stage.

    Needs an installation without people, and both servers, as `migrate` does.
    """
    from launch.sign_in import demo_people_are_there, people_are_there, sign_in_lines

    async def run(settings: Settings) -> None:
        await _migrate(settings)
        if not await people_are_there(settings):
            from launch.demo import load_demo_once  # only now: it takes seconds to import

            await load_demo_once(settings)
        elif not if_empty:
            raise LaunchFailed("There are people here already: the demo company is for an installation without any.")
        if await demo_people_are_there(settings):
            for line in sign_in_lines():
                typer.echo(line)

    run_with_servers(run, start=True)


@app.command()
def doctor(
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended of what people see of cases.")] = False,
) -> None:
    """Look at everything this installation stands on, and compare every case with what people see of it.

    Says what to do about what is wrong, and then ends with exit code 1. Needs both servers, as `migrate` does.
    """
    from launch.doctor import examine

    console = Console(highlight=False, soft_wrap=True)
    wrong = 0

    async def run(settings: Settings) -> None:
        nonlocal wrong
        async for finding in examine(settings, mending=mend):
            wrong += bool(finding.advice)
            mark = "[red]✗[/red]" if finding.advice else "[green]✓[/green]"
            console.print(mark, f"{finding.what}: {escape(finding.found)}")
            if finding.advice:
                console.print("  ", escape(finding.advice))

    run_with_servers(run, start=True)
    raise typer.Exit(1 if wrong else 0)


async def _migrate(settings: Settings) -> None:
    from commands.database import open_database
    from db.migrate import upgrade
    from launch.search_attributes import register_search_attributes

    await asyncio.to_thread(upgrade, open_database(settings).url)
    await register_search_attributes()


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
