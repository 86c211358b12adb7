"""The page where anybody looks whether a signed contract is still as it was signed. It keeps nothing."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from api.auth import Visiting, same_origin
from api.document import chunks_of
from api.problem import named
from api.services import Provided
from commands.verify import Verdict
from domain.refusal import Refused, invalid
from ui.acting import sent_file
from ui.form import mistakes
from ui.render import page

router = APIRouter(prefix="/verify", include_in_schema=False)


@router.get("")
async def ask(request: Request) -> HTMLResponse:
    return await _page(request)


@router.post("", dependencies=[Depends(same_origin)])
async def look(request: Request, visitor: Visiting, services: Provided) -> HTMLResponse:
    try:
        file = await sent_file(request)
        if file is None:
            raise invalid("field_needed", "file")
        verdict = await services.verifications.look(visitor, chunks_of(file))
    except Refused as refused:
        if refused.status not in (413, 422, 429):
            raise
        wrong = mistakes(request, await named(request, refused))
        return await _page(request, status=refused.status, error=" ".join(wrong.values()))
    return await _page(request, verdict=verdict, file=file.filename or "")


async def _page(
    request: Request, *, status: int = 200, verdict: Verdict | None = None, file: str = "", error: str = ""
) -> HTMLResponse:
    answer = await page(request, "signing/verify.html", status=status, verdict=verdict, file=file, error=error)
    answer.headers["Cache-Control"] = "no-store"
    return answer
