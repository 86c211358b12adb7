"""How many statements a page asks of the database: the application in this process, one request after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine, event

from launch.cast import DOMAIN, PASSWORD
from settings import Settings
from ui.app import create_app


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """All that is asked while this lasts."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def asked_for(name: str, paths: Iterable[str]) -> dict[str, int]:
    """Statements by path, for somebody of the cast."""
    app = create_app(Settings())
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app)
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=60) as client:
            form = {"username": f"{name}@{DOMAIN}", "password": PASSWORD}
            token = (await client.post("/api/token", data=form)).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            counted = {}
            for path in paths:
                with statements(app.state.services.db.engine.sync_engine) as asked:
                    (await client.get(path)).raise_for_status()
                counted[path] = len(asked)
            return counted
