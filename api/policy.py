"""Policies: read by version, published as the next one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.policy import current_policies, find_version, versions
from domain.access import Action

router = APIRouter(prefix="/api/policies", tags=["policies"], dependencies=[Depends(require(Action.POLICY_READ))])

Kind = Annotated[str, Path(max_length=60, description="approval, calendar, pipeline, collection, lead, letter, bank")]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Without it, the one in force.")]


class PolicySummary(BaseModel):
    """`published_by` is null for the one an installation began with; `valid_from` for what held from the start.

    In force is the highest version whose `valid_from` has come.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: str
    version: int
    note: str
    published_by: str | None
    published_at: datetime
    valid_from: datetime | None
    hash: str = Field(description="SHA-256 of the document with its keys in order.")


class PolicyView(PolicySummary):
    document: dict[str, Any]


class PolicyVersions(PolicyView):
    versions: list[PolicySummary] = Field(description="Every version there is, the newest first.")


class PolicyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    follows: int = Field(ge=0, le=2**31 - 1, description="The newest version as you know it.")
    note: str = Field("", max_length=500, description="What changes, and why.")
    valid_from: AwareDatetime | None = Field(None, description="When it comes into force; without it, at once.")


class Published(BaseModel):
    kind: str
    version: int


@router.get("")
async def list_policies(actor: CurrentActor, services: Provided) -> list[PolicyView]:
    """What is in force of each kind."""
    async with services.db.session(actor.id) as session:
        return [PolicyView.model_validate(policy) for policy in await current_policies(session)]


@router.get("/{kind}")
async def get_policy(kind: Kind, actor: CurrentActor, services: Provided, version: Version = None) -> PolicyVersions:
    """One version with its document. Cases that are under way keep the version they began with."""
    async with services.db.session(actor.id) as session:
        found = await find_version(session, kind, version)
        known = [PolicySummary.model_validate(policy) for policy in await versions(session, kind)]
    return PolicyVersions(**PolicyView.model_validate(found).model_dump(), versions=known)


@router.post("/{kind}", status_code=201)
async def publish_policy(
    kind: Kind, body: PolicyBody, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Published:
    """Publish the next version, for cases that begin once it is in force.

    422 lists every problem under `params.problems`: where it is, its code, and what it is. 409 says that somebody
    published a version you have not seen, and under `params.changes` what it changed. One that waits for its day never
    comes into force once a higher version has.
    """
    version = await services.policies.publish(actor, key, kind, **dict(body))
    response.headers["Location"] = f"/api/policies/{kind}?version={version}"
    return Published(kind=kind, version=version)
