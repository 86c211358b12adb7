"""Tickets: listed, read with what was said, taken in, answered, and all else that is done with one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.ticket_intake import Inbound
from db import ticket_list
from db.customer_field import readable_by
from db.scope import Whose
from db.ticket import Ticket, messages_of
from db.ticket_list import Due, Sought
from domain.access import Action
from domain.customer_field import Readable
from domain.ids import RecordId
from domain.text import ON_ONE_LINE
from domain.ticket import Channel, Priority, Stage, Then, TicketKind

router = APIRouter(prefix="/api/tickets", tags=["tickets"])
PAGE = 50
LONGEST = 20_000

Word = Annotated[str, Field(max_length=120), ON_ONE_LINE]
Why = Annotated[str, Field(max_length=500), ON_ONE_LINE]


class TicketView(BaseModel):
    """`clock` is the clock due next and `due_at` its instant; while `paused_at` is set it stands still."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    subject: str
    kind: TicketKind
    channel: Channel
    priority: Priority
    stage: Stage
    customer_id: str | None
    contact_id: str | None
    from_name: str | None
    from_email: str | None
    from_phone: str | None
    region_id: str
    queue: str | None
    assignee_id: str | None
    language: str
    product: str | None
    tier: str
    equipment_id: str | None
    fault_code: str | None
    sentiment: float | None
    sentiment_words: list[str]
    merged_into: str | None = Field(description="The ticket that goes on instead.")
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    clock: str | None
    due_at: datetime | None
    warn_at: datetime | None
    red_at: datetime | None
    paused_at: datetime | None
    breached: int
    revision: int = Field(description="Grows with every change.")


class TicketsView(BaseModel):
    items: list[TicketView]
    next: str | None = Field(description="Send it as `after` for the tickets after these; null: there are none.")


class MessageView(BaseModel):
    """`direction`: in (theirs), out (ours), note (for colleagues)."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    author: str
    author_id: str | None
    author_name: str | None
    direction: str
    body: str
    at: datetime
    status: str
    automatic: bool
    attachments: list[dict[str, Any]]


class ConversationView(BaseModel):
    ticket: TicketView
    messages: list[MessageView] = Field(description="The oldest first, at most the latest 500.")


class TicketSearch(BaseModel):
    whose: Whose = Field("all", description="Always within what you may see.")
    stage: Stage | None = Field(None, description="Without it, every ticket that is still open.")
    queue: str | None = Field(None, max_length=60)
    assignee: RecordId | None = None
    customer: RecordId | None = None
    region: RecordId | None = None
    kind: TicketKind | None = None
    priority: Priority | None = None
    channel: Channel | None = None
    tier: Word | None = None
    due: Due | None = None
    open_to_take: bool = Field(False, description="Only what nobody has.")
    text: str = Field("", max_length=100, description="Part of number, subject, customer, name, e-mail or phone.")
    after: RecordId | None = None


class TicketBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(max_length=200), ON_ONE_LINE] = ""
    text: str = Field(min_length=1, max_length=LONGEST)
    channel: Channel = "api"
    kind: TicketKind = "question"
    priority: Priority = "normal"
    name: Word | None = None
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=64, description="Without a country code, one of the company's country.")
    customer_id: RecordId | None = Field(None, description="Without it, found by number or address.")
    contact_id: RecordId | None = None
    region: str | None = Field(None, max_length=100, description="A region's code; without it, the customer's.")
    language: Annotated[str, Field(pattern="^(zh_CN|en)$")] | None = None
    product: Word | None = None
    serial_number: Word | None = Field(None, description="Of a customer's equipment: it tells customer and product.")
    fault_code: Word | None = None


class TicketTaken(BaseModel):
    """`new` false: it went on in a ticket there was."""

    id: str
    message_id: str
    new: bool


class ReplyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST)
    then: Then = Field("wait_customer", description="What becomes of the ticket.")
    seen: RecordId | None = Field(None, description="The last message you read; 409 where there is a later one.")
    anyway: bool = Field(False, description="Send it though something was said since.")


class NoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST)


class AssignBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: RecordId = Field(description="Somebody who answers tickets in its region.")
    why: Why | None = None


class WaitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime | None = Field(None, description="When it is yours again by itself.")
    why: Why | None = None


class ResolveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seen: RecordId | None = None
    anyway: bool = False
    why: Why | None = None


class WhyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: Why | None = None


class ChangeBody(WhyBody):
    """What is left out stays as it is."""

    priority: Priority | None = None
    kind: TicketKind | None = None
    queue: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,59}$")] | None = None


class MergeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: RecordId


class SplitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    message_id: RecordId = Field(description="A message of the customer's, not the first.")
    subject: Annotated[str, Field(min_length=1, max_length=200), ON_ONE_LINE]


class CloseBody(WhyBody):
    spam: bool = False


@router.get("", dependencies=[Depends(require(Action.TICKET_READ))])
async def list_tickets(
    search: Annotated[TicketSearch, Query()], actor: CurrentActor, services: Provided
) -> TicketsView:
    """Tickets you may see, 50 at a time, by what is due next, then the newest first."""
    sought = Sought(**search.model_dump(exclude={"after"}))
    async with services.db.session(actor.id) as session:
        found = await ticket_list.list_tickets(session, actor, sought, after=search.after, limit=PAGE + 1)
        readable = await readable_by(session, actor)
    items = [_view(listed.ticket, readable) for listed in found[:PAGE]]
    return TicketsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.post("", status_code=201)
async def create_ticket(body: TicketBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> TicketTaken:
    """Bring a ticket in. Its process starts at once and finds who answers it."""
    actor.require(Action.TICKET_CREATE)
    inbound = services.tickets.reachable(Inbound(**body.model_dump()))
    taken = await services.tickets.receive(inbound, key, actor)
    return TicketTaken(id=taken.ticket_id, message_id=taken.message_id, new=taken.new)


@router.get("/{ticket_id}")
async def get_ticket(ticket_id: RecordId, actor: CurrentActor, services: Provided) -> ConversationView:
    async with services.db.session(actor.id) as session:
        listed = await ticket_list.find_ticket(session, actor, ticket_id)
        messages = await messages_of(session, ticket_id)
        readable = await readable_by(session, actor)
    said = [MessageView.model_validate(message) for message in messages]
    for one in said:
        one.author_name = readable.called(one.author_name or "") or None
        one.body = readable.written(one.body) if one.author == "system" else one.body
    return ConversationView(ticket=_view(listed.ticket, readable), messages=said)


def _view(ticket: Ticket, readable: Readable) -> TicketView:
    seen = {
        "from_name": readable.called(ticket.from_name or "") or None,
        "from_email": readable.reached("email", ticket.from_email),
        "from_phone": readable.reached("phone", ticket.from_phone),
    }
    return TicketView.model_validate(ticket).model_copy(update=seen)


@router.post("/{ticket_id}/reply", responses=ACCEPTED)
async def reply(
    ticket_id: RecordId, body: ReplyBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Answer the customer; by mail where they have an address. `result.message_id` is the answer's id."""
    return answered(out, ticket_id, await services.tickets.reply(actor, key, ticket_id, **body.model_dump()))


