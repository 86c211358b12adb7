"""The page by which a contract's other party signs: the contract, a code by mail, then their word. No sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.auth import Visiting, same_origin
from api.language import language_of
from api.services import Provided, Services
from commands.credentials import Visitor
from commands.signing_customer import Said, SigningCase
from commands.signing_picture import LARGEST_SEAL
from domain.refusal import Refused
from ui.form import mistakes
from ui.render import page

router = APIRouter(prefix="/s", include_in_schema=False)

Short = Annotated[str, Form(max_length=200)]
Long = Annotated[str, Form(max_length=2_000)]
SAID_HERE = (409, 413, 422, 429, 503)
"""Refusals that the page itself says."""
OVER = ("signed_already", "signing_over")
SIGNED = ("sealing", "signed")
"""How it stands for those who have signed."""


@router.get("/{token}")
async def show(request: Request, token: str, visitor: Visiting, services: Provided) -> HTMLResponse:
    try:
        case = await services.signings_by_link.read(token, visitor)
    except Refused as refused:
        why = next(iter(mistakes(request, refused).values()))
        return _unseen(await page(request, "signing/gone.html", status=refused.status, why=why))
    return await _case(request, services, token, case)


@router.post("/{token}/opened", dependencies=[Depends(same_origin)], status_code=204)
async def opened(token: str, visitor: Visiting, services: Provided) -> Response:
    """Told by the page itself once a person has it before them."""
    await services.signings_by_link.opened(await services.signings_by_link.read(token, visitor), visitor)
    return Response(status_code=204)


@router.post("/{token}/code", dependencies=[Depends(same_origin)])
async def send_code(request: Request, token: str, visitor: Visiting, services: Provided) -> Response:
    case = await services.signings_by_link.read(token, visitor)
    try:
        await services.signings_by_link.send_code(case, visitor)
    except Refused as refused:
        return await _again(request, services, token, visitor, refused, {})
    return RedirectResponse(f"/s/{token}?lang={language_of(request)}&code=sent#sign", 303)


@router.post("/{token}", dependencies=[Depends(same_origin)])
async def answer(
    request: Request,
    token: str,
    visitor: Visiting,
    services: Provided,
    outcome: Annotated[Literal["signed", "declined", "handed_back"], Form()],
    code: Annotated[str, Form(max_length=12)] = "",
    name: Short = "",
    title: Short = "",
    method: Annotated[Literal["typed", "drawn"], Form()] = "typed",
    drawing: Annotated[str, Form(max_length=700_000)] = "",
    remarks: Long = "",
    consent: Annotated[str, Form(max_length=5)] = "",
    seal: UploadFile | None = None,
) -> Response:
    case = await services.signings_by_link.read(token, visitor)
    stamp = await seal.read(LARGEST_SEAL + 1) if seal is not None and seal.filename else b""
    typed = {"code": code, "name": name, "title": title, "method": method, "remarks": remarks, "consent": consent,
             "outcome": outcome}  # fmt: skip
    said = Said(
        code=code, outcome=outcome, name=name, title=title, method=method, drawing=drawing, seal=stamp,
        remarks=remarks, consent=bool(consent),
    )  # fmt: skip
    try:
        await services.signings_by_link.answer(case, visitor, said)
    except Refused as refused:
        fresh = await services.signings_by_link.read(token, visitor)
        if refused.code not in OVER or fresh.status not in SIGNED:  # else: the same click once more
            return await _again(request, services, token, visitor, refused, typed)
        outcome = "signed"
    return RedirectResponse(f"/s/{token}?lang={language_of(request)}&done={outcome}", 303)


@router.get("/{token}/pages/{number}.webp")
async def picture(token: str, number: int, visitor: Visiting, services: Provided) -> FileResponse:
    case = await services.signings_by_link.read(token, visitor)
    _must_show(case)
    return FileResponse(
        await services.signings_by_link.page(case, number), media_type="image/webp",
        headers={"Cache-Control": "private, max-age=600", "Referrer-Policy": "no-referrer"},
    )  # fmt: skip


@router.get("/{token}/contract.pdf")
async def pdf(token: str, visitor: Visiting, services: Provided) -> FileResponse:
    case = await services.signings_by_link.read(token, visitor)
    _must_show(case)
    return FileResponse(
        services.documents.store.path(case.hash), media_type="application/pdf", filename=case.document.name,
        headers={"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"},
    )  # fmt: skip


def _must_show(case: SigningCase) -> None:
    """Who holds a link that is over sees no contract by it, but for the one they signed."""
    if case.status not in ("open", *SIGNED):
        raise Refused("link_unknown", 404)


async def _again(
    request: Request, services: Services, token: str, visitor: Visitor, refused: Refused, typed: dict[str, str]
) -> HTMLResponse:
    if refused.status not in SAID_HERE:
        raise refused
    fresh = await services.signings_by_link.read(token, visitor)
    return await _case(request, services, token, fresh, refused=refused, typed=typed)


async def _case(
    request: Request, services: Services, token: str, case: SigningCase, *, refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    count = await services.signings_by_link.page_count(case) if case.status in ("open", *SIGNED) else 0
    return _unseen(
        await page(
            request,
            "signing/page.html",
            status=refused.status if refused else 200,
            token=token,
            case=case,
            count=count,
            sent=request.query_params.get("code") == "sent",
            done=request.query_params.get("done", ""),
            typed=typed or {},
            errors=mistakes(request, refused) if refused else {},
        )
    )


def _unseen(answer: HTMLResponse) -> HTMLResponse:
    """The address is a key: it goes to nobody else, and nobody keeps the page."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer
