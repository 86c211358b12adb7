"""A million customers into a base that holds a million: what each step takes, beside a bare COPY in the same run.

    python -m bench.customer_import [--rows 1000000] [--base 1000000] [--live]

The base is an import itself, into an empty table. Of the second file 5 % are customers that are there already, 2 %
stand in it twice and 1 % cannot be used. `--live` keeps the indexes; else they leave and are made again (bulk mode).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from psycopg import AsyncConnection
from sqlalchemy import select, update
from temporalio.testing import ActivityEnvironment

from activities.customer_import import CustomerImportActivities, Work
from activities.customer_import_sheet import look
from commands.document import DocumentStore
from commands.policy import publish_defaults
from db.base import new_id
from db.customer_import import CustomerImport
from db.customer_import_known import owners_in
from db.engine import Database, plain_url
from db.migrate import upgrade
from domain.company_name import PLACES
from domain.customer_field import BUILT_IN
from domain.customer_import_columns import choices, guess
from launch.cast import load_cast
from launch.embedded import embedded_servers, temporary_home
from settings import Settings

HEADINGS = ("客户名称", "统一社会信用代码", "电话", "邮箱", "行业", "省份", "城市", "地址", "来源")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FORMS = ("有限公司", "股份有限公司", "有限责任公司", "集团有限公司")
TRADES = ("食品", "科技", "电气", "物流", "软件", "医药", "新材料", "装备", "贸易", "建设")
CHARACTERS = (
    "安邦宝博昌长诚成驰达大德东方飞丰福富冠光广国海汉航豪恒红宏鸿华辉汇嘉佳建江金锦京晶久凯康科蓝乐丽利联龙隆美民明南宁鹏"
    "普奇千乾强庆泉荣瑞润三森山盛胜石双顺思泰腾天通同万旺伟文祥新鑫信兴星旭雅阳洋永友宇雨玉元原远云泽振正之中众洲卓子"
)
MOBILE = ("138", "139", "150", "151", "158", "186", "188", "135", "177", "199")


def one(no: int, dice: random.Random) -> list[str]:
    """The customer of a number: always the same one."""
    dice.seed(no)
    name = "".join(dice.choices(CHARACTERS, k=4))
    whole = f"{dice.choice(_PLACES)}{name}{dice.choice(TRADES)}{dice.choice(FORMS)}"
    if no % 5 == 0:
        whole = f"{dice.choice(('Blue', 'Orbit', 'Quant', 'North'))} {no} Trading Co., Ltd."
    code = _code(dice) if no % 3 else ""
    phone = f"{dice.choice(MOBILE)}{dice.randrange(10**8):08d}"
    return [
        whole, code, phone, f"k{no}@firm{no % 5000}.example" if no % 2 else "", dice.choice(TRADES), "浙江省", "杭州市",
        f"文一西路{no % 2000}号", "展会",
    ]  # fmt: skip


_PLACES = PLACES.split()


def _code(dice: random.Random) -> str:
    begins = "91" + "".join(dice.choices(ALPHABET, k=15))
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(begins))
    return begins + ALPHABET[-total % 31]


def write(path: Path, first: int, rows: int, *, known: int, encoding: str) -> None:
    """`known`: how many customers there are already, numbered from 0."""
    dice = random.Random(7)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for no in range(rows):
            at = first + no
            if known and no % 20 == 7:
                at = no * 7919 % known
            elif no % 50 == 9 and no:
                at = first + no - 9
            row = one(at, dice)
            if no % 100 == 3:
                row[2] = "123"
            writer.writerow(row)


class Peak:
    """The most memory that our processes and PostgreSQL's had, and what processor time they took."""

    def __init__(self) -> None:
        self.most: dict[str, float] = {}
        self.cpu: dict[int, tuple[str, float]] = {}

    async def watch(self) -> None:
        while True:
            for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
                try:
                    line = " ".join(process.cmdline()[:5])
                    who = "reader" if "import_child" in line else "postgres" if "postgres" in line else "worker"
                    if "temporal" in line:
                        continue
                    self.most[who] = max(self.most.get(who, 0), process.memory_info().rss / 2**20)
                    self.cpu[process.pid] = (who, sum(process.cpu_times()[:2]))
                except psutil.Error:
                    continue
            await asyncio.sleep(0.5)

    def seconds(self) -> dict[str, float]:
        total: dict[str, float] = {}
        for who, spent in self.cpu.values():
            total[who] = total.get(who, 0.0) + spent
        return total


