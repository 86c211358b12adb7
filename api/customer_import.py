"""Imports of customers: a file sent in, its columns mapped, its rows merged, and all of it taken back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.document import chunks_of
from api.services import Provided, Services
from db.customer_import import find_import, list_imports, rows_told
from domain.access import Action, Actor
from domain.customer_import import Choices, Mode, Target
from domain.ids import RecordId

router = APIRouter(prefix="/api/customer-imports", tags=["customers"])
PAGE = 1_000
Verdict = Literal["rejected", "double", "update", "exists", "missing", "elsewhere", "kept", "restored"]
FieldKey = Annotated[str, Field(max_length=80)]


class ImportView(BaseModel):
    """`stage`: uploaded, checking, done, cancelled, failed, undoing, undone. `step`: what is done right now."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    by_id: str
    created_at: datetime
    file_name: str
    encoding: str
    delimiter: str
    headings: list[str]
    sample: list[list[str]] = Field(description="The first rows.")
    rows: int
    heading_row: int = Field(description="Which row of the file the headings are; a row's `no` counts on from there.")
    mapping: list[str] = Field(description="For each column its field, or empty; guessed at first.")
    mode: Mode
    region_id: str | None
    target: Target | None
    owner_id: str | None
    pool: str | None
    bulk: bool
    stage: str
    paused: bool
    problem: dict[str, Any] | None
    step: str | None
    read: int
    merged: int
    created: int
    updated: int
    unchanged: int
    doubled: int
    left_out: int
    rejected: int
    undone: int
    kept: int
    started_at: datetime | None
    finished_at: datetime | None


class RowView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    no: int = Field(description="Its place below the heading, from 1.")
    verdict: str
    customer_id: str | None
    other_no: int | None = Field(description="The earlier row that it is the same as.")
    field: str | None
    code: str | None
    cells: list[str] | None = Field(
        description="As they were understood: phone numbers with their country code, and nothing in columns left out."
    )


class StartBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mapping: list[FieldKey] = Field(max_length=300)
    mode: Mode = "both"
    region_id: RecordId = Field(description="The region of rows that name none.")
    target: Target = "pool"
    owner_id: RecordId | None = None
    pool: Annotated[str, Field(max_length=80)] | None = None
    bulk: bool = Field(
        False, description="Drops indexes meanwhile: quicker for very many rows, slower lists until it is done."
    )


@router.post("", status_code=201, responses={200: {"model": ImportView, "description": "Sent in before."}})
async def add_import(file: UploadFile, actor: CurrentActor, services: Provided, answer: Response) -> ImportView:
    """Send in a CSV, XLSX, XLS, ODS or NDJSON file of up to ten million rows. Nothing is taken in yet.

    The same rows once more are the same import, as long as it has not begun.
    """
    sent = await services.customer_imports.add(actor, file.filename or "", chunks_of(file))
    if sent.known:
        answer.status_code = 200
    return await _view(services, actor, sent.id)


@router.get("")
async def get_imports(
    actor: CurrentActor,
    services: Provided,
    before: RecordId | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> list[ImportView]:
    """The newest first."""
    actor.require(Action.CUSTOMER_IMPORT)
    async with services.db.session(actor.id) as session:
        found = await list_imports(session, actor, before=before, limit=limit)
    return [ImportView.model_validate(one) for one in found]


@router.get("/{import_id}")
async def get_import(import_id: RecordId, actor: CurrentActor, services: Provided) -> ImportView:
    return await _view(services, actor, import_id)


@router.get("/{import_id}/rows")
async def get_rows(
    import_id: RecordId, actor: CurrentActor, services: Provided, verdict: Verdict = "rejected",
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0, limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
) -> list[RowView]:  # fmt: skip
    """Rows of one verdict, in the order of the file."""
    await _view(services, actor, import_id)
    async with services.db.session(actor.id) as session:
        rows = await rows_told(session, import_id, [verdict], after=after, limit=limit)
    return [RowView.model_validate(row) for row in rows]


@router.post("/{import_id}/start", status_code=202)
async def start_import(
    import_id: RecordId, body: StartBody, actor: CurrentActor, services: Provided, key: IdempotencyKey
) -> ImportView:
    """Check and merge its rows, in the background."""
    await services.customer_imports.start(actor, key, import_id, Choices(**body.model_dump()))
    return await _view(services, actor, import_id)


@router.post("/{import_id}/pause", status_code=202)
async def pause_import(import_id: RecordId, actor: CurrentActor, services: Provided, key: IdempotencyKey) -> ImportView:
    await services.customer_imports.pause(actor, key, import_id)
    return await _view(services, actor, import_id)


@router.post("/{import_id}/resume", status_code=202)
async def resume_import(
    import_id: RecordId, actor: CurrentActor, services: Provided, key: IdempotencyKey
) -> ImportView:
    await services.customer_imports.resume(actor, key, import_id)
    return await _view(services, actor, import_id)


@router.post("/{import_id}/cancel", status_code=202)
async def cancel_import(
    import_id: RecordId, actor: CurrentActor, services: Provided, key: IdempotencyKey
) -> ImportView:
    """Rows that were merged stay, and can be undone."""
    await services.customer_imports.cancel(actor, key, import_id)
    return await _view(services, actor, import_id)


@router.post("/{import_id}/undo", status_code=202)
async def undo_import(import_id: RecordId, actor: CurrentActor, services: Provided, key: IdempotencyKey) -> ImportView:
    """Take back what it made and changed. What somebody has changed or used since is left, and listed as kept."""
    await services.customer_imports.undo(actor, key, import_id)
    return await _view(services, actor, import_id)


async def _view(services: Services, actor: Actor, import_id: str) -> ImportView:
    actor.require(Action.CUSTOMER_IMPORT)
    async with services.db.session(actor.id) as session:
        return ImportView.model_validate(await find_import(session, actor, import_id))
