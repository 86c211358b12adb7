"""The public lead forms for other sites' scripts: enquiries from the origins that a form allows, without sign-in."""

import re
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Visiting
from api.services import Provided, Services
from commands.lead_form import Enquiry
from domain.refusal import Refused

router = APIRouter(prefix="/api/forms", tags=["lead forms"])

FormKey = Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern="^[!-~]{8,200}$")]
PATH = re.compile("/api/forms/([a-z0-9-]{1,64})")


class EnquiryBody(BaseModel):
    """The lead policy says how long each text may be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=20_000)
    company: str = Field(max_length=20_000)
    phone: str = Field("", max_length=20_000, description="A phone number or an e-mail address is needed.")
    email: str = Field("", max_length=20_000)
    message: str = Field("", max_length=20_000)
    region: str = Field("", max_length=100, description="A region's code, for a form without a region of its own.")
    consent: bool = Field(description="That we may contact them about this.")
    website: str = Field("", max_length=1_000, description="Leave it empty and out of sight: machines fill it in.")
    utm: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=1_000)]] = Field({}, max_length=20)


class Received(BaseModel):
    received: bool = True


@router.post("/{form_key}", status_code=201)
async def submit(
    form_key: FormKey, body: EnquiryBody, request: Request, visitor: Visiting, services: Provided, key: Key = None
) -> Received:
    """Send an enquiry, which becomes a lead. With an `Idempotency-Key`, sending it again makes no second one."""
    origin = request.headers.get("origin")
    if origin == _origin(services.settings.base_url):
        origin = None
    await services.lead_forms.submit(
        form_key,
        Enquiry(**body.model_dump()),
        key=key or secrets.token_urlsafe(18),
        address=visitor.address,
        origin=origin,
    )
    return Received()


class FormCors:
    """ASGI middleware: lets a form's own origins send enquiries from a browser and read the answer, refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        origin = Headers(scope=scope).get("origin") if found else None
        if not found or not origin or not await _allows(scope["app"].state.services, found[1], origin):
            return await self.app(scope, receive, send)
        headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if scope["method"] == "OPTIONS":
            asked = {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "content-type, idempotency-key",
                "Access-Control-Max-Age": "600",
            }
            return await Response(status_code=204, headers=headers | asked)(scope, receive, send)

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        return await self.app(scope, receive, readable)


async def _allows(services: Services, form_key: str, origin: str) -> bool:
    try:
        return origin in (await services.lead_forms.open(form_key)).form.origins
    except (Refused, SQLAlchemyError):
        return False  # the route itself says what is wrong


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
