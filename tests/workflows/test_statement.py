"""A bank statement's lines are booked once where they are sure, and asked about where they are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from activities.statement import StatementActivities, StatementFile
from api.services import Services
from commands.bank import StatementOpener
from db.actor import actor_of
from db.bank import Booking, PayerAccount, Statement, StatementLine
from db.collection import Collection, Payment
from db.policy import current_policy
from domain.access import Actor
from domain.bank_match import Share
from domain.bank_policy import BankPolicy
from domain.refusal import Refused
from tests.collecting import open_collection
from worker.bank import BankBooker

pytestmark = pytest.mark.usefixtures("worker")
HEADINGS = "交易日期,金额,对方户名,对方账号,摘要,交易流水号"


class Bank:
    def __init__(self, services: Services, people: dict[str, str]) -> None:
        self.services = services
        self.people = people

    async def actor(self, name: str = "he.jie") -> Actor:
        async with self.services.db.session() as session:
            return await actor_of(session, self.people[name])

    async def owes(self, customer: str, *amounts: int) -> Collection:
        due = tuple(7 * no for no, _ in enumerate(amounts, start=1))
        collection_id = await open_collection(
            self.services, self.people, customer=customer, amounts=amounts, due_in=due
        )
        return await self.collection(collection_id)

    async def collection(self, collection_id: str) -> Collection:
        async with self.services.db.session() as session:
            return await session.get_one(Collection, collection_id)

    async def send(self, content: bytes | Sequence[str], by: str = "he.jie") -> str:
        if not isinstance(content, bytes):
            content = "\n".join([HEADINGS, *content, ""]).encode()

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self.services.bank.upload(await self.actor(by), "对账.csv", chunks())

    async def done(self, statement_id: str) -> Statement:
        for _ in range(400):
            async with self.services.db.session() as session:
                statement = await session.get_one(Statement, statement_id)
            if statement.status in ("done", "failed"):
                return statement
            await asyncio.sleep(0.05)
        raise AssertionError(statement.status)

    async def lines(self, statement_id: str) -> list[StatementLine]:
        async with self.services.db.session() as session:
            query = select(StatementLine).where(StatementLine.statement_id == statement_id).order_by(StatementLine.no)
            return list(await session.scalars(query))

    async def read(self, content: bytes | Sequence[str]) -> tuple[Statement, list[StatementLine]]:
        statement = await self.done(await self.send(content))
        return statement, await self.lines(statement.id)

    async def settled(self, line_id: str) -> StatementLine:
        for _ in range(400):
            async with self.services.db.session() as session:
                line = await session.get_one(StatementLine, line_id)
            if line.status not in ("new", "booking"):
                return line
            await asyncio.sleep(0.05)
        raise AssertionError(line.status)

    async def payments(self, collection: Collection) -> list[int]:
        async with self.services.db.session() as session:
            query = select(Payment.amount).where(Payment.collection_id == collection.id).order_by(Payment.id)
            return list(await session.scalars(query))


@pytest.fixture
def bank(app: FastAPI, people: dict[str, str]) -> Bank:
    return Bank(app.state.services, people)


def row(amount: str, payer: str = "", text: str = "", account: str = "", on: str = "2026-11-02") -> str:
    return f"{on},{amount},{payer},{account},{text},{uuid4().hex[:12]}"


async def test_what_is_sure_is_booked_and_the_rest_is_set_aside_or_asked_about(bank: Bank) -> None:
    owed = await bank.owes("远洋一号物流", 1_000_000, 1_000_000)
    statement, lines = await bank.read([
        row("10000.00", "远洋一号物流有限公司", f"货款 {owed.number}"),
        row("-88.00", "银行", "手续费"),
        row("123.45", "谁也不认识", "货款"),
        row("9999.99", "远洋一号物流", owed.number),
    ])  # fmt: skip
    assert (statement.status, statement.lines, statement.known) == ("done", 4, 0)
    assert [line.status for line in lines] == ["booked", "ignored", "doubt", "doubt"]
    assert await bank.payments(owed) == [1_000_000]
    assert (await bank.collection(owed.id)).paid == 1_000_000


async def test_the_same_file_twice_is_refused_and_an_overlapping_one_books_only_what_is_new(bank: Bank) -> None:
    owed = await bank.owes("远洋二号物流", 500_000, 500_000)
    first, second = (row("5000.00", "远洋二号物流", owed.number) for _ in range(2))
    statement, _ = await bank.read([first])
    with pytest.raises(Refused) as refused:
        await bank.send([first])
    assert (refused.value.code, refused.value.params["statement"]) == ("bank_file_known", statement.id)
    later, lines = await bank.read([first, second])
    assert (later.lines, later.known, [line.status for line in lines]) == (2, 1, ["booked"])
    assert await bank.payments(owed) == [500_000, 500_000]


async def test_two_people_decide_one_doubt_and_one_of_them_hears_who_did(bank: Bank) -> None:
    owed = await bank.owes("远洋三号物流", 700_000)
    other = await bank.owes("远洋三号冷链", 700_000)
    _, [doubt] = await bank.read([row("7000.00", "个人付款", "货款")])
    assert {c["shares"][0]["collection_id"] for c in doubt.verdict["candidates"]} == {owed.id, other.id}
    hejie, cfo = await bank.actor("he.jie"), await bank.actor("xu.jing")
    asked = [
        bank.services.bank.book(actor, uuid4().hex, doubt.id, [Share(collection_id=to.id, amount=700_000)])
        for actor, to in ((hejie, owed), (cfo, other))
    ]
    ends = await asyncio.gather(*asked, return_exceptions=True)
    [lost] = [end for end in ends if isinstance(end, Refused)]
    winner = await bank.settled(doubt.id)
    assert (lost.code, lost.status, lost.params["by"]) == ("bank_line_decided", 409, winner.decided_by)
    assert winner.status == "booked"
    assert len(await bank.payments(owed)) + len(await bank.payments(other)) == 1


async def test_a_line_is_divided_over_two_collections_and_must_add_up(bank: Bank) -> None:
    one, two = await bank.owes("远洋四号物流", 300_000), await bank.owes("远洋四号仓储", 400_000)
    _, [doubt] = await bank.read([row("7000.00", "代付公司", "两笔货款")])
    hejie = await bank.actor()
    shares = [Share(collection_id=one.id, amount=300_000), Share(collection_id=two.id, amount=399_999)]
    with pytest.raises(Refused) as refused:
        await bank.services.bank.book(hejie, uuid4().hex, doubt.id, shares)
    assert (refused.value.code, refused.value.params["left"]) == ("bank_shares_sum", "7000.00")
    shares[1].amount += 1
    key = uuid4().hex
    await bank.services.bank.book(hejie, key, doubt.id, shares)
    await bank.services.bank.book(hejie, key, doubt.id, shares)  # the second click
    assert (await bank.settled(doubt.id)).status == "booked"
    assert (await bank.payments(one), await bank.payments(two)) == ([300_000], [400_000])


async def test_an_account_that_a_person_confirmed_is_known_the_next_time(bank: Bank) -> None:
    owed = await bank.owes("远洋五号物流", 600_000, 600_000)
    _, [doubt] = await bank.read([row("6000.00", "远洋五号物流", "货款", "6222 0001")])
    assert doubt.status == "doubt"
    share = Share(collection_id=owed.id, amount=600_000)
    await bank.services.bank.book(await bank.actor(), uuid4().hex, doubt.id, [share])
    await bank.settled(doubt.id)
    async with bank.services.db.session() as session:
        known = await session.scalar(select(PayerAccount.customer_id).where(PayerAccount.account == "62220001"))
    assert known == owed.customer_id
    _, [line] = await bank.read([row("6000.00", "远洋五号物流", "货款", "62220001")])
    assert line.status == "booked"


async def test_what_the_collection_refuses_becomes_a_question(bank: Bank) -> None:
    owed = await bank.owes("远洋六号物流", 800_000)
    _, [line] = await bank.read([row("8000.00", "远洋六号物流", owed.number, on="2099-01-02")])
    async with bank.services.db.session() as session:
        [booking] = await session.scalars(select(Booking).where(Booking.line_id == line.id))
    assert (line.status, booking.status, booking.refusal["code"]) == ("doubt", "refused", "date_in_future")  # type: ignore[index]
    assert await bank.payments(owed) == []


async def test_a_doubt_is_set_aside_with_a_reason_and_taken_up_again(bank: Bank) -> None:
    _, [doubt] = await bank.read([row("42.00", "员工", "借款归还")])
    hejie = await bank.actor()
    with pytest.raises(Refused, match="bank_note_needed"):
        await bank.services.bank.set_aside(hejie, uuid4().hex, doubt.id, "  ")
    await bank.services.bank.set_aside(hejie, uuid4().hex, doubt.id, "员工归还借款")
    aside = await bank.settled(doubt.id)
    assert (aside.status, aside.note, aside.decided_by) == ("not_ours", "员工归还借款", hejie.id)
    await bank.services.bank.ask_again(hejie, uuid4().hex, doubt.id)
    assert (await bank.settled(doubt.id)).status == "doubt"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<?xml version="1.0"?><Document><BkToCstmrStmt><Stmt><Ntry>', "bank_xml_broken"),
        (b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><Document>&c;</Document>', "bank_xml_unsafe"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "bank_columns_unknown"),
        ("Date,Amount\n2026-11-02,five\n".encode("utf-16"), "bank_line_unreadable"),
    ],
)
async def test_a_bad_file_ends_with_its_reason(bank: Bank, content: bytes, code: str) -> None:
    statement, lines = await bank.read(content)
    assert statement.problem is not None
    assert (statement.status, statement.problem["code"], lines) == ("failed", code, [])


async def test_a_file_that_was_not_understood_is_read_once_the_policy_says_its_columns(bank: Bank) -> None:
    content = b"Wann gebucht,Wie viel,Wofuer\n2026-11-02,12.50,x\n"
    statement, _ = await bank.read(content)
    assert statement.status == "failed"
    assert (await bank.read(content))[0].status == "failed", "nobody has said anything yet"
    admin = await bank.actor("gu.ming")
    async with bank.services.db.session() as session:
        version, document = await current_policy(session, BankPolicy.kind)
    said = {**document, "headings": {"date": ["Wann gebucht"], "amount": ["Wie viel"], "text": ["Wofuer"]}}
    await bank.services.policies.publish(admin, uuid4().hex, BankPolicy.kind, said, follows=version)
    statement, [line] = await bank.read(content)
    assert (statement.status, statement.problem, line.amount) == ("done", None, 1_250)
    with pytest.raises(Refused, match="bank_file_known"):
        await bank.send(content)


async def test_an_empty_file_and_one_too_large_are_refused_at_the_door(bank: Bank) -> None:
    for content, code in ((b"", "document_empty"), (bytes(26 * 1024 * 1024), "document_too_large")):
        with pytest.raises(Refused) as refused:
            await bank.send(content)
        assert refused.value.code == code


@pytest.mark.parametrize("person", ["li.wei", "zhao.min"])
async def test_sales_can_neither_send_a_statement_nor_decide_a_line(bank: Bank, person: str) -> None:
    with pytest.raises(Refused) as refused:
        await bank.send([row("1.00")], by=person)
    assert refused.value.status == 403
    _, [doubt] = await bank.read([row("43.00", "某人", "不明")])
    actor = await bank.actor(person)
    acts: list[Any] = [
        bank.services.bank.book(actor, uuid4().hex, doubt.id, [Share(collection_id=str(uuid4()), amount=4_300)]),
        bank.services.bank.set_aside(actor, uuid4().hex, doubt.id, "x"),
        bank.services.bank.ask_again(actor, uuid4().hex, doubt.id),
    ]
    for act in acts:
        with pytest.raises(Refused) as refused:
            await act
        assert refused.value.status == 403


async def test_each_step_done_again_after_a_kill_changes_nothing(bank: Bank) -> None:
    """A worker killed after a step and before it was noted does the step once more."""
    owed = await bank.owes("远洋七号物流", 900_000, 900_000)
    statement, [line] = await bank.read([row("9000.00", "远洋七号物流", owed.number)])
    services = bank.services
    opener = StatementOpener(services.documents.store, "CNY")
    steps = StatementActivities(services.db, "Asia/Shanghai", opener)
    file = StatementFile(statement_id=statement.id)
    assert (await steps.read_statement(file)).lines == 1
    assert await steps.match_lines(file) is False
    async with services.db.session() as session:
        [booking] = await session.scalars(select(Booking).where(Booking.line_id == line.id))
        booking.status = "pending"  # the payment was recorded, and then the worker was gone
    booker = BankBooker(services.db, services.collections)
    await booker.book(f"bank/{line.id}/1", {"booking": booking.id})
    assert await bank.payments(owed) == [900_000]
    async with services.db.session() as session:
        assert await session.scalar(select(func.count()).where(Booking.line_id == line.id)) == 1
