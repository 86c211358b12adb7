"""Signed webhooks for tickets: where chat tools, devices and partners send to, and how the endpoints are set up."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.lead_hook import HookBody, HookKey, HookMade, HookView, Word
from api.services import Provided
from domain.ids import RecordId

router = APIRouter(tags=["ticket webhooks"])


class TicketHookTaken(BaseModel):
    """`new` false: it goes on in a ticket there was."""

    ticket_id: str
    message_id: str
    new: bool


class NewTicketHook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120)]
    region_id: RecordId
    source: Word = ""


@router.post("/api/hooks/tickets/{key}")
async def receive(key: HookKey, request: Request, services: Provided) -> TicketHookTaken:
    """Send a message or a fault code, signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp` (within five
    minutes), `webhook-signature`. The same id again is the same message; the same thread, or the same fault code of
    a machine whose ticket is open, goes on in its ticket."""
    taken = await services.ticket_hooks.receive(key, await request.body(), dict(request.headers))
    return TicketHookTaken(ticket_id=taken.ticket_id, message_id=taken.message_id, new=taken.new)


@router.post("/api/ticket-hooks", status_code=201)
async def add_hook(body: NewTicketHook, actor: CurrentActor, services: Provided) -> HookMade:
    """A new endpoint, at `/api/hooks/tickets/<key>`."""
    made = await services.ticket_hooks.add(actor, campaign=None, **body.model_dump())
    return HookMade(key=made.key, secret=made.secret)


@router.get("/api/ticket-hooks/{key}")
async def get_hook(key: HookKey, actor: CurrentActor, services: Provided) -> HookView:
    return HookView.model_validate(await services.ticket_hooks.find(actor, key))


@router.put("/api/ticket-hooks/{key}", status_code=204)
async def change_hook(key: HookKey, body: HookBody, actor: CurrentActor, services: Provided) -> None:
    """Its words, its mapping, whether it takes messages."""
    await services.ticket_hooks.change(actor, key, **body.model_dump())


@router.post("/api/ticket-hooks/{key}/secret")
async def renew_secret(key: HookKey, actor: CurrentActor, services: Provided) -> HookMade:
    """Another secret; the old one no longer works."""
    made = await services.ticket_hooks.renew(actor, key)
    return HookMade(key=made.key, secret=made.secret)
