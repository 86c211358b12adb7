"""Quotes: read, opened for a deal, drafted, submitted, sent, revised, withdrawn."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.quote import quotes_of
from db.scope import visible
from domain.access import Action
from domain.ids import RecordId
from domain.quote import QuoteBody, Totals

router = APIRouter(prefix="/api/quotes", tags=["quotes"], dependencies=[Depends(require(Action.QUOTE_READ))])

Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The quote's version you saw.")]


class QuoteView(BaseModel):
    """`versions` are those submitted, each with its body, totals, documents by language and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    deal_id: str
    customer_id: str
    owner_id: str
    title: str
    amount: int = Field(description="In minor units of `currency`, with tax.")
    currency: str
    status: str = Field(description="draft, in_approval, approved, sent, accepted, refused, lapsed or withdrawn.")
    version: int
    edits: int = Field(description="Counts the draft's changes: send it with an edit.")
    body: QuoteBody
    totals: Totals
    versions: list[dict[str, Any]]
    approval_id: str | None
    valid_until: datetime | None
    sent_at: datetime | None
    seen_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int


class OpenBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    deal_id: RecordId
    template: Annotated[str, Field(max_length=60)] | None = None


class EditBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    edits: Annotated[int, Field(ge=0, le=2**31 - 1)]
    body: QuoteBody


class SubmitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    edits: Annotated[int, Field(ge=0, le=2**31 - 1)]
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] | None = None


class VersionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version


class SendBody(VersionBody):
    contact_id: RecordId | None = None
    language: Literal["zh_CN", "en"] = "zh_CN"
    by_mail: bool = True


@router.get("")
async def list_quotes(deal_id: RecordId, actor: CurrentActor, services: Provided) -> list[QuoteView]:
    """A deal's quotes, the newest first."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "deal", deal_id)
        return [QuoteView.model_validate(quote) for quote in await quotes_of(session, deal_id)]


@router.post("", status_code=201, responses=ACCEPTED)
async def open_quote(
    body: OpenBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """A quote for a deal, begun from a template of the policy."""
    quote_id, answer = await services.quotes.open(actor, key, body.deal_id, template=body.template)
    return answered(out, quote_id, answer)


@router.get("/{quote_id}")
async def get_quote(quote_id: RecordId, actor: CurrentActor, services: Provided) -> QuoteView:
    async with services.db.session(actor.id) as session:
        return QuoteView.model_validate(await visible(session, actor, "quote", quote_id))


@router.post("/{quote_id}/edit", responses=ACCEPTED)
async def edit_quote(
    quote_id: RecordId, body: EditBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Replace the draft's lines. Costs and list prices are the server's to say."""
    answer = await services.quotes.edit(
        actor, key, quote_id, version=body.version, edits=body.edits, body=body.body
    )  # fmt: skip
    return answered(out, quote_id, answer)


@router.post("/{quote_id}/submit", responses=ACCEPTED)
async def submit_quote(
    quote_id: RecordId, body: SubmitBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Approved at once within the policy's limits; else it goes to its approvers."""
    return answered(out, quote_id, await services.quotes.submit(actor, key, quote_id, **body.model_dump()))


@router.post("/{quote_id}/send", responses=ACCEPTED)
async def send_quote(
    quote_id: RecordId, body: SendBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Draw the PDF and write to the contact; the time it is valid begins."""
    return answered(out, quote_id, await services.quotes.send(actor, key, quote_id, **body.model_dump()))


@router.post("/{quote_id}/revise", responses=ACCEPTED)
async def revise_quote(
    quote_id: RecordId, body: VersionBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Begin the next version; the one before can no longer be accepted."""
    return answered(out, quote_id, await services.quotes.revise(actor, key, quote_id, version=body.version))


@router.post("/{quote_id}/prices", responses=ACCEPTED)
async def take_new_prices(
    quote_id: RecordId, body: VersionBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Take what the price book says now, in the draft or in the next version."""
    return answered(out, quote_id, await services.quotes.take_prices(actor, key, quote_id, version=body.version))


@router.post("/{quote_id}/withdraw", responses=ACCEPTED)
async def withdraw_quote(
    quote_id: RecordId, body: VersionBody, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    return answered(out, quote_id, await services.quotes.take_back(actor, key, quote_id, version=body.version))
