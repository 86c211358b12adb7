"""The page a customer opens by a quote's link: read, downloaded, accepted or declined, without a sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.auth import Visiting, same_origin
from api.language import language_of
from api.services import Provided, Services
from commands.quote_link import Offer
from domain.refusal import Refused
from ui.form import mistakes
from ui.render import page

router = APIRouter(prefix="/q", include_in_schema=False)

Text = Annotated[str, Form(max_length=2_000)]


@router.get("/{token}")
async def show(request: Request, token: str, visitor: Visiting, services: Provided) -> HTMLResponse:
    try:
        offer = await services.quotes_for_customers.read(token, visitor)
    except Refused as refused:
        return _unseen(await page(request, "quote/gone.html", status=refused.status, why=_said(request, refused)))
    return await _offer(request, services, token, offer)


@router.post("/{token}/opened", dependencies=[Depends(same_origin)], status_code=204)
async def opened(token: str, visitor: Visiting, services: Provided) -> Response:
    """Told by the page itself once a person has it before them."""
    offer = await services.quotes_for_customers.read(token, visitor)
    await services.quotes_for_customers.opened(offer)
    return Response(status_code=204)


@router.post("/{token}", dependencies=[Depends(same_origin)])
async def answer(
    request: Request,
    token: str,
    visitor: Visiting,
    services: Provided,
    outcome: Annotated[Literal["accepted", "refused", "renewal"], Form()],
    name: Text = "",
    note: Text = "",
    po_number: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    offer = await services.quotes_for_customers.read(token, visitor)
    try:
        if outcome == "renewal":
            await services.quotes_for_customers.ask_renewal(offer)
        else:
            await services.quotes_for_customers.answer(
                offer, visitor, outcome=outcome, name=name, note=note, po_number=po_number
            )
    except Refused as refused:
        if refused.status not in (409, 422, 503):
            raise
        fresh = await services.quotes_for_customers.read(token, visitor)
        typed = {"name": name, "note": note, "po_number": po_number, "outcome": outcome}
        return await _offer(request, services, token, fresh, refused=refused, typed=typed)
    return RedirectResponse(f"/q/{token}?lang={language_of(request)}&done={outcome}", 303)


@router.get("/{token}/{language}.pdf")
async def pdf(token: str, language: Literal["zh_CN", "en"], visitor: Visiting, services: Provided) -> FileResponse:
    offer = await services.quotes_for_customers.read(token, visitor)
    path = services.documents.store.path(offer.documents[language])
    return FileResponse(path, media_type="application/pdf", filename=f"{offer.quote.number}-{offer.version}.pdf")


async def _offer(
    request: Request, services: Services, token: str, offer: Offer, *, refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    answer = await page(
        request,
        "quote/offer.html",
        status=refused.status if refused else 200,
        token=token,
        offer=offer,
        done=request.query_params.get("done", ""),
        typed=typed or {},
        errors=mistakes(request, refused) if refused else {},
    )
    return _unseen(answer)


def _said(request: Request, refused: Refused) -> str:
    return next(iter(mistakes(request, refused).values()))


def _unseen(answer: HTMLResponse) -> HTMLResponse:
    """The address is a key: it goes to nobody else, and nobody keeps the page."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
