"""`throughline user` and `throughline token`: who may come in, seen to from the machine itself."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from domain.access import Role
from launch.running import run_with_servers
from settings import Settings

if TYPE_CHECKING:
    from db.person import Person
    from launch.desk import Desk

NEEDS = "Needs PostgreSQL, as `throughline migrate` does; what is done is in the audit log, by 'terminal'."
user = typer.Typer(help=f"People who may sign in. {NEEDS}", no_args_is_help=True)
token = typer.Typer(help=f"What programs show instead of a password. {NEEDS}", no_args_is_help=True)
# Into a pipe as wide as it takes: another program reads it.
console = Console(highlight=False, markup=False, soft_wrap=True, width=None if sys.stdout.isatty() else 250)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


@user.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Argument(help="Their name.")],
    role: Annotated[list[Role], typer.Option(help="What they are; may be given more than once.")],
    unit: Annotated[str | None, typer.Option(help="Code of their unit; else the company itself.")] = None,
    manager: Annotated[str | None, typer.Option(help="E-mail of whom they report to.")] = None,
) -> None:
    """Take somebody on, and print the password to pass on to them."""

    async def act(desk: Desk) -> None:
        password = await desk.take_on(email, name, role, unit, manager)
        console.print(f"{email} signs in with the password {password} and is then asked for one of their own.")

    _at_desk(act)


@user.command("list")
def list_users() -> None:
    """List everybody, and whether they can sign in."""

    async def act(desk: Desk) -> None:
        table = Table(Column("E-mail", overflow="fold"), "Name", "Unit", "Roles", "Manager", "Sign-in", box=None)
        members = await desk.everybody()
        emails = {member.person.id: member.person.email for member in members}
        for member in members:
            person = member.person
            manager = emails.get(person.manager_id or "", "")
            roles = ", ".join(sorted(member.roles))
            table.add_row(person.email, person.name, member.unit.code, roles, manager, _sign_in(person))
        console.print(table)

    _at_desk(act)


@user.command("password")
def password(email: Email) -> None:
    """Print a new password to pass on.

    Ends a lock-out after wrong passwords, the second factor, and everything they are signed in to.
    """

    async def act(desk: Desk) -> None:
        console.print(f"{email} signs in with the password {await desk.new_password(email)}")

    _at_desk(act)


@user.command("lock")
def lock(email: Email) -> None:
    """Keep somebody from signing in, and sign them out everywhere."""

    async def act(desk: Desk) -> None:
        await desk.set_active(email, False)
        console.print(f"{email} can no longer sign in.")

    _at_desk(act)


@user.command("unlock")
def unlock(email: Email) -> None:
    """Let somebody who was locked sign in again."""

    async def act(desk: Desk) -> None:
        await desk.set_active(email, True)
        console.print(f"{email} can sign in.")

    _at_desk(act)


@token.command("create")
def create(
    email: Email,
    name: Annotated[str, typer.Argument(help="What it is for, such as 'web shop'.")],
    days: Annotated[int | None, typer.Option(help="How long it works; else until it is revoked.")] = None,
) -> None:
    """Make a token that may do what this person may do, and print it this once."""

    async def act(desk: Desk) -> None:
        console.print(await desk.new_token(email, name, days))

    _at_desk(act)


@token.command("list")
def list_tokens(email: Email) -> None:
    """List a person's tokens that still work."""

    async def act(desk: Desk) -> None:
        table = Table(Column("Id", min_width=36), "Name", "Made", "Last used", "Works until", box=None)
        for each in await desk.tokens(email):
            table.add_row(each.id, each.name, *map(_moment, (each.created_at, each.used_at, each.expires_at)))
        console.print(table)

    _at_desk(act)


@token.command("revoke")
def revoke(
    email: Email, token_id: Annotated[str, typer.Argument(help="As `throughline token list` shows it.")]
) -> None:
    """End a token at once."""

    async def act(desk: Desk) -> None:
        await desk.revoke_token(email, token_id)
        console.print("The token no longer works.")

    _at_desk(act)


def _sign_in(person: Person) -> str:
    if not person.active:
        return "locked"
    if person.password_temporary:
        return "start password"
    return "password and code" if person.totp_secret else "password"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _at_desk(act: Callable[[Desk], Awaitable[None]]) -> None:
    async def run(settings: Settings) -> None:
        from launch.desk import open_desk  # only now: `throughline up` does without what it imports

        async with open_desk(settings) as desk:
            await act(desk)

    run_with_servers(run, start=True, temporal=False)
