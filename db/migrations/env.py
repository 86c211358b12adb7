"""Alembic's entry: one connection, one advisory lock, one transaction for all that is missing."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from db.tables import Base

LOCK = 7_468_726


def migrate() -> None:
    engine = create_engine(context.config.attributes["url"])
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
