"""A document's pages, to read without saving the file: for whoever may see a record that refers to it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor
from api.document import Hash
from api.services import Provided
from ui.render import page

router = APIRouter(prefix="/documents", include_in_schema=False)


@router.get("/{digest}/pages")
async def show(request: Request, digest: Hash, actor: CurrentActor, services: Provided) -> HTMLResponse:
    looked = await services.page_images.look(actor, digest)
    return await page(request, "document/page.html", digest=digest, looked=looked)
