"""What the PostgreSQL server is, for those who look after it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class ServerFacts:
    version: str
    encoding: str
    folds_case: bool
    """Whether letters beyond ASCII have an upper and a lower case here, so that searches find them either way."""
    extensions: tuple[str, ...]
    size: int
    """Bytes of this database."""


async def server_facts(session: AsyncSession) -> ServerFacts:
    version, encoding, folded, size = (
        await session.execute(
            text(
                "select current_setting('server_version'), current_setting('server_encoding'), lower('É'),"
                " pg_database_size(current_database())"
            )
        )
    ).one()
    extensions = await session.scalars(text("select extname from pg_extension order by extname"))
    return ServerFacts(version, encoding, folded == "é", tuple(extensions), size)
