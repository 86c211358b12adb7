"""The database of the settings."""

from __future__ import annotations

from db.engine import Database, async_url
from settings import Settings


class NoDatabase(Exception):
    """Said where a process is started by itself without knowing its PostgreSQL."""


def database_url(settings: Settings) -> str:
    """With its password. Raises NoDatabase where `THROUGHLINE_DATABASE_URL` is not set."""
    if settings.database_url is None:
        raise NoDatabase("Set THROUGHLINE_DATABASE_URL, or start everything with: throughline up")
    password = settings.database_password.get_secret_value() if settings.database_password else None
    return async_url(settings.database_url.get_secret_value(), password)


def open_database(settings: Settings, *, pool_size: int = 20) -> Database:
    """Raises NoDatabase."""
    return Database(database_url(settings), pool_size=pool_size)
