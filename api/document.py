"""Documents: sent in by whoever works on contracts, handed back to whoever may see a record that refers to them."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile as SentFile

from api.auth import CurrentActor
from api.services import Provided

router = APIRouter(tags=["documents"])
CHUNK = 256 * 1024

Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the document's bytes, in hex.")]


class DocumentView(BaseModel):
    hash: str = Field(description="Names the document wherever it is referred to.")
    name: str
    media_type: str
    size: int = Field(description="Bytes.")


@router.post("/api/documents", status_code=201)
async def add_document(file: UploadFile, actor: CurrentActor, services: Provided) -> DocumentView:
    """Keep a PDF of at most 25 MB. Sending it twice keeps it once."""
    stored = await services.documents.add(actor, file.filename or "", chunks_of(file))
    return DocumentView.model_validate(stored, from_attributes=True)


async def chunks_of(file: SentFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


@router.get(
    "/documents/{digest}",
    response_class=FileResponse,
    responses={200: {"content": {"application/pdf": {}}, "description": "The file, as it came in."}},
)
async def get_document(digest: Hash, actor: CurrentActor, services: Provided) -> FileResponse:
    """A file somebody sent in: it is saved, never shown inside our pages."""
    document, path = await services.documents.find(actor, digest)
    return FileResponse(
        path,
        media_type=document.media_type,
        filename=document.name,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            "Cache-Control": "private, no-cache",
        },
    )
