"""Files of leads sent in by a person or their program: read, mapped to fields, and taken in row by row."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.document import chunks_of
from api.services import Provided, Services
from db.lead_upload import count_rows, failed_rows, find_upload
from domain.access import Actor
from domain.ids import RecordId
from domain.refusal import not_found

router = APIRouter(prefix="/api/lead-uploads", tags=["leads"])
REPORTED = 1_000


class UploadView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    file_name: str
    headings: list[str]
    mapping: list[str] = Field(description="For each column its field, `custom`, or empty; guessed at first.")
    rows: int
    status: Literal["read", "taking", "done"]
    region: str | None
    campaign: str | None
    at: datetime
    counts: dict[str, int] = Field({}, description="Rows by what became of them: waiting, fresh, touch, failed.")


class FailedRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    no: int = Field(description="Its place below the heading, from 1.")
    code: str | None
    field: str | None
    params: dict[str, Any]
    cells: list[str]


class TakeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mapping: list[Annotated[str, Field(max_length=60)]] = Field(max_length=100)
    region: str = Field(max_length=100, description="The region of rows that name none.")
    campaign: Annotated[str, Field(max_length=120)] | None = None


@router.post("", status_code=201)
async def add_upload(file: UploadFile, actor: CurrentActor, services: Provided) -> UploadView:
    """Read a CSV, XLSX, XLS or ODS file of at most 25 MB and 50,000 rows. Nothing is taken in yet. The same file sent
    again is the same upload."""
    upload_id = await services.lead_uploads.add(actor, file.filename or "", chunks_of(file))
    return await _view(services, actor, upload_id)


@router.get("/{upload_id}")
async def get_upload(upload_id: RecordId, actor: CurrentActor, services: Provided) -> UploadView:
    return await _view(services, actor, upload_id)


@router.post("/{upload_id}/take", status_code=202)
async def take_upload(upload_id: RecordId, body: TakeBody, actor: CurrentActor, services: Provided) -> UploadView:
    """Take its rows in, in the background. Each row is one lead once, however often this or the file is sent."""
    await services.lead_uploads.take(actor, upload_id, **body.model_dump())
    return await _view(services, actor, upload_id)


@router.get("/{upload_id}/failed")
async def get_failed(upload_id: RecordId, actor: CurrentActor, services: Provided) -> list[FailedRow]:
    """The first 1,000 rows that could not be used, and why."""
    await _view(services, actor, upload_id)
    async with services.db.session(actor.id) as session:
        rows = await failed_rows(session, upload_id, REPORTED)
    return [FailedRow.model_validate(row) for row in rows]


async def _view(services: Services, actor: Actor, upload_id: str) -> UploadView:
    async with services.db.session(actor.id) as session:
        found = await find_upload(session, actor.id, upload_id=upload_id)
        if found is None:
            raise not_found("lead_upload")
        counts = await count_rows(session, upload_id)
    return UploadView.model_validate(found).model_copy(update={"counts": counts})
