"""Live updates over a real PostgreSQL: who hears of what, and what happens to those who cannot keep up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI, Request
from psycopg import AsyncConnection

from db.engine import Database, plain_url
from db.live import announce
from domain.access import Role, person_key
from tests.ui.browser import served
from ui.live import QUEUE, LiveHub, Stream

PING = 0.2


@dataclass
class Person:
    """As sign-in leaves one on the request."""

    id: str
    roles: frozenset[str]
    regions: frozenset[str] = frozenset()
    holder_keys: frozenset[str] = frozenset()
    name: str = ""
    email: str = ""
    language: str = ""
    zone: str = ""
    theme: str = ""


LI_WEI = Person("li.wei", frozenset({Role.SALES}), frozenset({"east"}), frozenset({person_key("li.wei")}))
ZHAO_MIN = Person(
    "zhao.min", frozenset({Role.REGIONAL_MANAGER}), frozenset({"east"}), frozenset({"role:regional_manager:east"})
)
HUANG_BO = Person(
    "huang.bo", frozenset({Role.REGIONAL_MANAGER}), frozenset({"south"}), frozenset({"role:regional_manager:south"})
)
XU_JING = Person("xu.jing", frozenset({Role.CFO}))


@dataclass
class Office:
    """A hub with streams for whoever `listen`s; `signed_in` are the people whose session holds."""

    url: str
    hub: LiveHub
    database: Database
    signed_in: dict[str, Person] = field(default_factory=dict)

    @asynccontextmanager
    async def listen(self, person: Person) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
        self.signed_in[person.id] = person
        async with (
            httpx.AsyncClient(timeout=10) as client,
            client.stream("GET", f"{self.url}/ui/live", headers={"x-person": person.id}) as answer,
        ):
            yield events(answer)

    async def change(self, topic: str, record: str, **who: object) -> None:
        async with self.database.session() as session:
            await announce(session, topic, record, 7, **who)  # type: ignore[arg-type]


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """(event, id of the record or ''), pings left out."""
    event = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data":
            yield event, json.loads(value).get("id", "")


@pytest.fixture
async def office(db: Database, database_url: str) -> AsyncIterator[Office]:
    signed_in: dict[str, Person] = {}

    async def identify(request: Request) -> None:
        request.state.viewer = signed_in.get(request.headers["x-person"])

    hub = LiveHub(identify=identify, ping=PING)
    app = FastAPI()

    @app.middleware("http")
    async def who(request: Request, call_next):  # type: ignore[no-untyped-def]
        await identify(request)
        return await call_next(request)

    app.include_router(hub.router)
    async with served(app) as url:
        hub.start(database_url)
        await hub.listening.wait()
        yield Office(url, hub, db, signed_in)
        await hub.stop()


async def test_owner_and_regional_manager_hear_of_a_deal_and_another_region_does_not(office: Office) -> None:
    async with (
        office.listen(LI_WEI) as li_wei,
        office.listen(ZHAO_MIN) as zhao_min,
        office.listen(HUANG_BO) as huang_bo,
    ):
        await office.change("deal", "d-1", region="east", owner="li.wei")
        await office.change("deal", "d-2", region="south", owner="chen.jie")
        assert await anext(li_wei) == ("change", "d-1")
        assert await anext(zhao_min) == ("change", "d-1")
        assert await anext(huang_bo) == ("change", "d-2")


async def test_a_colleagues_deal_in_the_same_region_is_not_sales_business_but_the_cfos(office: Office) -> None:
    async with office.listen(LI_WEI) as li_wei, office.listen(XU_JING) as xu_jing:
        await office.change("deal", "d-3", region="east", owner="hu.na")
        await office.change("deal", "d-4", region="east", owner="li.wei")
        assert await anext(li_wei) == ("change", "d-4")
        assert await anext(xu_jing) == ("change", "d-3")


async def test_only_its_holders_hear_of_a_task(office: Office) -> None:
    async with office.listen(ZHAO_MIN) as zhao_min, office.listen(HUANG_BO) as huang_bo:
        await office.change("task", "t-1", region="east", holders=["role:regional_manager:east"])
        await office.change("task", "t-2", holders=["role:regional_manager:south"])
        assert await anext(zhao_min) == ("change", "t-1")
        assert await anext(huang_bo) == ("change", "t-2")


async def test_nothing_of_the_record_but_its_id_and_version_leaves_the_house(office: Office) -> None:
    office.signed_in["li.wei"] = LI_WEI
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", f"{office.url}/ui/live", headers={"x-person": "li.wei"}) as answer,
    ):
        await office.change("deal", "d-5", region="east", owner="li.wei", line="n-5")
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                assert json.loads(line[6:]) == {"t": "deal", "id": "d-5", "v": 7, "l": "n-5"}
                break


async def test_a_stream_ends_when_its_session_does(office: Office) -> None:
    async with office.listen(LI_WEI) as li_wei:
        del office.signed_in["li.wei"]
        assert [event async for event in li_wei] == []


async def test_whoever_cannot_keep_up_is_told_to_read_everything_anew(office: Office) -> None:
    slow = Stream(LI_WEI)
    office.hub.streams.add(slow)
    for number in range(QUEUE + 1):
        office.hub.publish(json.dumps({"t": "deal", "id": f"d-{number}", "v": 1, "o": "li.wei", "r": "east"}))
    event = slow.queue.get_nowait()
    assert event is not None
    assert event.event == "resync"
    assert slow.queue.empty()
    office.hub.streams.discard(slow)


async def test_after_a_lost_database_connection_everybody_reads_anew_and_hears_again(
    office: Office, database_url: str
) -> None:
    async with office.listen(LI_WEI) as li_wei:
        await office.change("deal", "d-0", region="east", owner="li.wei")
        assert await anext(li_wei) == ("change", "d-0")
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'live updates'"
        async with await AsyncConnection.connect(plain_url(database_url), autocommit=True) as connection:
            await connection.execute(cut)
        assert await anext(li_wei) == ("resync", "")
        await office.change("deal", "d-6", region="east", owner="li.wei")
        assert await anext(li_wei) == ("change", "d-6")


async def test_a_notification_that_is_none_of_ours_disturbs_nobody(office: Office, db: Database) -> None:
    async with office.listen(LI_WEI) as li_wei:
        for payload in ("no json", "[]", "7"):
            office.hub.publish(payload)
        await office.change("deal", "d-7", region="east", owner="li.wei")
        assert await anext(li_wei) == ("change", "d-7")


async def test_what_changes_while_a_page_is_on_its_way_is_not_missed(office: Office) -> None:
    await office.change("deal", "d-9", region="east", owner="li.wei")
    async with office.listen(LI_WEI) as li_wei:
        assert await anext(li_wei) == ("change", "d-9")


async def test_stopping_does_not_wait_for_open_streams(office: Office) -> None:
    async with office.listen(LI_WEI) as li_wei:
        await office.change("deal", "d-8", region="east", owner="li.wei")
        assert await anext(li_wei) == ("change", "d-8")
        await office.hub.stop()
        assert [event async for event in li_wei] == []
