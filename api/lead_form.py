"""The public lead forms for other sites' scripts: enquiries from the origins that a form allows, without sign-in."""

import re
import secrets
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Visiting
from api.language import language_of
from api.services import Provided, Services
from commands.lead_form import Enquiry
from domain.lead_form import FieldKind
from domain.lead_form_words import shown_form
from domain.refusal import Refused

router = APIRouter(prefix="/api/forms", tags=["lead forms"])

FormKey = Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern="^[!-~]{8,200}$")]
Answer = (
    Annotated[str, Field(max_length=20_000)]
    | Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=40)]
)
OWN = {"name", "company", "phone", "email", "message", "product", "industry", "size", "budget", "intent"}
PATH = re.compile("/api/forms/([a-z0-9-]{1,64})")


class EnquiryBody(BaseModel):
    """The lead policy says how long each text may be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=20_000)
    company: str = Field(max_length=20_000)
    phone: str = Field("", max_length=20_000, description="A phone number or an e-mail address is needed.")
    email: str = Field("", max_length=20_000)
    message: str = Field("", max_length=20_000)
    product: str = Field("", max_length=200, description="This and what follows only where the form has such a field.")
    industry: str = Field("", max_length=200)
    size: str = Field("", max_length=200)
    budget: str = Field("", max_length=40, description="As people write it: 24,000 or 2.4万.")
    intent: str = Field("", max_length=200)
    custom: dict[Annotated[str, Field(max_length=41)], Answer] = Field(
        {}, max_length=25, description="The form's own fields, by their keys."
    )
    region: str = Field("", max_length=100, description="A region's code, for a form without a region of its own.")
    consent: bool = Field(description="That they agree to the form's consent text.")
    consented: int | None = Field(None, description="Which version of that text they were shown.")
    token: str | None = Field(None, max_length=500, description="Of the form as it was read, if it was read here.")
    language: Literal["zh_CN", "en"] | None = None
    page: str = Field("", max_length=2_000, description="The page they sent it from.")
    referrer: str = Field("", max_length=2_000)
    website: str = Field("", max_length=1_000, description="Leave it empty and out of sight: machines fill it in.")
    utm: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=1_000)]] = Field({}, max_length=20)


class Received(BaseModel):
    received: bool = True


class FieldView(BaseModel):
    key: str
    kind: FieldKind
    label: str
    required: bool
    choices: list[tuple[str, str]] = Field(description="What to send, and what to show.")


class FormView(BaseModel):
    """What to build a form of one's own from. Send `token` and `consent_version` (as `consented`) back with it."""

    title: str
    intro: str
    button: str
    consent: str
    consent_version: int
    fields: list[FieldView]
    regions: list[tuple[str, str]] = Field(description="To choose from; empty where the form has a region.")
    token: str


@router.get("/{form_key}")
async def read(form_key: FormKey, request: Request, services: Provided) -> FormView:
    """The form in the reader's language (`?lang=en`)."""
    language = language_of(request)
    found = await services.lead_forms.open(form_key)
    shown = shown_form(found.design, language, services.settings.company)
    return FormView(
        **{name: getattr(shown, name) for name in ("title", "intro", "button", "consent")},
        consent_version=found.design.consent_version,
        fields=[FieldView.model_validate(field, from_attributes=True) for field in shown.fields],
        regions=[(unit.code, unit.called(language)) for unit in found.choices],
        token=services.lead_forms.token(form_key),
    )


@router.post("/{form_key}", status_code=201)
async def submit(
    form_key: FormKey, body: EnquiryBody, request: Request, visitor: Visiting, services: Provided, key: Key = None
) -> Received:
    """Send an enquiry, which becomes a lead. With an `Idempotency-Key`, sending it again makes no second one."""
    origin = request.headers.get("origin")
    if origin == _origin(services.settings.base_url):
        origin = None
    if body.token is not None:
        services.lead_forms.check_token(form_key, body.token)
    own = body.model_dump(include=OWN)
    enquiry = Enquiry(
        sent=own | body.custom, region=body.region, consent=body.consent, consented=body.consented,
        language=body.language or language_of(request), website=body.website, utm=body.utm,
        behaviour={"page": body.page, "referrer": body.referrer},
    )  # fmt: skip
    await services.lead_forms.submit(
        form_key,
        enquiry,
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
                "Access-Control-Allow-Methods": "GET, POST",
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
