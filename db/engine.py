"""The door to PostgreSQL: one engine per process, one transaction per session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

TIMEOUT = 2
"""Seconds: at or under a local activity's, so that a process learns soon that PostgreSQL is away."""


_ACTING = text("select set_config('app.actor', :actor, true)")
_NOTIFY = text("select pg_notify(c, p) from unnest(cast(:channels as text[]), cast(:payloads as text[])) as t (c, p)")
_TOLD = "told"


def notify(session: AsyncSession, channel: str, payload: str) -> None:
    """Tells who listens, once the transaction is committed: one statement at its end for all that is told in it."""
    session.info.setdefault(_TOLD, {})[channel, payload] = None


def async_url(url: str, password: str | None = None) -> str:
    """A postgresql:// URL as SQLAlchemy's psycopg driver takes it; `password` fills a URL that has none."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    if password and not parsed.password:
        parsed = parsed.set(password=password)
    return parsed.render_as_string(hide_password=False)


def plain_url(url: str) -> str:
    """The same URL for libpq (LISTEN, pg_dump)."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """`session()` yields an AsyncSession inside one transaction: committed at the end, rolled back on any error."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        self.engine = create_async_engine(
            async_url(url),
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=TIMEOUT,
            pool_pre_ping=True,
            hide_parameters=True,  # what people typed stays out of errors, and so out of logs and the Temporal UI
            connect_args={
                "connect_timeout": TIMEOUT,
                "options": f"-c statement_timeout={TIMEOUT * 1000} -c timezone=UTC",
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self, actor: str = "system") -> AsyncIterator[AsyncSession]:
        """`actor` (a person's id, or the name of what acts) is set as `app.actor` for the transaction."""
        async with self._sessions.begin() as session:
            await session.execute(_ACTING, {"actor": actor})
            yield session
            if told := session.info.pop(_TOLD, None):
                channels, payloads = zip(*told, strict=True)
                await session.execute(_NOTIFY, {"channels": list(channels), "payloads": list(payloads)})

    async def close(self) -> None:
        await self.engine.dispose()


async def take_time(session: AsyncSession, seconds: int = 60) -> None:
    """What reads or writes very many rows at once may take so long, until the transaction ends."""
    asked = {"most": f"{seconds}s"}
    await session.execute(text("select set_config('statement_timeout', :most, true)"), asked)
