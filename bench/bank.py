"""A bank file of 10,000 lines against 20,000 open instalments: time, share matched, precision, bookings.

    python -m bench.bank [--lines 10000] [--instalments 20000] [--bookings 200]

The lines are made with their truth: whom each pays, or that it pays nobody. Matching is measured on rows alone; the
rate of bookings, through the collections' real processes, is a figure of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from activities.collection import terms_of
from activities.statement import StatementActivities, StatementFile
from bench.scene import Scene, scene
from commands.bank import BankCommands, StatementOpener
from commands.document import DocumentStore
from commands.temporal import update_id
from db.bank import PayerAccount, Statement, StatementLine
from db.base import new_id
from db.collection import Collection, Instalment
from db.customer import Customer
from db.engine import Database
from db.person import Person
from domain.access import Actor
from domain.company_name import company_key, near_keys
from domain.process import Command
from domain.refusal import Refused
from workflows.collection import CollectionStart, CollectionWorkflow, collection_workflow_id

HEADINGS = "交易日期,金额,对方户名,对方账号,摘要,交易流水号"
KINDS = {
    "number": 55, "number_other_payer": 5, "number_part": 8, "account": 10, "name": 8, "fen_off": 3, "unknown": 5,
    "outgoing": 4, "interest": 2,
}  # fmt: skip
"""Lines of a hundred: what a payer writes, or who they are, or how the amount is off."""
PAYING = frozenset(KINDS) - {"unknown", "outgoing", "interest"}
TODAY = date(2026, 11, 20)
Row = tuple[str, str]


async def fill(db: Database, instalments: int) -> list[dict[str, Any]]:
    """Customers with two collections each, of two instalments each, as rows; a third of the accounts is known."""
    marks, trades = (
        ["远洋", "金穗", "蓝港", "云帆", "星河", "恒通", "瑞丰", "安达", "博远", "鼎盛"],
        ["物流", "食品", "医疗", "电子", "机械", "建材", "包装"],
    )
    made: list[dict[str, Any]] = []
    customers = [
        {"id": new_id(), "name": f"{random.choice(marks)}{random.choice(trades)}{no}号有限公司"}
        for no in range(instalments // 4)
    ]
    for no in range(instalments // 2):
        customer = customers[no % len(customers)]
        parts = [random.randint(50_000, 40_000_000) for _ in range(2)]
        made.append({"id": new_id(), "number": f"P-2026-{no + 500_001:06d}", "customer": customer, "parts": parts})
    async with db.session("bench") as session:
        someone = (await session.scalars(select(Person.id).limit(1))).one()
        rows = [
            {**one, "company_key": company_key(one["name"]), "near_keys": near_keys(company_key(one["name"])),
             "custom": {}, "findable": one["name"]}
            for one in customers
        ]  # fmt: skip
        columns = {column.key for column in Customer.__table__.columns}
        await session.execute(insert(Customer), [{k: v for k, v in row.items() if k in columns} for row in rows])
        await session.execute(insert(Collection), [_collection(one, someone) for one in made])
        await session.execute(insert(Instalment), [part for one in made for part in _parts(one)])
        known = [c for no, c in enumerate(customers) if no % 3 == 0]
        accounts = [{"account": _account(c), "customer_id": c["id"], "times": 1} for c in known]
        await session.execute(insert(PayerAccount), accounts)
    async with db.session("bench") as session:
        await session.execute(text("analyze"))
    return made


def _account(customer: dict[str, Any]) -> str:
    return f"6222{int(customer['id'].replace('-', '')[-12:], 16)}"


def _collection(one: dict[str, Any], someone: str) -> dict[str, Any]:
    return {
        "id": one["id"], "number": one["number"], "order_id": new_id(), "deal_id": new_id(), "line_id": new_id(),
        "customer_id": one["customer"]["id"], "region_id": new_id(), "owner_id": someone, "title": one["number"],
        "amount": sum(one["parts"]), "paid": 0, "credited": 0, "written_off": 0, "surplus": 0, "currency": "CNY",
        "status": "open", "level": 0, "service_hold": False, "plan_key": "halves", "version": 1,
        "opened_at": datetime.now(UTC), "revision": 1,
    }  # fmt: skip


def _parts(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": new_id(), "collection_id": one["id"], "no": no, "amount": amount, "paid": 0, "credited": 0,
         "written_off": 0, "days": 0, "due_on": TODAY + timedelta(days=30 * no), "status": "planned", "level": 0,
         "disputed": False}
        for no, amount in enumerate(one["parts"], start=1)
    ]  # fmt: skip


def write_lines(made: list[dict[str, Any]], lines: int) -> tuple[bytes, dict[str, Row]]:
    """The file, and the truth by the bank's reference: what kind of line it is and which collection it pays."""
    kinds = random.choices(list(KINDS), weights=list(KINDS.values()), k=lines)
    order = random.sample(made, min(len(made), lines))
    truth: dict[str, Row] = {}
    rows = [HEADINGS]
    for no, kind in enumerate(kinds):
        one, reference = order[no % len(order)], f"JY{no:09d}"
        rows.append(_row(kind, one, reference))
        truth[reference] = (kind, one["id"] if kind in PAYING else "")
    return "\n".join([*rows, ""]).encode("gb18030"), truth


