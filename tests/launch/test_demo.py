"""The demo company is there once, also where loading it was cut off in the middle."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from db.base import Base
from db.contract import Contract
from db.customer import Customer
from db.customer_view import CustomerView
from db.deal import Deal
from db.engine import Database
from db.lead import Lead
from launch.demo import Demo, load_demo, load_demo_once
from launch.demo_allocation import NAMES
from launch.demo_data import CUSTOMERS, DEALS, GRADED_LEADS, LEADS, DemoDeal
from launch.demo_duplicate import TWINS
from launch.demo_import import NEW
from launch.demo_pool import OWNED, POOLED
from launch.demo_record import LOSSES
from launch.demo_view import VIEWS
from settings import Settings
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")

WHOLE = [
    len(CUSTOMERS) + len(TWINS) + len(POOLED) + len(OWNED) + len(NAMES) + NEW,
    len(DEALS) + len(LOSSES),
    len([deal for deal in DEALS if deal.contract]),
    len(LEADS) + len(GRADED_LEADS) + 1,
]  # who asks again is no new one


class Killed(Exception):
    pass


async def counted(db: Database) -> list[int]:
    tables: list[type[Base]] = [Customer, Deal, Contract, Lead]
    async with db.session() as session:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def test_a_demo_that_was_cut_off_is_loaded_to_its_end_without_doubling_anything(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn
) -> None:
    start = Demo.start

    async def dies_midway(self: Demo, deal: DemoDeal) -> None:
        if deal is DEALS[-2]:
            raise Killed
        await start(self, deal)

    assert not await load_demo_once(settings)  # people are here, who are nobody's demo
    with monkeypatch.context() as patched:
        patched.setattr(Demo, "start", dies_midway)
        with pytest.raises(Killed):
            await load_demo(db, settings)
    assert await load_demo_once(settings)
    assert not await load_demo_once(settings)
    async with asyncio.timeout(30):
        while await counted(db) != WHOLE:
            await asyncio.sleep(0.02)
    await each_region_is_shown_two_views_that_can_be_used(db, sign_in)


async def each_region_is_shown_two_views_that_can_be_used(db: Database, sign_in: SignIn) -> None:
    async with db.session() as session:
        assert await session.scalar(select(func.count()).select_from(CustomerView)) == len(VIEWS)
    for who, region in (("li.wei", "east"), ("wu.hao", "south")):
        browser = await sign_in(who)
        page = (await browser.get("/customers", headers={"accept": "text/html"})).text
        assert [view.name in page for view in VIEWS] == [view.region == region for view in VIEWS]
        for view in VIEWS:
            assert (await browser.get(f"/customers?{view.address}")).status_code == 200
