"""Tickets as lists and pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Contact, Customer
from db.customer_field import readable_by
from db.customer_search import is_named
from db.person import Person
from db.scope import Whose, narrowed, visible, within
from db.ticket import OPEN_ROWS, Ticket
from domain.access import Action, Actor
from domain.customer_field import Readable, Way
from domain.ticket import OPEN, STAGES, UNASSIGNED

Due = Literal["overdue", "hour", "today"]
"""What is due by when: too late already, within an hour, within a day."""
WITHIN = {"hour": timedelta(hours=1), "today": timedelta(days=1)}


@dataclass(frozen=True)
class Sought:
    """The filters in force. `stage` none: every ticket that is still open. `open_to_take` are those nobody has."""

    whose: Whose = "all"
    stage: str | None = None
    queue: str | None = None
    assignee: str | None = None
    customer: str | None = None
    region: str | None = None
    kind: str | None = None
    priority: str | None = None
    channel: str | None = None
    tier: str | None = None
    due: Due | None = None
    open_to_take: bool = False
    text: str = ""


class Listed(NamedTuple):
    """A ticket, its customer and contact, and who has it."""

    ticket: Ticket
    customer: Customer | None
    contact: Contact | None
    assignee: Person | None

    def who(self, readable: Readable) -> str:
        """Who it is from, as we know them best and as far as the reader may see it."""
        said = self.contact.name if self.contact else self.ticket.from_name
        return readable.called(said or self.ticket.sender)

    def reached(self, way: Way, readable: Readable) -> str | None:
        """The number or address it came from, else the contact's, as far as the reader may see it."""
        theirs = {"phone": self.ticket.from_phone, "email": self.ticket.from_email}[way]
        return readable.reached(way, theirs or getattr(self.contact, way, None))

    @property
    def by_mail(self) -> bool:
        """Whether there is an address to answer to."""
        return bool(self.ticket.from_email or (self.contact and self.contact.email))


async def list_tickets(
    session: AsyncSession, actor: Actor, sought: Sought, *, after: str | None = None, limit: int = 50
) -> list[Listed]:
    """By what is due next, below that what has no clock, the newest first; at the end what waits for others.

    `after` is the id of the last one already seen.
    """
    query = _listed().where(*_filters(actor, sought, await readable_by(session, actor)))
    if after is not None:
        last = await visible(session, actor, "ticket", after)
        due = last.due_at
        beyond = or_(Ticket.due_at > due, Ticket.due_at.is_(None)) if due else false()
        further = or_(beyond, and_(Ticket.due_at.is_not_distinct_from(due), Ticket.id < after))
        waits = false() if last.paused_at else Ticket.paused_at.is_not(None)
        query = query.where(or_(waits, and_(Ticket.paused_at.is_not(None) == bool(last.paused_at), further)))
    order = (Ticket.paused_at.is_not(None), Ticket.due_at.asc().nulls_last(), Ticket.id.desc())
    query = query.order_by(*order).limit(limit)
    return [Listed(*row) for row in await session.execute(query)]


async def find_ticket(session: AsyncSession, actor: Actor, ticket_id: str) -> Listed:
    """Raises Refused (404) where there is none that this person may see."""
    await visible(session, actor, "ticket", ticket_id)
    return Listed(*(await session.execute(_listed().where(Ticket.id == ticket_id))).one())


async def count_stages(session: AsyncSession, actor: Actor, sought: Sought) -> dict[str, int]:
    """How many stand in each stage, whatever stage is being looked at."""
    others = replace(sought, stage=None, due=None)
    filters = _filters(actor, others, await readable_by(session, actor), any_stage=True)
    found = select(Ticket.stage, func.count()).where(*filters).group_by(Ticket.stage)
    counts = dict((await session.execute(found)).all())
    return {stage: counts.get(stage, 0) for stage in STAGES}


async def count_mine(session: AsyncSession, actor: Actor) -> int:
    """How many are this person's to do now."""
    mine = (Ticket.assignee_id == actor.id, Ticket.stage == "assigned", within(actor, "ticket"))
    return (await session.scalars(select(func.count()).select_from(Ticket).where(*mine))).one()


