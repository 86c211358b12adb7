"""The agent's queue: tickets by what is due next, narrowed as one likes, each way of narrowing an address to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided
from commands.ticket import answering
from db.customer_field import readable_by
from db.lead_form import regions
from db.person import OrgUnit, people_by_id
from db.scope import Whose
from db.ticket_list import Due, Listed, Sought, count_stages, list_tickets
from domain.access import Action, Actor
from domain.customer_field import Readable
from domain.ids import RecordId
from domain.ticket import Channel, Priority, Stage, TicketKind
from ui.render import respond
from ui.routing_words import routing_words
from ui.whose import views

router = APIRouter(prefix="/tickets", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])
PAGE = 50


class Filter(BaseModel):
    """The address of the list: what it is narrowed to, and where the page begins."""

    whose: Whose | None = None
    stage: Stage | None = None
    queue: str = Field("", max_length=60)
    region: RecordId | None = None
    kind: TicketKind | None = None
    priority: Priority | None = None
    channel: Channel | None = None
    tier: str = Field("", max_length=20)
    assignee: RecordId | None = None
    customer: RecordId | None = None
    due: Due | None = None
    open_to_take: bool = False
    text: str = Field("", max_length=100)
    after: RecordId | None = None

    @field_validator("*", mode="before")
    @classmethod
    def empty_is_all(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].default if value == "" else value

    @property
    def kept(self) -> dict[str, Any]:
        """What a new search leaves as it is."""
        kept = {name: value for name, value in self.model_dump(exclude={"text", "after"}).items() if value}
        return {name: "true" if value is True else value for name, value in kept.items()}

    @property
    def narrowed(self) -> bool:
        """Whether it leaves anything out beside whose tickets it shows."""
        return bool(self.kept.keys() - {"whose"} or self.text)

    def address(self, **other: str) -> str:
        """Another state of the list, from its beginning."""
        asked = {**self.kept, "text": self.text, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/tickets?{query}" if query else "/tickets"


@dataclass(frozen=True)
class TicketList:
    asked: Filter
    whose: Whose
    views: Sequence[Whose]
    rows: Sequence[Listed]
    readable: Readable
    more: str
    stages: dict[str, int]
    to_take: int
    regions: Sequence[OrgUnit]
    agents: Sequence[tuple[str, str]]
    queues: Sequence[tuple[str, str]]

    @property
    def region(self) -> OrgUnit | None:
        return next((unit for unit in self.regions if unit.id == self.asked.region), None)

    @property
    def queue(self) -> str:
        return dict(self.queues).get(self.asked.queue, self.asked.queue)

    @property
    def assignee(self) -> str:
        return dict(self.agents).get(self.asked.assignee or "", "")


@router.get("")
async def show_list(
    request: Request, asked: Annotated[Filter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        shown = await _read(session, actor, asked, language_of(request))
    creates = actor.scope(Action.TICKET_CREATE) is not None
    works = actor.scope(Action.TICKET_WORK) is not None
    return await respond(request, "ticket/list.html", "rows", list=shown, creates=creates, works=works)


async def _read(session: AsyncSession, actor: Actor, asked: Filter, language: str) -> TicketList:
    possible = views(actor, Action.TICKET_READ)
    default: Whose = "mine" if "mine" in possible and actor.scope(Action.TICKET_WORK) is not None else possible[-1]
    whose: Whose = asked.whose if asked.whose and asked.whose in possible else default
    if asked.open_to_take and whose == "mine":
        whose = possible[-1]  # what nobody has is not mine
    sought = Sought(whose=whose, **asked.model_dump(exclude={"whose", "after"}))
    found = await list_tickets(session, actor, sought, after=asked.after, limit=PAGE + 1)
    return TicketList(
        asked=asked,
        whose=whose,
        views=possible,
        rows=found[:PAGE],
        readable=await readable_by(session, actor),
        more=found[PAGE - 1].ticket.id if len(found) > PAGE else "",
        stages=await count_stages(session, actor, sought),
        to_take=sum((await count_stages(session, actor, Sought(whose=possible[-1], open_to_take=True))).values()),
        regions=await regions(session),
        agents=await _agents(session, actor, language),
        queues=(await routing_words(session, language)).queues,
    )


async def _agents(session: AsyncSession, actor: Actor, language: str) -> list[tuple[str, str]]:
    able: list[str] = []
    for unit in await regions(session):
        if actor.reaches(Action.TICKET_READ, owner=None, region=unit.id):
            able += [person for person in await answering(session, unit.id) if person not in able]
    known = await people_by_id(session, able)
    return [(person, known[person].called(language)) for person in able]