@router.post("/{ticket_id}/note", responses=ACCEPTED)
async def note(
    ticket_id: RecordId, body: NoteBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """For colleagues only."""
    return answered(out, ticket_id, await services.tickets.note(actor, key, ticket_id, text=body.text))


@router.post("/{ticket_id}/take", responses=ACCEPTED)
async def take(
    ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Make it yours."""
    return answered(out, ticket_id, await services.tickets.take(actor, key, ticket_id))


@router.post("/{ticket_id}/assign", responses=ACCEPTED)
async def assign(
    ticket_id: RecordId, body: AssignBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Give it to a colleague."""
    return answered(out, ticket_id, await services.tickets.assign(actor, key, ticket_id, **body.model_dump()))


@router.post("/{ticket_id}/wait-for-customer", responses=ACCEPTED)
async def wait_for_customer(
    ticket_id: RecordId, body: WaitBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Its clocks stand still until they write, until it is taken up again, or `until`."""
    return answered(
        out, ticket_id, await services.tickets.wait_for_customer(actor, key, ticket_id, **body.model_dump())
    )


@router.post("/{ticket_id}/wait-for-third-party", responses=ACCEPTED)
async def wait_for_third(
    ticket_id: RecordId, body: WaitBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """As for the customer."""
    return answered(out, ticket_id, await services.tickets.wait_for_third(actor, key, ticket_id, **body.model_dump()))


@router.post("/{ticket_id}/go-on", responses=ACCEPTED)
async def go_on(
    ticket_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """The wait is over."""
    return answered(out, ticket_id, await services.tickets.go_on(actor, key, ticket_id))


@router.post("/{ticket_id}/resolve", responses=ACCEPTED)
async def resolve(
    ticket_id: RecordId, body: ResolveBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """It closes by itself some days later, unless the customer writes more than thanks."""
    return answered(out, ticket_id, await services.tickets.resolve(actor, key, ticket_id, **body.model_dump()))


@router.post("/{ticket_id}/reopen", responses=ACCEPTED)
async def reopen(
    ticket_id: RecordId, body: WhyBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Open a resolved or closed ticket again."""
    return answered(out, ticket_id, await services.tickets.reopen(actor, key, ticket_id, why=body.why))


@router.post("/{ticket_id}/change", responses=ACCEPTED)
async def change(
    ticket_id: RecordId, body: ChangeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Change its priority, kind or queue; its clocks are reckoned anew."""
    return answered(out, ticket_id, await services.tickets.change(actor, key, ticket_id, **body.model_dump()))


@router.post("/{ticket_id}/merge", responses=ACCEPTED)
async def merge(
    ticket_id: RecordId, body: MergeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Have it go on in another ticket; `result.into` is the one at the end of the chain."""
    return answered(out, ticket_id, await services.tickets.merge(actor, key, ticket_id, into=body.into))


@router.post("/{ticket_id}/split", status_code=201)
async def split(
    ticket_id: RecordId, body: SplitBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> TicketTaken:
    """Make a ticket of its own of a message that is about something else."""
    made = await services.tickets.split(actor, key, ticket_id, **body.model_dump())
    return TicketTaken(id=made, message_id=body.message_id, new=True)


@router.post("/{ticket_id}/close", responses=ACCEPTED)
async def close(
    ticket_id: RecordId, body: CloseBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """End it at once, without a solution or as spam."""
    return answered(out, ticket_id, await services.tickets.close(actor, key, ticket_id, **body.model_dump()))