async def bare_copy(url: str, path: Path, encoding: str) -> float:
    """Seconds of the file into a table of texts without an index, by PostgreSQL alone."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        columns = ", ".join(f"c{no} text" for no in range(len(HEADINGS)))
        await connection.execute(f"create unlogged table bare ({columns})".encode())
        began = time.perf_counter()
        async with (
            connection.cursor() as cursor,
            cursor.copy(f"copy bare from stdin with (format csv, header, encoding '{encoding}')".encode()) as copy,
        ):
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    await copy.write(chunk)
        spent = time.perf_counter() - began
        await connection.execute("drop table bare")
    return spent


async def carry(
    db: Database, settings: Settings, people: dict[str, str], path: Path, *, bulk: bool, peak: Peak
) -> tuple[CustomerImport, float]:
    store = DocumentStore(settings.home / "documents")

    async def chunks() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk

    began = time.perf_counter()
    digest, size = await store.put(chunks(), most=2**33)
    looked: dict[str, Any] = await asyncio.to_thread(look, str(store.path(digest)), str(settings.home / "out"))
    print(f"  sent in and looked at: {time.perf_counter() - began:.1f} s ({looked['encoding']}, {size / 2**20:.0f} MB)")
    mapping = guess(looked["headings"], looked["sample"], choices(BUILT_IN))
    async with db.session() as session:
        owner = (await owners_in(session, people["east"]))[0]
        row = CustomerImport(
            id=new_id(), by_id=people["lin.yue"], file_name=path.name, hash=digest, size=size,
            encoding=looked["encoding"], delimiter=looked["delimiter"], headings=looked["headings"],
            sample=looked["sample"], rows=looked["rows"], mapping=mapping, region_id=people["east"], target="owner",
            owner_id=owner.id, bulk=bulk, stage="checking", started_at=datetime.now(UTC),
        )  # fmt: skip
        session.add(row)
    activities = CustomerImportActivities(db, settings.zone, store.path, settings.country)
    before, began = peak.seconds(), time.perf_counter()
    await ActivityEnvironment().run(activities.carry_customer_import, Work(import_id=row.id))
    wall = time.perf_counter() - began
    await asyncio.sleep(0.6)
    async with db.session() as session:
        await session.execute(update(CustomerImport).where(CustomerImport.id == row.id).values(stage="done"))
        done = (await session.scalars(select(CustomerImport).where(CustomerImport.id == row.id))).one()
    spent = {who: round(after - before.get(who, 0), 1) for who, after in peak.seconds().items()}
    print(f"  {done.rows:,} rows in {wall:.1f} s: {done.rows / wall:,.0f} rows/s; processor seconds {spent}")
    print("  " + ", ".join(f"{step} {seconds:.1f} s ({seconds / wall:.0%})" for step, seconds in done.noted.items()))
    print(
        f"  new {done.created:,}, updated {done.updated:,}, unchanged {done.unchanged:,}, twice {done.doubled:,},"
        f" left out {done.left_out:,}, rejected {done.rejected:,}"
    )
    return done, wall


async def bench(rows: int, base: int, live: bool, encoding: str) -> None:
    with temporary_home() as home:
        async with embedded_servers(home) as servers:
            await asyncio.to_thread(upgrade, servers.database_url)
            db = Database(servers.database_url)
            settings = Settings(home=home)
            await publish_defaults(db)
            async with db.session() as session:
                people = await load_cast(session)
            files = [home / "base.csv", home / "next.csv"]
            await asyncio.to_thread(write, files[0], 0, base, known=0, encoding=encoding)
            await asyncio.to_thread(write, files[1], base, rows, known=base, encoding=encoding)
            peak = Peak()
            watching = asyncio.create_task(peak.watch())
            print(f"{base:,} rows into an empty table, bulk")
            await carry(db, settings, people, files[0], bulk=True, peak=peak)
            async with await AsyncConnection.connect(plain_url(db.url), autocommit=True) as connection:
                await connection.execute("vacuum analyze customer, assignment, contact, assignment_change")
            print(f"{rows:,} rows into {base:,}, {'indexes live' if live else 'bulk'}")
            _, wall = await carry(db, settings, people, files[1], bulk=not live, peak=peak)
            bare = await bare_copy(plain_url(db.url), files[1], encoding)
            print(f"bare COPY of the same file: {bare:.1f} s; the import takes {wall / bare:.1f} times as long")
            print("most memory, MB: " + ", ".join(f"{who} {most:.0f}" for who, most in peak.most.items()))
            watching.cancel()
            await db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--base", type=int, default=1_000_000)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--encoding", default="gb18030")
    asked = parser.parse_args()
    asyncio.run(bench(asked.rows, asked.base, asked.live, asked.encoding))
