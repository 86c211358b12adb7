"""Drafts of policies: kept, checked, tried on cases, compared and published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.policy import Kind, Published
from api.services import Provided
from db.policy import find_version
from db.policy_draft import find_draft
from domain.access import Action
from domain.approval import Step
from domain.decision_table import Decision
from domain.policy import require_kind
from domain.policy_check import Findings
from domain.policy_diff import Difference, compare
from domain.policy_trial import Trial
from domain.refusal import not_found

router = APIRouter(prefix="/api/policies", tags=["policies"], dependencies=[Depends(require(Action.POLICY_MANAGE))])

NUMBER = 2**31 - 1
Revision = Annotated[int, Field(ge=0, le=2**53, description="The draft's, as you know it; 0: there is none.")]
Document = Annotated[dict[str, Any], Field(description="As it would be published; a draft need not be valid yet.")]


class DraftView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: str
    document: dict[str, Any]
    based_on: int = Field(description="The newest version when it was begun: what it follows once published.")
    note: str
    revision: int
    changed_by: str
    changed_at: datetime


class DraftBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Document
    revision: Revision
    based_on: int | None = Field(None, ge=0, le=NUMBER, description="Without it as before; of a new one, the newest.")
    note: str | None = Field(None, max_length=500, description="Without it as before.")


class DraftPublication(BaseModel):
    model_config = ConfigDict(extra="forbid")

    revision: Revision
    note: str = Field(min_length=1, max_length=500, description="What changes, and why.")
    valid_from: AwareDatetime | None = Field(None, description="When it comes into force; without it, at once.")


class CheckBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: Document


class TryBody(CheckBody):
    facts: dict[str, Any] = Field(description="Of one request, such as amount (minor units), currency, region, kind.")


class TrialBody(CheckBody):
    cases: int = Field(200, ge=1, le=200, description="How many of the newest requests.")


class RoutedStep(BaseModel):
    row: str = Field(description="The row that asks for it.")
    step: Step


class Tried(BaseModel):
    """The rows that fired, the first column that did not fit of each other row tried, and the steps."""

    decision: Decision[Any]
    steps: list[RoutedStep]


@router.get("/{kind}/draft")
async def get_draft(kind: Kind, actor: CurrentActor, services: Provided) -> DraftView:
    """The one draft of the kind's next version, which all administrators share. 404: there is none."""
    async with services.db.session(actor.id) as session:
        draft = await find_draft(session, kind)
    if draft is None:
        raise not_found("draft")
    return DraftView.model_validate(draft)


@router.put("/{kind}/draft")
async def save_draft(kind: Kind, body: DraftBody, actor: CurrentActor, services: Provided) -> DraftView:
    """Keep a draft, valid or not. 409: somebody changed it since `revision`. Sending the same again is safe."""
    draft = await services.policy_drafts.save(actor, kind, **dict(body))
    return DraftView.model_validate(draft)


@router.delete("/{kind}/draft", status_code=204)
async def discard_draft(
    kind: Kind,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Query(ge=0, le=2**53, description="The draft's, as you know it.")],
) -> None:
    """Throw the draft away. 409: somebody changed it since `revision`."""
    await services.policy_drafts.discard(actor, kind, revision=revision)


@router.post("/{kind}/draft/publication", status_code=201)
async def publish_draft(
    kind: Kind,
    body: DraftPublication,
    key: IdempotencyKey,
    response: Response,
    actor: CurrentActor,
    services: Provided,
) -> Published:
    """Publish the draft, which is gone then. Answers as publishing a document does."""
    version = await services.policies.publish_draft(actor, key, kind, **dict(body))
    response.headers["Location"] = f"/api/policies/{kind}?version={version}"
    return Published(kind=kind, version=version)


@router.post("/{kind}/check")
async def check_document(kind: Kind, body: CheckBody, actor: CurrentActor, services: Provided) -> Findings:
    """What keeps a document from being published, and what looks unmeant: rows that never fire, roles nobody holds."""
    return await services.policy_drafts.check(actor, kind, body.document)


@router.post("/{kind}/try")
async def try_document(kind: Kind, body: TryBody, actor: CurrentActor, services: Provided) -> Tried:
    """What an approval policy says of one request. 409 `no_row_fits` with the reason for each row."""
    decision, steps = services.policy_drafts.try_on(actor, kind, body.document, body.facts)
    return Tried(decision=decision, steps=[RoutedStep(row=row, step=step) for row, step in steps])


@router.post("/{kind}/trial")
async def trial_of_document(kind: Kind, body: TrialBody, actor: CurrentActor, services: Provided) -> Trial:
    """What an approval policy would change for the newest real requests, against the version in force."""
    trial, _ = await services.policy_drafts.trial(actor, kind, body.document, most=body.cases)
    return trial


@router.get("/{kind}/compare")
async def compare_versions(
    kind: Kind,
    actor: CurrentActor,
    services: Provided,
    old: Annotated[int | None, Query(ge=1, le=NUMBER, description="Without it, the version in force.")] = None,
    new: Annotated[int | None, Query(ge=1, le=NUMBER, description="Without it, the draft.")] = None,
) -> Difference:
    """What it takes to come from one version to another, row by row. 404 where one is not there."""
    require_kind(kind)
    async with services.db.session(actor.id) as session:
        before = await find_version(session, kind, old)
        after = await find_version(session, kind, new) if new else await find_draft(session, kind)
    if after is None:
        raise not_found("draft")
    return compare(kind, before.document, after.document)
