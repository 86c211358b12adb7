"""The page a customer opens by a ticket's link: what was said, an answer, and how it went. No sign-in, no session."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.auth import Visiting, same_origin
from api.body import IdempotencyKey
from api.document import chunks_of
from api.language import language_of
from api.services import Provided, Services
from commands.ticket_portal import SCORES, Seen
from domain.refusal import Refused
from ui.form import FILE_KINDS, mistakes
from ui.render import page

router = APIRouter(prefix="/t", include_in_schema=False)
R = TypeVar("R", bound=Response)
SAID_HERE = (409, 413, 422, 429, 503)
"""Refusals that the page itself says."""


@router.get("/{token}")
async def show(request: Request, token: str, visitor: Visiting, services: Provided) -> HTMLResponse:
    try:
        seen = await services.ticket_portal.read(token, visitor)
    except Refused as refused:
        why = next(iter(mistakes(request, refused).values()))
        return _unseen(await page(request, "ticket_portal/gone.html", status=refused.status, why=why))
    return await _page(request, services, token, seen)


@router.post("/{token}/opened", dependencies=[Depends(same_origin)], status_code=204)
async def opened(token: str, visitor: Visiting, services: Provided) -> Response:
    """Told by the page itself once a person has it before them."""
    await services.ticket_portal.opened(await services.ticket_portal.read(token, visitor))
    return Response(status_code=204)


@router.post("/{token}", dependencies=[Depends(same_origin)])
async def answer(
    request: Request,
    token: str,
    visitor: Visiting,
    services: Provided,
    key: IdempotencyKey,
    text: Annotated[str, Form(max_length=40_000)] = "",
    files: Annotated[list[UploadFile] | None, Form()] = None,
) -> Response:
    seen = await services.ticket_portal.read(token, visitor)
    sent = [(file.filename or "", chunks_of(file)) for file in files or [] if file.filename]
    try:
        await services.ticket_portal.answer(seen, key, text=text, files=sent)
    except Refused as refused:
        return await _again(request, services, token, visitor, refused, {"text": text}, had_files=bool(sent))
    return RedirectResponse(f"/t/{token}?lang={language_of(request)}&done=said#end", 303)


@router.post("/{token}/rating", dependencies=[Depends(same_origin)])
async def rate(
    request: Request,
    token: str,
    visitor: Visiting,
    services: Provided,
    score: Annotated[str, Form(max_length=2)] = "",
    words: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    seen = await services.ticket_portal.read(token, visitor)
    chosen = int(score) if score.isdecimal() and score.isascii() else 0
    try:
        await services.ticket_portal.rate(seen, visitor, score=chosen, words=words)
    except Refused as refused:
        return await _again(request, services, token, visitor, refused, {"score": score, "words": words})
    return RedirectResponse(f"/t/{token}?lang={language_of(request)}&done=rated#rating", 303)


@router.get("/{token}/files/{digest}")
async def file(token: str, digest: str, visitor: Visiting, services: Provided) -> FileResponse:
    seen = await services.ticket_portal.read(token, visitor)
    path, about = await services.ticket_portal.file(seen, digest)
    kept = FileResponse(path, media_type=about.type, filename=about.name)
    kept.headers["X-Content-Type-Options"] = "nosniff"
    kept.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return _unseen(kept)


async def _again(
    request: Request, services: Services, token: str, visitor: Any, refused: Refused, typed: dict[str, str], *,
    had_files: bool = False,
) -> HTMLResponse:  # fmt: skip
    if refused.status not in SAID_HERE:
        raise refused
    fresh = await services.ticket_portal.read(token, visitor)
    return await _page(request, services, token, fresh, refused=refused, typed=typed, had_files=had_files)


async def _page(
    request: Request, services: Services, token: str, seen: Seen, *, refused: Refused | None = None,
    typed: dict[str, str] | None = None, had_files: bool = False,
) -> HTMLResponse:  # fmt: skip
    answer = await page(
        request, "ticket_portal/page.html", status=refused.status if refused else 200, token=token, seen=seen,
        scores=SCORES, done=request.query_params.get("done", ""), typed=typed or {},
        had_files=had_files, file_kinds=FILE_KINDS, errors=mistakes(request, refused) if refused else {},
    )  # fmt: skip
    return _unseen(answer)


def _unseen(answer: R) -> R:
    """The address is a key: it goes to nobody else, and nobody keeps the page."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer
