"""Exports of customers: asked for, watched, fetched."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.customer_export import MEDIA, PICKED
from db.customer_export import export_of
from domain.access import Action
from domain.customer_filter import LONGEST
from domain.ids import RecordId

router = APIRouter(
    prefix="/api/customers/exports", tags=["customers"], dependencies=[Depends(require(Action.CUSTOMER_EXPORT))]
)


class ExportBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["csv", "xlsx"] = "csv"
    language: Literal["zh_CN", "en"] = "zh_CN"
    text: str = Field("", max_length=100)
    filter: str = Field("", max_length=LONGEST, description="As the list takes it.")
    picked: list[RecordId] = Field([], max_length=PICKED, description="Ids of customers; none: all that fit.")


class ExportBegun(BaseModel):
    id: str


class ExportView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    format: str
    status: str = Field(description="running, done, failed, expired")
    rows: int = Field(description="Written so far.")
    size: int | None = Field(description="Bytes of the file.")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


@router.post("", status_code=202)
async def begin_export(body: ExportBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> ExportBegun:
    """Begin to write the customers you may see, with the fields you may see, to a file."""
    export_id = await services.customer_exports.begin(
        actor, key, file_format=body.format, language=body.language, text=body.text, filter_text=body.filter,
        picked=body.picked,
    )  # fmt: skip
    return ExportBegun(id=export_id)


@router.get("/{export_id}")
async def show_export(export_id: RecordId, actor: CurrentActor, services: Provided) -> ExportView:
    """How far an export of yours is."""
    async with services.db.session(actor.id) as session:
        return ExportView.model_validate(await export_of(session, actor, export_id))


@router.get("/{export_id}/file", response_class=FileResponse)
async def fetch_export(export_id: RecordId, actor: CurrentActor, services: Provided) -> FileResponse:
    """The file, once it is done and until it expires."""
    export, path = await services.customer_exports.fetch(actor, export_id)
    name = f"customers-{export.created_at:%Y%m%d-%H%M}.{export.format}"
    return FileResponse(path, media_type=MEDIA[export.format], filename=name, headers={"Cache-Control": "no-store"})
