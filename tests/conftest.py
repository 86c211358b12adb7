"""What the stories stand on. Everything runs on a real PostgreSQL and a real Temporal server, started once.

servers       (session)  the embedded servers: `.database_url`, `.temporal_address`, `.temporal_ui_url`;
                         `TEMPORAL_ADDRESS` points at them while tests run
database_url  (module)   a database of this module's own, migrated, with the cast in it
db            (module)   the door to it
people        (module)   ids of the cast by `launch.cast.Part.key` ("li.wei") and of its units by code ("east")
settings      (module)   settings for that database, with a data folder that is gone afterwards
app           (module)   the whole application, started
worker        (module)   the processes run: a worker on a queue of this module's own, and the relay of the outbox
selling       (module)   deals brought to any stage by the real commands (needs `worker`)
client                   a browser that has not signed in
sign_in                  `await sign_in("li.wei")`, or `sign_in(person_id=...)`: a browser that has signed in; it
                         sends its CSRF token by itself
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Protocol
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from psycopg import AsyncConnection, sql
from pydantic import SecretStr
from sqlalchemy import make_url

from api.auth import cookie_name
from api.services import Services
from commands.credentials import Visitor
from commands.policy import publish_defaults
from db.engine import Database, plain_url
from db.migrate import upgrade
from launch.cast import load_cast
from launch.embedded import Servers, embedded_servers, temporary_home
from settings import Settings
from tests.selling import Selling
from ui.app import create_app
from worker.mail import Mailer
from worker.main import build_worker
from worker.relay import Relay
from worker.webhook import WebhookSender

TEMPLATE = "throughline_template"


class SignIn(Protocol):
    async def __call__(self, key: str = "", *, person_id: str = "") -> AsyncClient: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What races real servers and a browser for two cores may be late once; what is wrong is wrong again."""
    for item in items:
        if "domain" not in item.path.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Servers]:
    with temporary_home() as home, pytest.MonkeyPatch.context() as environment:
        async with embedded_servers(home) as running:
            environment.setenv("TEMPORAL_ADDRESS", running.temporal_address)
            yield running


@pytest.fixture(scope="session")
async def template(servers: Servers) -> str:
    """A migrated database with the cast in it, for every module's own to be copied from."""
    url = await _create(servers, TEMPLATE)
    await asyncio.to_thread(upgrade, url)
    db = Database(url)
    async with db.session() as session:
        await load_cast(session)
    await db.close()
    return TEMPLATE


@pytest.fixture(scope="module")
async def database_url(servers: Servers, template: str) -> str:
    return await _create(servers, f"test_{uuid4().hex}", template)


async def _create(servers: Servers, name: str, template: str = "template1") -> str:
    url = make_url(servers.database_url)
    connection = await AsyncConnection.connect(plain_url(servers.database_url), autocommit=True)
    async with connection:
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        await connection.execute(sql.SQL("create database {name} template {template}").format(**names))
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def people(db: Database) -> dict[str, str]:
    async with db.session() as session:
        return await load_cast(session)


@pytest.fixture(scope="module")
def settings(servers: Servers, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        database_url=SecretStr(database_url),
        temporal_ui_url=servers.temporal_ui_url,
        task_queue=f"test-{uuid4().hex}",
        form_seconds=0,  # a test types faster than a person
    )


@pytest.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    started = create_app(settings)
    async with started.router.lifespan_context(started):
        yield started


@pytest.fixture(scope="module")
async def worker(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await publish_defaults(services.db)
    relay = Relay(
        services.db,
        services.leads.desk.processes,
        Mailer(services.settings),
        WebhookSender(services.db, services.settings),
    )
    async with build_worker(services.temporal, services.db, services.settings):
        carrying = asyncio.create_task(relay.run())
        yield
        carrying.cancel()
        with suppress(asyncio.CancelledError):
            await carrying


@pytest.fixture(scope="module")
def selling(app: FastAPI, worker: None, people: dict[str, str]) -> Selling:
    return Selling(app.state.services, people)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with _browser(app) as browser:
        yield browser


@pytest.fixture
async def sign_in(app: FastAPI, people: dict[str, str]) -> AsyncIterator[SignIn]:
    services: Services = app.state.services
    async with AsyncExitStack() as browsers:

        async def sign_in(key: str = "", *, person_id: str = "") -> AsyncClient:
            browser = await browsers.enter_async_context(_browser(app))
            secret = await services.sign_in.begin(Visitor("test"), person_id or people[key])
            found = await services.sign_in.find(secret)
            assert found is not None
            browser.cookies.set(cookie_name(services.settings), secret)
            browser.headers["X-CSRF-Token"] = found.csrf or ""
            return browser

        yield sign_in


def _browser(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1:8000")
