"""/ui/kit, in development only: every macro, and a facsimile of inbox and board, with made-up records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response

from domain.access import Role
from domain.refusal import Refused
from ui.environment import pages_of
from ui.kit_samples import Samples
from ui.render import page, toasted
from ui.viewer import viewer_of

router = APIRouter(prefix="/ui/kit", include_in_schema=False)


@dataclass(frozen=True)
class SampleViewer:
    """Stands in where nobody is signed in."""

    id: str = "p-1"
    name: str = "Zhao Min"
    email: str = "zhao.min@example.com"
    roles: frozenset[str] = frozenset({Role.ADMINISTRATOR})
    regions: frozenset[str] = frozenset()
    language: str = ""
    zone: str = ""
    theme: str = ""
    holder_keys: frozenset[str] = frozenset()


async def show(request: Request, template: str, **context: Any) -> HTMLResponse:
    if viewer_of(request) is None:
        request.state.viewer = SampleViewer()
    return await page(request, template, **context)


def samples(request: Request) -> Samples:
    return Samples(pages_of(request).language(request), datetime.now(UTC))


@router.get("")
async def parts(request: Request) -> HTMLResponse:
    return await show(request, "kit/parts.html", samples=samples(request))


@router.get("/inbox")
async def inbox(request: Request) -> HTMLResponse:
    return await show(request, "kit/inbox.html", **samples(request).inbox())


@router.get("/board")
async def board(request: Request) -> HTMLResponse:
    return await show(request, "kit/board.html", **samples(request).board())


@router.post("/move/{deal_id}")
async def move(request: Request, deal_id: str, stage: Annotated[str, Form()]) -> Response:
    """Nothing is kept: back to the first stage is refused, anything else is as if it were done."""
    if stage == "qualified":
        raise Refused("stage_skipped", 409)
    return toasted(
        Response(status_code=204), samples(request).say("Moved", "已移动"), undo=f"/ui/kit/move/{deal_id}/undo"
    )


@router.post("/move/{deal_id}/undo")
async def undo(request: Request, deal_id: str) -> Response:
    return toasted(Response(status_code=204), samples(request).say("Taken back", "已撤销"), "info")


@router.get("/sign-in")
async def sign_in(request: Request) -> HTMLResponse:
    return await page(request, "kit/sign_in.html", error=bool(request.query_params.get("error")))
