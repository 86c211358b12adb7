"""Pages of documents, drawn: for whoever may see a record that refers to the document."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from api.auth import CurrentActor
from api.document import Hash
from api.services import Provided

router = APIRouter(tags=["documents"])

Number = Annotated[int, Path(ge=1, le=500, description="The page, from 1.")]
_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
"""A document never changes under its hash, so neither do its pages."""


@router.get(
    "/documents/{digest}/pages/{number}.webp",
    response_class=FileResponse,
    responses={200: {"content": {"image/webp": {}}, "description": "The page in grey, at most 2,000 pixels long."}},
)
async def get_page_image(digest: Hash, number: Number, actor: CurrentActor, services: Provided) -> FileResponse:
    """A page of a PDF as a picture. 422 where the document cannot be opened."""
    path = await services.page_images.image(actor, digest, number)
    return FileResponse(path, media_type="image/webp", headers=_KEPT)


@router.get(
    "/documents/{digest}/pages/{number}.json",
    response_class=FileResponse,
    responses={200: {"content": {"application/json": {}}, "description": "The page's words."}},
)
async def get_page_words(digest: Hash, number: Number, actor: CurrentActor, services: Provided) -> FileResponse:
    """`pages` of the document, `width` and `height` in points, and `words`, each as its text, left, top, right and
    bottom in fractions of the page."""
    path = await services.page_images.words(actor, digest, number)
    return FileResponse(path, media_type="application/json", headers=_KEPT)
