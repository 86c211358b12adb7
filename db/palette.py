"""Records as the command palette finds them: by a part of a name, its pinyin or initials, a title or a number."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.contract import Contract
from db.customer import Customer
from db.customer_pick import picks
from db.customer_search import is_named
from db.deal import Deal
from db.lead import Lead
from db.person import Person
from db.quote import Quote
from db.scope import within
from domain.access import Action, Actor


class Found(NamedTuple):
    """`customer` is whose it is, where the title does not say so; a `pooled` one is seen for lying in a pool only."""

    kind: Literal["customer", "pooled", "deal", "lead", "quote", "contract", "collection", "person"]
    id: str
    title: str
    number: str
    customer: str


async def find_records(session: AsyncSession, actor: Actor, text: str, *, limit: int = 5) -> list[Found]:
    """At most `limit` of each kind among those the actor may see; every word of the text has to fit."""
    customers = await picks(session, actor, text, limit=limit)
    return [
        *(Found("pooled" if pooled else "customer", one.id, one.name, "", "") for one, pooled in customers),
        *await _deals(session, actor, text, limit),
        *await _leads(session, actor, text, limit),
        *await _papers(session, actor, "quote", Quote, text, limit, by_title=True),
        *await _papers(session, actor, "contract", Contract, text, limit, by_title=True),
        *await _papers(session, actor, "collection", Collection, text, limit),
        *await _people(session, actor, text, limit),
    ]


async def _deals(session: AsyncSession, actor: Actor, text: str, limit: int) -> list[Found]:
    fits = [
        or_(
            Deal.title.icontains(word, autoescape=True),
            Deal.number.icontains(word, autoescape=True),
            is_named(word, Deal.customer_id),
        )
        for word in text.lower().split()
    ]
    query = (
        select(Deal.id, Deal.title, Deal.number, Customer.name)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(within(actor, "deal"), and_(*fits))
        .order_by(Deal.closed_at.is_not(None), Deal.active_at.desc())
    )
    return [Found("deal", *row) for row in await session.execute(query.limit(limit))]


async def _leads(session: AsyncSession, actor: Actor, text: str, limit: int) -> list[Found]:
    """Those that have become a customer are found as that."""
    fits = [
        or_(*(column.icontains(word, autoescape=True) for column in (Lead.company, Lead.name, Lead.number)))
        for word in text.split()
    ]
    query = (
        select(Lead.id, Lead.company, Lead.number, Lead.name)
        .where(within(actor, "lead"), Lead.customer_id.is_(None), and_(*fits))
        .order_by(Lead.created_at.desc())
    )
    return [Found("lead", *row) for row in await session.execute(query.limit(limit))]


async def _papers(
    session: AsyncSession,
    actor: Actor,
    kind: Literal["quote", "contract", "collection"],
    table: Any,
    text: str,
    limit: int,
    *,
    by_title: bool = False,
) -> list[Found]:
    """All bear their deal's title; collections are not looked for by it."""
    searched = (table.number, table.title) if by_title else (table.number,)
    fits = [or_(*(column.icontains(word, autoescape=True) for column in searched)) for word in text.split()]
    query = (
        select(table.id, table.title, table.number, Customer.name)
        .join(Customer, Customer.id == table.customer_id)
        .where(within(actor, kind), and_(*fits))
        .order_by(table.opened_at.desc())
    )
    return [Found(kind, *row) for row in await session.execute(query.limit(limit))]


async def _people(session: AsyncSession, actor: Actor, text: str, limit: int) -> list[Found]:
    if actor.scope(Action.PEOPLE_READ) is None:
        return []
    fits = [
        or_(Person.search.contains(word, autoescape=True), Person.email.startswith(word, autoescape=True))
        for word in text.lower().split()
    ]
    query = select(Person.id, Person.name, Person.email).where(Person.active, *fits).order_by(Person.email)
    return [Found("person", *row, "") for row in await session.execute(query.limit(limit))]
