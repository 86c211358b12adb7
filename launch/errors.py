"""The one sentence for an error that somebody at the terminal can do something about."""

from __future__ import annotations

import os

import psycopg
from pydantic import ValidationError

from domain.refusal import Refused
from keys import UnusableKey
from launch.failure import LaunchFailed
from locales.refusals import refusal_text


def explained(error: Exception) -> str | None:
    """None for what nobody foresaw: that deserves its traceback. Secrets are never part of the sentence."""
    match error:
        case LaunchFailed() | UnusableKey():
            return str(error)
        case Refused():
            return refusal_text(error, "en")
        case ValidationError():
            return " ".join(_about_value(error.title, detail["loc"], detail["msg"]) for detail in error.errors())
        case psycopg.OperationalError():
            return f"PostgreSQL cannot be reached: {_first_line(error)}."
        case _:
            return _explained_by_name(error)


def _explained_by_name(error: Exception) -> str | None:
    """Of packages that this process may not have loaded, and need not load to say so."""
    origin = f"{type(error).__module__.split('.')[0]}.{type(error).__name__}"
    match origin:
        case "commands.NoDatabase":
            return str(error)
        case "sqlalchemy.OperationalError":
            return f"PostgreSQL cannot be reached: {_first_line(getattr(error, 'orig', error))}."
        case "sqlalchemy.ProgrammingError" if "Undefined" in type(getattr(error, "orig", None)).__name__:
            return "The database is not up to date: run `throughline migrate`."
        case "alembic.CommandError" if "locate revision" in str(error):
            return "The database was brought up to date by a newer version of Throughline: use that version."
        case "temporalio.RPCError" | "builtins.RuntimeError" if "connect" in str(error).lower():
            address = os.environ.get("TEMPORAL_ADDRESS", "its default address")
            return f"Temporal cannot be reached at {address}."
        case _:
            return None


def _about_value(title: str, place: tuple[int | str, ...], message: str) -> str:
    name = "_".join(map(str, place))
    what = f"The setting THROUGHLINE_{name.upper()}" if title == "Settings" else f"The {name.replace('_', ' ')}"
    return f"{what} is not valid: {message}."


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no reason was given"
