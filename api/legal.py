"""Legal's review of a contract's version, standing exceptions, and how often each rule was overruled."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.legal import exceptions_of, findings_of, overruled, review_of
from db.scope import visible
from domain.access import Action
from domain.contract_review import Condition, Decision, Outcome
from domain.ids import RecordId
from domain.refusal import not_found

router = APIRouter(prefix="/api", tags=["legal"], dependencies=[Depends(require(Action.CONTRACT_READ))])

Why = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class FindingView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    value: str
    page: int | None
    quote: str | None
    level: str = Field(description="ok, low, medium or high.")
    unusual: list[dict[str, Any]]
    decision: Decision | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    exception_id: str | None = Field(None, description="Of the customer's standing exception that accepts it.")
    turn: int = Field(0, description="How often it was decided: send it with a decision.")


class ReviewView(BaseModel):
    """`outcome` is null while legal reads it, and where no review was made."""

    version: int
    state: str = Field(description="Of the document: only `text` was read whole.")
    level: str
    outcome: str | None
    comment: str | None
    task_id: str | None
    conditions: list[Condition]
    closed_by: str | None
    closed_at: datetime | None
    findings: list[FindingView]


class JudgeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    finding_id: RecordId
    decision: Decision | None = Field(description="Null takes back what was said.")
    reason: Why | None = Field(None, description="Needed to change or reject a clause, and to accept a high risk.")
    turn: int = Field(0, ge=0, le=2**31 - 1)


class ConcludeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    outcome: Outcome
    comment: Why | None = Field(None, description="Needed to return, and where the document could not be read.")
    conditions: list[Needed] = Field([], max_length=20, description="What the next version must meet.")
    met: dict[RecordId, bool] = Field({}, max_length=500, description="Of each earlier condition, by its id.")
    read: bool = Field(False, description="You read by yourself what could not be read as text.")


class ExceptionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_id: RecordId
    kind: Annotated[str, Field(max_length=60)]
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    until: date
    reason: Needed
    contract_id: RecordId | None = None


class ExceptionView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    customer_id: str
    kind: str
    value: str
    until: date
    reason: str
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None


class Made(BaseModel):
    id: str


class OverruledView(BaseModel):
    """Of the last year, and of what was beyond the standard."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    found: int
    accepted: int
    changed: int
    rejected: int


@router.get("/contracts/{contract_id}/reviews/{version}")
async def get_review(contract_id: RecordId, version: int, actor: CurrentActor, services: Provided) -> ReviewView:
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "contract", contract_id)
        check, findings = await findings_of(session, contract_id, version)
        review = await review_of(session, contract_id, version)
    if check is None:
        raise not_found("review")
    views = [FindingView.model_validate(one) for one in findings]
    for view in views:
        view.exception_id = review.exceptions.get(view.id) if review else None
        view.turn = review.turns.get(view.id, 0) if review else 0
    return ReviewView(
        version=version, state=check.state, level=check.level, outcome=review.outcome if review else None,
        comment=review.comment if review else None, task_id=review.task_id if review else None,
        conditions=review.all_conditions if review else [], closed_by=review.closed_by if review else None,
        closed_at=review.closed_at if review else None, findings=views,
    )  # fmt: skip


@router.post("/contracts/{contract_id}/judge", responses=ACCEPTED)
async def judge_finding(
    contract_id: RecordId, body: JudgeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Accept a clause, ask for a change, or reject it. 409 says who decided meanwhile."""
    return answered(out, contract_id, await services.legal.judge(actor, key, contract_id, **body.model_dump()))


@router.post("/contracts/{contract_id}/conclude", responses=ACCEPTED)
async def conclude_review(
    contract_id: RecordId, body: ConcludeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """End legal's review: clear the version, clear it with conditions, or return it."""
    return answered(out, contract_id, await services.legal.conclude(actor, key, contract_id, **body.model_dump()))


@router.get("/clause-exceptions", dependencies=[Depends(require(Action.CLAUSE_JUDGE))])
async def list_exceptions(
    actor: CurrentActor, services: Provided, customer_id: Annotated[RecordId | None, Query()] = None
) -> list[ExceptionView]:
    """The newest 200, those that ended among them."""
    async with services.db.session(actor.id) as session:
        return [ExceptionView.model_validate(row) for row, _ in await exceptions_of(session, customer_id)]


@router.post("/clause-exceptions", status_code=201)
async def grant_exception(body: ExceptionBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Made:
    """Accept clauses of a kind up to a value from one customer, until the end of a day."""
    return Made(id=await services.legal.grant(actor, key, **body.model_dump()))


@router.post("/clause-exceptions/{exception_id}/revoke", status_code=204)
async def revoke_exception(
    exception_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> None:
    await services.legal.revoke(actor, key, exception_id)


@router.get("/reports/clauses", dependencies=[Depends(require(Action.CLAUSE_JUDGE))])
async def report_clauses(actor: CurrentActor, services: Provided) -> list[OverruledView]:
    """How often each kind of clause was found beyond the standard, and what legal said of it, in the last year."""
    async with services.db.session(actor.id) as session:
        found = await overruled(session)
    return [OverruledView.model_validate(found[kind]) for kind in sorted(found)]