async def of_customer(
    session: AsyncSession, actor: Actor, customer_id: str, *, but: str | None = None, limit: int = 20
) -> Sequence[Ticket]:
    """What a customer turned to us with, what is open first, then the newest.

    Who reads tickets sees those of their reach; who sells sees, for a customer in their sight, that there are some.
    """
    query = select(Ticket).where(Ticket.customer_id == customer_id, Ticket.stage != "merged")
    if actor.scope(Action.TICKET_READ) is not None:
        query = query.where(within(actor, "ticket"))
    if but is not None:
        query = query.where(Ticket.id != but)
    ended = Ticket.stage.not_in(OPEN)
    return (await session.scalars(query.order_by(ended, Ticket.id.desc()).limit(limit))).all()


async def count_mine_due(session: AsyncSession, actor: Actor, now: datetime) -> tuple[int, int]:
    """One's own tickets that are due within an hour or late, and how many of these are late."""
    if actor.scope(Action.TICKET_WORK) is None:
        return 0, 0
    mine = (Ticket.assignee_id == actor.id, OPEN_ROWS, Ticket.paused_at.is_(None))
    late = func.count().filter(Ticket.due_at <= now)
    query = select(func.count(), late).where(*mine, Ticket.due_at <= now + WITHIN["hour"])
    soon, over = (await session.execute(query)).one()
    return int(soon), int(over)


async def mergeable(session: AsyncSession, actor: Actor, ticket: Ticket, text: str, limit: int = 8) -> Sequence[Ticket]:
    """Tickets that this one may go on in: those of the customer first, or found by number or subject."""
    query = select(Ticket).where(within(actor, "ticket"), Ticket.id != ticket.id, Ticket.stage.in_((*OPEN, "resolved")))
    if text:
        said = (Ticket.number, Ticket.subject)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in said)))
    elif ticket.customer_id or ticket.from_email or ticket.from_phone:
        query = query.where(_same_sender(ticket))
    return (await session.scalars(query.order_by(Ticket.id.desc()).limit(limit))).all()


def _same_sender(ticket: Ticket) -> ColumnElement[bool]:
    same = [
        column == value
        for column, value in (
            (Ticket.customer_id, ticket.customer_id),
            (Ticket.from_email, ticket.from_email),
            (Ticket.from_phone, ticket.from_phone),
        )
        if value
    ]
    return or_(*same)


def _listed() -> Select[Ticket, Customer, Contact, Person]:
    return (
        select(Ticket, Customer, Contact, Person)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Contact, Contact.id == Ticket.contact_id)
        .outerjoin(Person, Person.id == Ticket.assignee_id)
    )


def _filters(actor: Actor, sought: Sought, readable: Readable, *, any_stage: bool = False) -> list[ColumnElement[bool]]:
    """What is masked or hidden finds nothing: it could be told by trying."""
    found = [narrowed(actor, "ticket", sought.whose)]
    wanted = {
        "queue": sought.queue, "assignee_id": sought.assignee, "customer_id": sought.customer, "kind": sought.kind,
        "priority": sought.priority, "channel": sought.channel, "tier": sought.tier, "region_id": sought.region,
    }  # fmt: skip
    found += [getattr(Ticket, name) == value for name, value in wanted.items() if value]
    if sought.open_to_take:
        found += [Ticket.assignee_id.is_(None), Ticket.stage.in_(UNASSIGNED)]
    if sought.due:
        found.append(Ticket.due_at < func.now() + WITHIN.get(sought.due, timedelta()))
    if sought.text:
        ways = {"email": Ticket.from_email, "phone": Ticket.from_phone}
        reached = [column for way, column in ways.items() if readable.sees(way)]
        searched = (Ticket.number, Ticket.subject, Ticket.from_name, *reached)
        matches = [column.icontains(sought.text, autoescape=True) for column in searched]
        found.append(or_(*matches, is_named(sought.text, Ticket.customer_id)))
    if not any_stage:
        found.append(Ticket.stage == sought.stage if sought.stage else Ticket.stage.in_(OPEN))
    return found
