"""Bank statements: sent in, followed, and the lines in doubt decided."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.document import chunks_of
from api.services import Provided
from db import bank_list
from db.bank import Statement, StatementLine
from domain.access import Action
from domain.bank_match import Share
from domain.ids import RecordId
from domain.money import MinorUnits

router = APIRouter(prefix="/api/bank", tags=["bank"], dependencies=[Depends(require(Action.COLLECTION_WORK))])
PAGE = 50
LINES = 100

Status = Literal["new", "booking", "booked", "doubt", "ignored", "not_ours"]


class StatementView(BaseModel):
    """Amounts in minor units of `currency`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    format: str | None = Field(description="csv, camt.053 or mt940; null until it is read.")
    account: str
    currency: str = Field(description="Empty where the file has several.")
    status: str = Field(description="reading, matching, booking, done or failed.")
    problem: dict[str, Any] | None = Field(description="Why it failed: `code` and `params` of the refusal.")
    lines: int
    known: int = Field(description="Lines that an earlier file had; they are not here again.")
    complete: bool | None = Field(description="Whether the lines lead from the opening to the closing balance.")
    first_on: date | None
    last_on: date | None
    uploaded_by: str
    uploaded_at: datetime
    finished_at: datetime | None
    counts: dict[str, int] = Field(default_factory=dict, description="Lines by status.")


class StatementsView(BaseModel):
    items: list[StatementView]
    next: str | None = Field(description="Send it as `after` for the ones after these; null: there are none.")


class LineView(BaseModel):
    """`amount` in minor units: what came in is positive."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    statement_id: str
    no: int
    booked_on: date
    amount: int
    currency: str
    payer: str
    payer_account: str
    text: str
    bank_reference: str
    reversal: bool
    status: str = Field(description="new, booking, booked, doubt, ignored or not_ours.")
    verdict: dict[str, Any] = Field(description="What it may pay, the likeliest first, with points and reasons.")
    booked: int = Field(description="What of it has reached collections.")
    decided_by: str | None
    note: str | None


class LinesView(BaseModel):
    items: list[LineView]
    next: int | None = Field(description="Send it as `after` for the ones after these; null: there are none.")


class SharesBody(BaseModel):
    """Which collections the line pays; the amounts make what is left of it."""

    model_config = ConfigDict(extra="forbid")

    class Part(BaseModel):
        model_config = ConfigDict(extra="forbid")

        collection_id: RecordId
        amount: Annotated[MinorUnits, Field(gt=0)]

    shares: Annotated[list[Part], Field(min_length=1, max_length=20)]

    def asked(self) -> list[Share]:
        return [Share(collection_id=part.collection_id, amount=part.amount) for part in self.shares]


class NoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=500)]


@router.post("/statements", status_code=201)
async def upload_statement(
    file: UploadFile, actor: CurrentActor, services: Provided, account: Annotated[str, Form(max_length=64)] = ""
) -> StatementView:
    """Send a bank statement in: CSV, camt.053 or MT940, at most 25 MB. It is read, matched and booked by itself.

    `account`: ours, where the file does not name it. 409 bank_file_known for a file that was sent in before.
    """
    statement_id = await services.bank.upload(actor, file.filename or "", chunks_of(file), account)
    return await _view(services, actor.id, statement_id)


@router.get("/statements")
async def list_statements(
    actor: CurrentActor, services: Provided, after: RecordId | None = None
) -> StatementsView:  # fmt: skip
    """The latest first, 50 at a time."""
    async with services.db.session(actor.id) as session:
        found = await bank_list.list_statements(session, after=after, limit=PAGE + 1)
    items = [_shown(listed.statement, listed.counts) for listed in found[:PAGE]]
    return StatementsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/statements/{statement_id}")
async def get_statement(statement_id: RecordId, actor: CurrentActor, services: Provided) -> StatementView:
    """How far it is."""
    return await _view(services, actor.id, statement_id)


@router.get("/statements/{statement_id}/lines")
async def list_lines(
    statement_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    status: Status | None = None,
    after: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> LinesView:
    """In the file's order, 100 at a time."""
    async with services.db.session(actor.id) as session:
        await bank_list.find_statement(session, statement_id)
        found = await bank_list.list_lines(session, statement_id, status=status or "", after=after, limit=LINES + 1)
    items = [_line(line) for line in found[:LINES]]
    return LinesView(items=items, next=items[-1].no if len(found) > LINES else None)


@router.get("/doubts")
async def list_doubts(actor: CurrentActor, services: Provided) -> list[LineView]:
    """Lines to be decided, the oldest first; at most 50."""
    async with services.db.session(actor.id) as session:
        return [_line(line) for line in await bank_list.list_doubts(session)]


@router.post("/lines/{line_id}/book")
async def book_line(
    line_id: RecordId, body: SharesBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> LineView:
    """Say what a line in doubt pays. It is booked at once by the relay; what a collection refuses is in doubt again."""
    return _line(await services.bank.book(actor, key, line_id, body.asked()))


@router.post("/lines/{line_id}/set-aside")
async def set_line_aside(
    line_id: RecordId, body: NoteBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> LineView:
    """It is no payment of a customer."""
    return _line(await services.bank.set_aside(actor, key, line_id, body.note))


@router.post("/lines/{line_id}/ask-again")
async def ask_line_again(
    line_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> LineView:  # fmt: skip
    """Take a line up again that was set aside."""
    return _line(await services.bank.ask_again(actor, key, line_id))


async def _view(services: Provided, reader: str, statement_id: str) -> StatementView:
    async with services.db.session(reader) as session:
        statement = await bank_list.find_statement(session, statement_id)
        counts = await bank_list.counts_of(session, statement_id)
    return _shown(statement, counts)


def _shown(statement: Statement, counts: dict[str, int]) -> StatementView:
    view = StatementView.model_validate(statement)
    return view.model_copy(update={"counts": counts})


def _line(line: StatementLine) -> LineView:
    return LineView.model_validate(line)
