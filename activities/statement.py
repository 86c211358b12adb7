"""Bank statements: a file's lines taken in, matched to what is owed, booked, and the end of it told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.bank import Statement
from db.bank_line import change_statement, lines_to_match, still_booking, take_lines, write_verdicts
from db.bank_match import known_payers, movement, open_for
from db.engine import Database
from db.policy import find_version
from domain.bank_heading import Role
from domain.bank_line import BankStatement
from domain.bank_match import Book, match
from domain.bank_policy import BankPolicy
from domain.policy import load
from domain.refusal import Refused

PAGE = 1_000
"""Lines matched in one transaction."""


class Opener(Protocol):
    """Opens a statement's file where it can do no harm."""

    async def __call__(self, file_hash: str, headings: Mapping[Role, Sequence[str]]) -> dict[str, Any]:
        """`domain.bank_line.BankStatement` as JSON; `headings` are the policy's. Raises Refused for a file that cannot
        be read."""


class StatementFile(BaseModel):
    statement_id: str


class LinesRead(BaseModel):
    """`lines` are new to us; None: the file could not be read, and its row says why."""

    lines: int | None


class StatementActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, opener: Opener) -> None:
        super().__init__(db, zone)
        self.opener = opener

    @activity.defn
    async def read_statement(self, file: StatementFile) -> LinesRead:
        """Takes the lines in. Once more, it finds them there."""
        async with self.db.session("statement") as session:
            statement = await session.get_one(Statement, file.statement_id)
            name = statement.account
            version = await find_version(session, BankPolicy.kind, statement.policy_version)
        try:
            headings = load(BankPolicy, version.document).headings
            read = BankStatement.model_validate(await self.opener(statement.file_hash, headings))
        except Refused as refused:
            problem = {"code": refused.code, "params": refused.params}
            async with self.db.session("statement") as session:
                await change_statement(session, file.statement_id, status="failed", problem=problem)
            return LinesRead(lines=None)
        read.account = read.account or name
        days = [line.booked_on for line in read.lines]
        async with self.db.session("statement") as session:
            taken = await take_lines(session, file.statement_id, read)
            await change_statement(
                session, file.statement_id, status="matching", format=read.format, account=read.account,
                currency=read.currency, lines=len(read.lines), known=len(read.lines) - taken, opening=read.opening,
                closing=read.closing, complete=read.complete, first_on=min(days), last_on=max(days),
            )  # fmt: skip
        return LinesRead(lines=taken)

    @activity.defn
    async def match_lines(self, file: StatementFile) -> bool:
        """Judges the next page; False where none is left. What is judged is never judged again."""
        async with self.db.session("statement") as session:
            statement = await session.get_one(Statement, file.statement_id)
            lines = await lines_to_match(session, file.statement_id, PAGE)
            if not lines:
                return False
            version = await find_version(session, BankPolicy.kind, statement.policy_version)
            policy = load(BankPolicy, version.document)
            payers = await known_payers(session, lines)
            book = Book(await open_for(session, lines, payers))
            judged = []
            for line in lines:
                verdict = match(movement(line, payers), book, policy)
                if verdict.status == "sure":
                    book.take(verdict.candidates[0])
                judged.append((line, verdict))
            await write_verdicts(session, judged, statement.uploaded_by)
            await change_statement(session, file.statement_id, status="matching")
        return True

    @activity.defn
    async def finish_statement(self, file: StatementFile) -> int:
        """How many lines are still being booked; none: the statement is done."""
        async with self.db.session("statement") as session:
            left = await still_booking(session, file.statement_id)
            statement = await session.get_one(Statement, file.statement_id)
            if left:
                if statement.status != "booking":
                    await change_statement(session, file.statement_id, status="booking")
            elif statement.status != "done":
                await change_statement(
                    session, file.statement_id, status="done", finished_at=activity.info().started_time
                )
        return left
