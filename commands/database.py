"""The database of the settings."""

from __future__ import annotations

from db.engine import Database, async_url
from settings import Settings


class NoDatabase(Exception):
    """Said where a process is started by itself without knowing its PostgreSQL."""


def open_database(settings: Settings, *, pool_size: int = 20) -> Database:
    """Raises NoDatabase where `THROUGHLINE_DATABASE_URL` is not set."""
    if settings.database_url is None:
        raise NoDatabase("Set THROUGHLINE_DATABASE_URL, or start everything with: throughline up")
    password = settings.database_password.get_secret_value() if settings.database_password else None
    return Database(async_url(settings.database_url.get_secret_value(), password), pool_size=pool_size)
