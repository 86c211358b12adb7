"""How a statement's lines go on: taken in once, judged, booked or asked about, decided by one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.bank import Booking, PayerAccount, Statement, StatementLine
from db.bank_match import known_payers, movement, open_for
from db.base import new_id
from db.collection import Collection
from db.live import announce
from db.outbox import enqueue_all
from db.policy import current_policy
from domain.bank_line import BankStatement, fingerprints
from domain.bank_match import Book, Share, Verdict, match
from domain.bank_policy import BankPolicy
from domain.policy import load
from domain.refusal import Refused, not_found

ROWS = 1_000


async def take_lines(session: AsyncSession, statement_id: str, read: BankStatement) -> int:
    """Lines that no earlier file had; taking them in again changes nothing."""
    rows = [
        {
            "id": new_id(), "statement_id": statement_id, "no": no, "fingerprint": fingerprint, "status": "new",
            "verdict": {}, "booked": 0, **line.model_dump(),
        }
        for no, (line, fingerprint) in enumerate(zip(read.lines, fingerprints(read), strict=True), start=1)
    ]  # fmt: skip
    # In one order everywhere, so that two files with the same lines never wait for each other crosswise.
    rows.sort(key=lambda row: str(row["fingerprint"]))
    for start in range(0, len(rows), ROWS):
        statement = insert(StatementLine).on_conflict_do_nothing(index_elements=["fingerprint"])
        await session.execute(statement, rows[start : start + ROWS])
    taken = select(func.count()).where(StatementLine.statement_id == statement_id)
    return await session.scalar(taken) or 0


async def lines_to_match(session: AsyncSession, statement_id: str, limit: int) -> Sequence[StatementLine]:
    query = (
        select(StatementLine)
        .where(StatementLine.statement_id == statement_id, StatementLine.status == "new")
        .order_by(StatementLine.no)
        .limit(limit)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


async def write_verdicts(session: AsyncSession, judged: Sequence[tuple[StatementLine, Verdict]], by: str) -> None:
    """What is sure is laid out to be booked in the name of `by`, in the same transaction."""
    status = {"sure": "booking", "doubt": "doubt", "ignored": "ignored"}
    rows = [
        {"id": line.id, "status": status[verdict.status], "verdict": verdict.model_dump(mode="json")}
        for line, verdict in judged
    ]
    await session.execute(update(StatementLine), rows)
    sure = [(line, verdict.candidates[0].shares) for line, verdict in judged if verdict.status == "sure"]
    await lay_out(session, sure, by)


async def judged_anew(session: AsyncSession, line: StatementLine) -> Verdict:
    """What a line in doubt may pay by now: a collection may have been opened since its file came."""
    _, document = await current_policy(session, BankPolicy.kind)
    payers = await known_payers(session, [line])
    book = Book(await open_for(session, [line], payers))
    return match(movement(line, payers), book, load(BankPolicy, document))


async def lay_out(
    session: AsyncSession, lines: Sequence[tuple[StatementLine, Sequence[Share]]], by: str, *, after: int = 0
) -> None:
    """Bookings of each line's shares, and for each an entry in the outbox. `after`: the line's last booking."""
    rows = [
        {
            "id": new_id(), "line_id": line.id, "no": after + no, "collection_id": share.collection_id,
            "amount": share.amount, "status": "pending", "by": by,
        }
        for line, shares in lines
        for no, share in enumerate(shares, start=1)
    ]  # fmt: skip
    if rows:
        await session.execute(insert(Booking), rows)
        keys = {f"bank/{row['line_id']}/{row['no']}": {"booking": row["id"]} for row in rows}
        await enqueue_all(session, "bank", keys)


async def booking_to_carry(session: AsyncSession, booking_id: str) -> tuple[Booking, StatementLine] | None:
    """None where it has ended."""
    query = select(Booking, StatementLine).join(StatementLine, StatementLine.id == Booking.line_id)
    found = (await session.execute(query.where(Booking.id == booking_id, Booking.status == "pending"))).one_or_none()
    return (found[0], found[1]) if found else None


async def booked(session: AsyncSession, booking: Booking, line: StatementLine, payment_id: str | None) -> None:
    """The payment is recorded; the line is done once all of it is, and its account is remembered."""
    done = await _end(session, booking, status="booked", payment_id=payment_id)
    if not done:
        return
    await session.execute(
        update(StatementLine).where(StatementLine.id == line.id).values(booked=StatementLine.booked + booking.amount)
    )
    await _settle(session, line.id)
    if line.payer_account:
        await _learn(session, line, booking)


async def refused(session: AsyncSession, booking: Booking, line: StatementLine, refusal: Refused) -> None:
    """Nothing was recorded: a person looks at the line."""
    said = {"code": refusal.code, "params": refusal.params}
    if await _end(session, booking, status="refused", refusal=said):
        await _settle(session, line.id)


async def _end(session: AsyncSession, booking: Booking, **values: Any) -> bool:
    """Whether it was still to be carried out."""
    query = update(Booking).where(Booking.id == booking.id, Booking.status == "pending")
    ended = await session.scalar(query.values(ended_at=func.now(), **values).returning(Booking.id))
    return ended is not None


async def _settle(session: AsyncSession, line_id: str) -> None:
    """Booked with all of it booked; a doubt with none of it pending and something left."""
    line = await session.get_one(StatementLine, line_id, with_for_update=True, populate_existing=True)
    pending = select(func.count()).where(Booking.line_id == line_id, Booking.status == "pending")
    if line.status != "booking" or await session.scalar(pending):
        return
    line.status = "booked" if line.booked == line.amount else "doubt"
    line.decided_at = line.decided_at or func.now()
    if line.status == "doubt":
        line.decided_by = line.decided_at = None
    await announce(session, "bank_statement", line.statement_id, 0)


async def _learn(session: AsyncSession, line: StatementLine, booking: Booking) -> None:
    """From whom an account pays: told by a person, or by our number together with the customer's name."""
    reasons = {
        reason["code"]
        for candidate in line.verdict.get("candidates", ())[:1]
        for reason in candidate["reasons"]
    }  # fmt: skip
    if line.decided_by is None and not {"reference", "name"} <= reasons:
        return
    customer = await session.scalar(select(Collection.customer_id).where(Collection.id == booking.collection_id))
    if customer is None:
        return
    statement = insert(PayerAccount).values(account=line.payer_account, customer_id=customer, times=1)
    again = {"times": PayerAccount.times + 1}
    await session.execute(statement.on_conflict_do_update(index_elements=["account", "customer_id"], set_=again))


async def line_to_decide(session: AsyncSession, line_id: str, *statuses: str) -> StatementLine:
    """Held until the transaction ends. Raises Refused: 404, 409 already_decided by whom."""
    line = await session.get(StatementLine, line_id, with_for_update=True, populate_existing=True)
    if line is None:
        raise not_found("bank_line")
    if line.status not in statuses:
        raise Refused("bank_line_decided", 409, by=line.decided_by, now=line.status)
    return line


async def last_booking(session: AsyncSession, line_id: str) -> int:
    return await session.scalar(select(func.max(Booking.no)).where(Booking.line_id == line_id)) or 0


async def still_booking(session: AsyncSession, statement_id: str) -> int:
    query = select(func.count()).where(StatementLine.statement_id == statement_id, StatementLine.status == "booking")
    return await session.scalar(query) or 0


async def change_statement(session: AsyncSession, statement_id: str, **values: Any) -> None:
    await session.execute(update(Statement).where(Statement.id == statement_id).values(**values))
    await announce(session, "bank_statement", statement_id, 0)
