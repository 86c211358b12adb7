"""Brings a database to the schema this code needs; Alembic's migrations stand in db/migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from db.engine import async_url

HERE = Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = async_url(url)
    return config


def upgrade(url: str) -> None:
    """Applies what is missing, under an advisory lock, so that several processes may call it at once."""
    command.upgrade(_config(url), "head")


def current_and_head(url: str) -> tuple[str | None, str | None]:
    """The database's revision (None: empty) and the one this code needs."""
    engine = create_engine(async_url(url))
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return current, ScriptDirectory.from_config(_config(url)).get_current_head()


def is_current(url: str) -> bool:
    """Whether the schema is the one this code needs. Raises Alembic's CommandError where a newer version made it."""
    current, head = current_and_head(url)
    if current is not None:
        ScriptDirectory.from_config(_config(url)).get_revision(current)
    return current == head