def _row(kind: str, one: dict[str, Any], reference: str) -> str:
    owed, name, account, said = one["parts"][0], one["customer"]["name"], "", "货款"
    number = one["number"]
    number = random.choice([number, number.replace("-", ""), number.lower(), f"合同款{number}"])
    match kind:
        case "number":
            said = number
        case "number_other_payer":
            name, said = "集采代付服务中心", number
        case "number_part":
            owed, said = owed // 3 + 1, number
        case "account":
            account = _account(one["customer"])
        case "fen_off":
            owed, said = owed - 1, number
        case "unknown":
            owed, name, said = random.randint(1_000, 9_000_000), "个人往来", "往来款"
        case "outgoing":
            owed, name, said = -owed, "供应商", "采购款"
        case "interest":
            owed, name, said = random.randint(100, 90_000), "开户银行", "结息"
    return f"2026-11-20,{owed / 100:.2f},{name},{account},{said},{reference}"


async def match_all(bench: Scene, made: list[dict[str, Any]], lines: int) -> None:
    """Matched without booking: the lines are judged in the real activities, whose bookings are then left to nobody."""
    store = DocumentStore(bench.settings.home / "documents")
    content, truth = write_lines(made, lines)
    opener = StatementOpener(store, "CNY")

    async def chunks() -> Any:
        yield content

    digest, _ = await store.put(chunks(), lambda _: None)
    statement_id = new_id()
    async with bench.db.session("bench") as session:
        someone = (await session.scalars(select(Person.id).limit(1))).one()
        row = {"id": statement_id, "file_hash": digest, "name": "bench.csv", "account": "1", "currency": "",
               "status": "reading", "lines": 0, "known": 0, "policy_version": 1, "uploaded_by": someone}  # fmt: skip
        await session.execute(insert(Statement), [row])
        # Nobody carries these bookings out: their collections are rows without a process.
        await session.execute(text("alter table outbox alter column due_at set default now() + interval '1 day'"))
    steps, file = StatementActivities(bench.db, "Asia/Shanghai", opener), StatementFile(statement_id=statement_id)
    began = time.perf_counter()
    await opener(digest, {})
    opened = time.perf_counter() - began
    began = time.perf_counter()
    await steps.read_statement(file)
    read = time.perf_counter() - began
    pages: list[float] = []
    while True:
        began = time.perf_counter()
        if not await steps.match_lines(file):
            break
        pages.append(time.perf_counter() - began)
    sys.stdout.write(
        f"{lines} lines, {len(made) * 2} open instalments\n"
        f"  opened in the child      {opened:6.2f} s\n"
        f"  opened and taken in      {read:6.2f} s\n"
        f"  matched                  {sum(pages):6.2f} s, {max(pages):.2f} s the slowest thousand\n"
    )
    await _judge(bench, statement_id, truth)


