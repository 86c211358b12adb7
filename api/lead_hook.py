"""Signed webhooks for leads: where other systems send to, and how managers set the endpoints up."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.services import Provided
from domain.ids import RecordId

router = APIRouter(tags=["lead webhooks"])

HookKey = Annotated[str, Path(pattern="^[a-f0-9]{16}$")]
Word = Annotated[str, Field(max_length=120)]


class HookTaken(BaseModel):
    """`fresh` false: the person was known already."""

    lead_id: str
    fresh: bool


class NewHook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    region_id: RecordId
    source: Word = ""
    campaign: Word | None = None


class HookMade(BaseModel):
    key: str
    secret: str = Field(description="Told this once: keep it where the sender signs.")


class HookBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    source: Word = ""
    campaign: Word | None = None
    mapping: dict[Word, Annotated[str, Field(max_length=200)]] = Field(
        {}, max_length=60, description="For each field of a lead the place of its value: `form.phone`, or `=text`."
    )
    sample: str = Field("", max_length=20_000)
    active: bool = True


class HookView(HookBody):
    model_config = ConfigDict(from_attributes=True, extra="ignore")

    key: str
    region_id: str
    received: int
    last_at: datetime | None


@router.post("/api/hooks/leads/{key}")
async def receive(key: HookKey, request: Request, services: Provided) -> HookTaken:
    """Send a lead, signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp` (within five minutes),
    `webhook-signature`. The same id again is the same lead."""
    taken = await services.lead_hooks.receive(key, await request.body(), dict(request.headers))
    return HookTaken(lead_id=taken.lead_id, fresh=taken.fresh)


@router.post("/api/lead-hooks", status_code=201)
async def add_hook(body: NewHook, actor: CurrentActor, services: Provided) -> HookMade:
    """A new endpoint, at `/api/hooks/leads/<key>`."""
    made = await services.lead_hooks.add(actor, **body.model_dump())
    return HookMade(key=made.key, secret=made.secret)


@router.get("/api/lead-hooks/{key}")
async def get_hook(key: HookKey, actor: CurrentActor, services: Provided) -> HookView:
    return HookView.model_validate(await services.lead_hooks.find(actor, key))


@router.put("/api/lead-hooks/{key}", status_code=204)
async def change_hook(key: HookKey, body: HookBody, actor: CurrentActor, services: Provided) -> None:
    """Its words, its mapping, whether it takes leads."""
    await services.lead_hooks.change(actor, key, **body.model_dump())


@router.post("/api/lead-hooks/{key}/secret")
async def renew_secret(key: HookKey, actor: CurrentActor, services: Provided) -> HookMade:
    """Another secret; the old one no longer works."""
    made = await services.lead_hooks.renew(actor, key)
    return HookMade(key=made.key, secret=made.secret)
