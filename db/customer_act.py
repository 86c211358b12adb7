"""What somebody does with many customers at once: what was asked, how far it is, and what was refused and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, and_, func, or_, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Assignment, Customer
from db.customer_sight import CustomerSight
from db.pool import Place
from db.scope import reach
from domain.access import Action, Actor
from domain.refusal import Refused, not_found

KEPT = 1_000
"""Refusals of one act that are kept, the first ones; all are counted."""
NONE_YET = sql("0")
Batch = dict[str, list[Place]]
"""By customer the places where something is done with them."""


class CustomerAct(Base):
    """`terms` are what the act needs beside its customers (commands.customer_act.ActTerms). `every`: all that fit
    `text` and `filter`, worked off in the order of their ids as far as `position`. `batch`: the customers that are
    next, each with the regions in which it is done: what was begun with them is ended with the same, though they fit
    no more. `problem`: why it ended early."""

    __tablename__ = "customer_act"

    id: Mapped[Id] = mapped_column(default=new_id)
    by_id: Mapped[Ref] = mapped_column(index=True)
    act: Mapped[str]
    terms: Mapped[dict[str, Any]]
    every: Mapped[bool]
    text: Mapped[str] = mapped_column(server_default="")
    filter: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(Text, server_default="running")  # running, done
    problem: Mapped[str | None]  # a refusal's code
    position: Mapped[Ref | None]
    batch: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    done: Mapped[int] = mapped_column(BigInteger, server_default=NONE_YET)
    refused: Mapped[int] = mapped_column(BigInteger, server_default=NONE_YET)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class CustomerActRefusal(Base):
    __tablename__ = "customer_act_refusal"

    act_id: Mapped[Ref] = mapped_column(ForeignKey("customer_act.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[Ref]
    code: Mapped[str]
    params: Mapped[dict[str, Any]]


async def act_of(session: AsyncSession, actor: Actor, act_id: str) -> CustomerAct:
    """One's own. Raises Refused (404)."""
    own = select(CustomerAct).where(CustomerAct.id == act_id, CustomerAct.by_id == actor.id)
    found = await session.scalar(own)
    if found is None:
        raise not_found("customer_act")
    return found


async def refusals_of(session: AsyncSession, actor: Actor, act_id: str) -> list[tuple[CustomerActRefusal, str]]:
    """Those that are kept, each with what the customer is called; nameless where its reader does not see it."""
    sight = await CustomerSight.of(session, actor)
    named = and_(Customer.id == CustomerActRefusal.customer_id, sight.within())
    query = select(CustomerActRefusal, func.coalesce(Customer.name, "")).outerjoin(Customer, named)
    rows = await session.execute(query.where(CustomerActRefusal.act_id == act_id).order_by(CustomerActRefusal.no))
    return [(refusal, name) for refusal, name in rows]


async def planned(session: AsyncSession, act_id: str) -> tuple[CustomerAct, Batch | None]:
    """The act, held until the transaction ends, and its batch under way."""
    act = await session.get_one(CustomerAct, act_id, with_for_update=True, populate_existing=True)
    batch = act.batch
    return act, None if batch is None else {one: [(one, region) for region in regions] for one, regions in batch}


def plan(act: CustomerAct, batch: Batch) -> None:
    act.batch = [[one, [region for _, region in places]] for one, places in batch.items()]


async def went_on(
    session: AsyncSession, act: CustomerAct, *, position: str | None, done: int, refused: Sequence[tuple[str, Refused]]
) -> bool:
    """A batch is over. False where somebody else had written it down already: then nothing is written."""
    here = and_(CustomerAct.id == act.id, CustomerAct.position.is_not_distinct_from(act.position))
    counted = {"done": CustomerAct.done + done, "refused": CustomerAct.refused + len(refused)}
    query = update(CustomerAct).where(here).values(position=position, batch=None, **counted)
    if await session.scalar(query.returning(CustomerAct.id)) is None:
        return False
    rows = [
        {"act_id": act.id, "no": act.refused + no, "customer_id": customer, "code": why.code, "params": why.params}
        for no, (customer, why) in enumerate(refused, start=1)
        if act.refused + no <= KEPT
    ]
    if rows:
        await session.execute(insert(CustomerActRefusal).values(rows))
    return True


async def places_for(session: AsyncSession, actor: Actor, action: Action, customers: Iterable[str]) -> Batch:
    """By customer: where somebody may do this with them, else where they see them, so that it is told why not.
    One's own places go before all others: whoever works on a customer means their own part of it."""
    ids = list(customers)
    sight = await CustomerSight.of(session, actor)
    able = sight.pooled() if action is Action.CUSTOMER_CLAIM else _reached(actor, action)
    query = select(Assignment.customer_id, Assignment.region_id, Assignment.owner_id, able.label("able"))
    seen = sight.places()
    rows = (await session.execute(query.where(Assignment.customer_id.in_(ids), or_(seen, able)))).all()
    found: Batch = {}
    for one in dict.fromkeys(ids):
        theirs = [row for row in rows if row.customer_id == one]
        able_there = [row for row in theirs if row.able] or theirs
        own = [row for row in able_there if row.owner_id == actor.id and action is Action.CUSTOMER_WORK]
        found[one] = [(row.customer_id, row.region_id) for row in own or able_there]
    return found


def _reached(actor: Actor, action: Action) -> Any:
    return reach(actor, action, Assignment.owner_id, Assignment.region_id)