async def _judge(bench: Scene, statement_id: str, truth: dict[str, Row]) -> None:
    async with bench.db.session("bench") as session:
        found = list(await session.scalars(select(StatementLine).where(StatementLine.statement_id == statement_id)))
    paying = [line for line in found if truth[line.bank_reference][1]]
    sure = [line for line in found if line.status == "booking"]
    right = [line for line in sure if _best(line) == truth[line.bank_reference][1]]
    doubts = [line for line in paying if line.status == "doubt"]
    shown = [line for line in doubts if truth[line.bank_reference][1] in _shown(line)]
    by_kind = Counter((truth[line.bank_reference][0], line.status) for line in found)
    sys.stdout.write(
        f"  sure                     {len(sure) / len(found):6.1%} of all, {len(sure) / len(paying):.1%} of what pays\n"
        f"  precision of the sure    {len(right) / max(len(sure), 1):6.2%} ({len(sure) - len(right)} wrong)\n"
        f"  doubts with the right one shown {len(shown)} of {len(doubts)}\n"
    )
    for (kind, status), number in sorted(by_kind.items()):
        sys.stdout.write(f"    {kind:20}{status:10}{number:6}\n")


def _best(line: StatementLine) -> str:
    return str(line.verdict["candidates"][0]["shares"][0]["collection_id"])


def _shown(line: StatementLine) -> set[str]:
    return {share["collection_id"] for each in line.verdict["candidates"] for share in each["shares"]}


async def book_all(bench: Scene, bookings: int) -> None:
    """Real collections, each paid by one line of a file, from the file's arrival to the last payment recorded."""
    actor = bench.actors["he.jie"]
    store = DocumentStore(bench.settings.home / "documents")
    ids = [await _collect(bench, actor) for _ in range(bookings)]
    async with bench.db.session("bench") as session:
        numbers = select(Collection.number, Collection.amount).where(Collection.id.in_(ids))
        owed = [(number, amount) for number, amount in await session.execute(numbers)]
    rows = [f"2026-11-20,{amount / 100:.2f},某公司,,{number},REAL{number}" for number, amount in owed]
    content = "\n".join([HEADINGS, *rows, ""]).encode()

    async def chunks() -> Any:
        yield content

    bank = BankCommands(bench.collections.desk, store)
    began = time.perf_counter()
    statement_id = await bank.upload(actor, "real.csv", chunks())
    while True:
        async with bench.db.session("bench") as session:
            query = select(StatementLine.status).where(StatementLine.statement_id == statement_id)
            counted = Counter(await session.scalars(query))
        if counted["booked"] + counted["doubt"] == bookings:
            break
        await asyncio.sleep(0.1)
    took = time.perf_counter() - began
    sys.stdout.write(
        f"{counted['booked']} of {bookings} lines booked in {took:.1f} s: {bookings / took:.0f} a second\n"
    )


async def _collect(bench: Scene, actor: Actor) -> str:
    collection_id = new_id()
    async with bench.db.session("bench") as session:
        customer = Customer(name=f"台架{collection_id[-6:]}")
        session.add(customer)
        await session.flush()
        terms = await terms_of(session, "Asia/Shanghai", amount=100_000, currency="CNY", happened={"order": TODAY})
        start = CollectionStart(
            collection_id=collection_id, order_id=new_id(), deal_id=new_id(), line_id=new_id(),
            customer_id=customer.id, region_id=new_id(), owner_id=actor.id, title="台架", amount=100_000,
            currency="CNY", terms=terms,
        )  # fmt: skip
    opened = Command(actor=actor, key=update_id(actor, collection_id))
    processes = bench.collections.desk.processes
    workflow_id = collection_workflow_id(collection_id)
    while True:
        try:
            await processes.open(CollectionWorkflow.run, start, workflow_id, CollectionWorkflow.opened, opened)
            break
        except Refused as refused:  # a busy machine did not confirm in time: the same key once more
            if refused.status != 503:
                raise
    return collection_id


async def run(lines: int, instalments: int, bookings: int) -> None:
    random.seed(20261126)
    async with scene() as bench:
        if bookings:
            await book_all(bench, bookings)
        await match_all(bench, await fill(bench.db, instalments), lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--instalments", type=int, default=20_000)
    parser.add_argument("--bookings", type=int, default=200)
    asked = parser.parse_args()
    asyncio.run(run(asked.lines, asked.instalments, asked.bookings))


if __name__ == "__main__":
    main()
