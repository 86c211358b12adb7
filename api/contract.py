"""Contracts: read with their versions, and submitted for approval."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.document import chunks_of
from api.services import Provided
from db.scope import visible
from domain.ids import RecordId
from domain.money import MinorUnits

router = APIRouter(prefix="/api/contracts", tags=["contracts"])


class VersionView(BaseModel):
    """What was submitted; `outcome` is null while it is in approval."""

    no: int
    amount: int
    document: str | None = Field(description="Fetch it at /documents/{hash}.")
    note: str | None
    by: str
    at: datetime
    outcome: str | None
    kind: str = Field("", description="Of contract: the key of the clause standard it is judged by.")


class ContractView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    deal_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int = Field(description="In minor units of `currency`.")
    currency: str
    status: str = Field(description="draft, in_approval, approved, rejected or withdrawn.")
    version: int = Field(description="The version in work or in approval: send it when submitting.")
    versions: list[VersionView]
    approval_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int = Field(description="Grows with every change.")


class SubmitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The contract's version you saw.")
    amount: Annotated[MinorUnits, Field(gt=0)]
    document: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        None, description="Hash that POST /api/documents gave."
    )
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] | None = None
    facts: dict[str, bool | int | str | list[str] | None] = Field(
        {}, max_length=50,
        description="What its approval may ask for: contract_kind, discount (1/100 %), customer_tier, payment_days, "
        "risk, and custom fields whose names begin with x_.",
    )  # fmt: skip
    kind: Annotated[str, Field(max_length=40)] = Field(
        "", description="A further clause standard's key, by which its document is judged; empty: that of the fact "
        "contract_kind, or the standard of all others.",
    )  # fmt: skip


class TakeBackBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version that is checked or with legal.")


@router.get("/{contract_id}")
async def get_contract(contract_id: RecordId, actor: CurrentActor, services: Provided) -> ContractView:
    async with services.db.session(actor.id) as session:
        return ContractView.model_validate(await visible(session, actor, "contract", contract_id))


class ClausePeriod(BaseModel):
    value: str = Field(description="`2026-01-01/2026-12-31`, `/2026-12-31`, or how long: `12m`, `90d`.")
    page: int
    quote: str


class ClauseRow(BaseModel):
    """First a row of kind `_document` with the file's `state`; then one for each finding."""

    model_config = ConfigDict(extra="forbid")

    file: str
    kind: str = Field(description="_document, or the kind of clause, as of the clause standard.")
    state: str | None = Field(None, description="text, needs_ocr, password_required, refused, unreadable, unsupported.")
    limit: str | None = Field(None, description="Of a refused file: what it is beyond, in words.")
    lang: str | None = None
    pages: int | None = None
    our_party: str | None = None
    period: ClausePeriod | None = Field(None, description="From when until when the contract runs, if it says so.")
    carries: list[str] | None = Field(None, description="javascript, attachments and the like.")
    unread: list[int] | None = Field(None, description="Of a file that needs OCR: the pages nobody has read.")
    by_ocr: bool | None = Field(None, description="Whether OCR has read any of it: never here, since that takes long.")
    value: str | None = None
    page: int | None = Field(None, description="From 1; null for what is absent.")
    quote: str | None = None
    rects: list[tuple[int, float, float, float, float]] | None = Field(
        None, description="Page, left, top, right, bottom, as fractions of the page."
    )
    risk: str | None = Field(None, description="ok, low, medium or high, by the standard.")
    note: str | None = None


@router.post("/check", response_model_exclude_unset=True)
async def check_contract(
    file: UploadFile,
    actor: CurrentActor,
    services: Provided,
    our_party: Annotated[str, Form(max_length=200, description="What the contract calls our side.")] = "",
    standard: Annotated[
        str, Form(max_length=40, description="A further clause standard's key; empty: the standard of all others.")
    ] = "",
) -> list[ClauseRow]:
    """What a contract says, by the company's standard, as `throughline contract check` prints it. Keeps nothing."""
    said = await services.contract_checks.look(
        actor, chunks_of(file), name=file.filename or "", our_party=our_party, standard=standard
    )
    return [ClauseRow.model_validate(row) for row in said]


@router.post("/{contract_id}/submit", responses=ACCEPTED)
async def submit_contract(
    contract_id: RecordId, body: SubmitBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Send a version on its way through approval; the policy of this moment says who decides."""
    answer = await services.contracts.submit(actor, key, contract_id, **body.model_dump())
    return answered(out, contract_id, answer)


@router.post("/{contract_id}/take-back", responses=ACCEPTED)
async def take_contract_back(
    contract_id: RecordId,
    body: TakeBackBody,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    out: Response,
) -> Answered:
    """Take a version back that is still checked or with legal: its owner prepares the next one."""
    return answered(out, contract_id, await services.contracts.take_back(actor, key, contract_id, **body.model_dump()))
