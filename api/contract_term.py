"""How long signed contracts run: those that end soon, one's days, and what is decided about them."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from db.contract_term import ending
from db.policy import current_policy
from db.scope import Whose, narrowed, visible
from domain.access import Action
from domain.contract import ContractPolicy
from domain.contract_term import Decision, Terms
from domain.ids import RecordId
from domain.money import LARGEST
from domain.policy import load

router = APIRouter(prefix="/api/contracts", tags=["contracts"], dependencies=[Depends(require(Action.CONTRACT_READ))])
PAGE = 50


class TermView(BaseModel):
    """Its `id` is the contract's. Where nobody has confirmed it, the days are as its document was read."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    customer_id: str
    owner_id: str
    region_id: str
    amount: int = Field(description="In minor units of `currency`.")
    currency: str
    status: str = Field(description="running, ending, renewed or ended.")
    version: int = Field(description="Send it with a change.")
    starts_on: date | None
    ends_on: date | None
    notice_days: int | None
    notice_until: date | None = Field(description="The last day to give notice.")
    renews_months: int | None = Field(description="Without notice it goes on for as long.")
    warranty_until: date | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    decide_at: datetime | None
    next_at: datetime | None = Field(description="When somebody is reminded or asked next.")
    decision: Decision | None
    decided_by: str | None
    decided_at: datetime | None
    renewal_id: str | None = Field(description="The deal begun from it.")
    closed_at: datetime | None
    revision: int


class TermsView(BaseModel):
    items: list[TermView]
    next: str | None = Field(description="Send it as `after` for those after these; null: there are none.")


class TermSearch(BaseModel):
    show: Literal["soon", "unknown", "ended"] = Field(
        "soon", description="What must be decided or ends soon; what nobody knows the end of; what has ended."
    )
    days: int | None = Field(None, ge=0, le=3_660, description="How far ahead; else as the contract policy says.")
    whose: Whose = "all"
    after: RecordId | None = None


class TermBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)
    starts_on: date | None = None
    ends_on: date | None = None
    notice_days: int | None = Field(None, ge=0, le=3_660)
    renews_months: int | None = Field(None, ge=0, le=600)
    warranty_until: date | None = None


class TermDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1)
    decision: Decision = Field(description="renew: begin a deal from it; go_on: by itself, as it says; end.")
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] | None = None
    pipeline: str | None = Field(None, max_length=60, description="Of the deal: the key of one that takes new deals.")
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    amount: Annotated[int, Field(gt=0, le=LARGEST)] | None = None
    close_on: date | None = None


@router.get("/ending")
async def list_ending(search: Annotated[TermSearch, Query()], actor: CurrentActor, services: Provided) -> TermsView:
    """By the day that comes first, 50 at a time."""
    async with services.db.session(actor.id) as session:
        until = today(services) + (
            timedelta(days=search.days) if search.days is not None
            else load(ContractPolicy, (await current_policy(session, ContractPolicy.kind))[1]).term.soon
        )  # fmt: skip
        found = await ending(
            session, narrowed(actor, "contract_term", search.whose), until=until, show=search.show, limit=PAGE + 1,
            after=search.after,
        )  # fmt: skip
    items = [TermView.model_validate(one.term) for one in found[:PAGE]]
    return TermsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/{contract_id}/term")
async def get_term(contract_id: RecordId, actor: CurrentActor, services: Provided) -> TermView:
    """Of a contract that was signed."""
    async with services.db.session(actor.id) as session:
        return TermView.model_validate(await visible(session, actor, "contract_term", contract_id))


@router.post("/{contract_id}/term", responses=ACCEPTED)
async def confirm_term(
    contract_id: RecordId, body: TermBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Say how long it runs: all its days together."""
    terms = Terms.model_validate(body.model_dump(exclude={"version"}))
    answer = await services.terms.confirm(actor, key, contract_id, version=body.version, terms=terms)
    return answered(out, contract_id, answer)


@router.post("/{contract_id}/term/decision", responses=ACCEPTED)
async def decide_term(
    contract_id: RecordId, body: TermDecision, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Renew it, let it go on, or let it end. To renew answers with the new deal's id in `result`."""
    answer = await services.terms.decide(actor, key, contract_id, **body.model_dump())
    return answered(out, contract_id, answer)


def today(services: Services) -> date:
    """In the company's zone."""
    return datetime.now(ZoneInfo(services.settings.zone)).date()
