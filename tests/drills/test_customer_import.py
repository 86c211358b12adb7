"""A file of customers is half merged when its worker dies by kill -9: what comes of it is what the file says."""

from __future__ import annotations

import asyncio
import json
import os
import random
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from commands.policy import publish_defaults
from db.customer import Customer
from db.customer_import import CustomerImport, CustomerImportRow
from db.engine import Database
from launch.cast import DOMAIN, PASSWORD, load_cast
from launch.embedded import temporary_home
from launch.ports import free_port
from tests.launch.terminal import Up, up

pytestmark = pytest.mark.drill

ROWS = 80_000
DOUBLE, WRONG = 50, 100
"""Every so many rows one stands there twice, or cannot be used."""
PATIENCE = 600.0


class File:
    """`customers` and `told`: what must come of it, by the rules that docs/customer-import.md states."""

    def __init__(self, rows: int) -> None:
        dice = random.Random(11)
        self.customers: set[tuple[str, str]] = set()
        self.told: dict[int, tuple[str, int | None]] = {}
        lines = ["客户名称,电话,城市"]
        kept: list[tuple[int, str]] = []
        for no in range(1, rows + 1):
            name, phone = f"第{no:07d}号冷链有限公司", f"139{no:08d}"
            if no % WRONG == 3:
                lines.append(f"{name},123,杭州")
                self.told[no] = ("rejected", None)
            elif no % DOUBLE == 9 and kept:
                other, number = dice.choice(kept)
                lines.append(f"{name},{number},宁波")
                self.told[no] = ("double", other)
            else:
                lines.append(f'{name},{phone},"绍兴, 越城"' if no % 7 == 0 else f"{name},{phone},绍兴")
                self.customers.add((name, f"+86{phone}"))
                kept.append((no, phone))
        self.content = "\n".join([*lines, ""]).encode("gb18030")


async def test_a_half_merged_file_ends_as_if_nothing_had_been_killed() -> None:
    file = File(ROWS)
    with temporary_home() as home:
        environment = os.environ | {"THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(free_port())}
        async with up(environment, "--no-demo") as running, asyncio.timeout(PATIENCE):
            await running.runs()
            url = json.loads((home / "run" / "servers.json").read_text())["THROUGHLINE_DATABASE_URL"]
            db = Database(url)
            try:
                await publish_defaults(db)
                async with db.session() as session:
                    await load_cast(session)
                await check(db, await carry(running, file, db), file)
            finally:
                await db.close()


async def carry(running: Up, file: File, db: Database) -> str:
    base = f"http://127.0.0.1:{running.port}"
    async with httpx.AsyncClient(base_url=base, timeout=60) as client:
        form = {"username": f"zhao.min@{DOMAIN}", "password": PASSWORD}
        token = (await client.post("/api/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        [region] = (await client.get("/api/me")).json()["regions"]
        sent = (await client.post("/api/customer-imports", files={"file": ("客户.csv", file.content)})).json()
        path = f"/api/customer-imports/{sent['id']}"
        body = {"mapping": sent["mapping"], "region_id": region}
        key = {"Idempotency-Key": uuid4().hex}
        while (begun := await client.post(f"{path}/start", json=body, headers=key)).status_code == 503:
            await asyncio.sleep(0.2)  # what is not confirmed is sent again
        assert begun.status_code == 202, begun.text
        while not 0 < (merged := await merged_of(db, sent["id"])) < ROWS:
            assert merged == 0, "it was done before it could be killed"
            await asyncio.sleep(0.005)
        running.child("worker").kill()
        while (view := (await client.get(path)).json())["stage"] == "checking":
            await asyncio.sleep(0.2)
        assert (view["stage"], view["created"]) == ("done", len(file.customers))
        assert (view["rejected"], view["doubled"]) == tuple(
            sum(verdict == name for verdict, _ in file.told.values()) for name in ("rejected", "double")
        )
        return str(sent["id"])


async def merged_of(db: Database, import_id: str) -> int:
    async with db.session() as session:
        return (await session.scalars(select(CustomerImport.merged).where(CustomerImport.id == import_id))).one()


async def check(db: Database, import_id: str, file: File) -> None:
    async with db.session() as session:
        made = await session.execute(select(Customer.name, Customer.phone).where(Customer.import_id == import_id))
        rows = sorted((name, phone or "") for name, phone in made)
        told = select(CustomerImportRow.no, CustomerImportRow.verdict, CustomerImportRow.other_no)
        found = await session.execute(told.where(CustomerImportRow.import_id == import_id))
        report = {no: (verdict, other) for no, verdict, other in found}
    assert rows == sorted(file.customers)
    assert report == file.told
