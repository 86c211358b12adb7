"""Customers: listed, searched and filtered, and how many there are."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import CurrentActor, require
from api.customer import CustomerView, FollowerView
from api.services import Provided, Services
from db.customer import Assignment
from db.customer_order import Sort
from db.customer_page import count, page
from db.customer_reader import CustomerReader, reader_of, seen_values
from db.customer_sought import Sought
from domain.access import Action, Actor
from domain.customer_filter import LONGEST, read_filter

router = APIRouter(prefix="/api/customers", tags=["customers"])
PAGE, MOST = 50, 200


class CustomerFilter(BaseModel):
    """Which customers: those in whom every word of `text` is found, and of whom `filter` is true."""

    text: str = Field(
        "",
        max_length=100,
        description="Parts of a name, its pinyin, their initials, a contact's name, or digits of a phone number.",
    )
    filter: str = Field(
        "",
        max_length=LONGEST,
        description='JSON: `{"all": [{"fact": "tier", "op": "is", "values": ["A"]}, {"any": [...]}]}`.',
    )


class CustomerQuery(CustomerFilter):
    sort: Sort = Field(
        "newest",
        description="With a text the newest come first. `due`: only those who go back one day; `unfollowed`: the "
        "longest without a follow-up first, `followed` the other way round, both only of those whom somebody owns; "
        "`tier`: A first, `tier_low`: E first. By these one stands there once for each region.",
    )
    after: str = Field("", max_length=600, description="`next` of the page before.")
    limit: int = Field(PAGE, ge=1, le=MOST)


class ListedFollower(FollowerView):
    tier: str
    due_at: datetime | None
    followed_at: datetime | None


class ListedCustomer(CustomerView):
    """`fields` are the product's and the company's own, by key, as far as you may see them."""

    fields: dict[str, Any]
    hidden: list[str] = Field(description="What its pool hides until somebody claims it.")
    followers: list[ListedFollower] = Field(description="In the regions you may see.")


class CustomersView(BaseModel):
    items: list[ListedCustomer]
    next: str | None = Field(description="Send it as `after` for the customers after these; null: there are none.")


class CustomerCount(BaseModel):
    number: int
    more: bool = Field(description="There are more than so many; they were not counted.")


@router.get("", dependencies=[Depends(require(Action.CUSTOMER_READ))])
async def find_customers(
    query: Annotated[CustomerQuery, Query()], actor: CurrentActor, services: Provided
) -> CustomersView:
    """Customers you may see, a page at a time."""
    async with services.db.session(actor.id) as session:
        reader, sought = await _sought(session, services, actor, query, query.sort)
        found = await page(session, sought, after=query.after, limit=query.limit)
        ids = [row.customer.id for row in found.rows]
        theirs = select(Assignment).where(Assignment.customer_id.in_(ids), reader.sight.places())
        hidden = await reader.sight.hidden(session, ids)
        followers: dict[str, list[ListedFollower]] = {}
        for one in await session.scalars(theirs.order_by(Assignment.since)):
            followers.setdefault(one.customer_id, []).append(ListedFollower.model_validate(one))
    items = [
        ListedCustomer(
            **CustomerView.model_validate(row.customer).model_dump(),
            fields=seen_values(row.customer, reader.readable, hidden.get(row.customer.id, ())),
            hidden=sorted(hidden.get(row.customer.id, ())),
            followers=followers.get(row.customer.id, []),
        )
        for row in found.rows
    ]
    return CustomersView(items=items, next=found.after or None)


@router.get("/count", dependencies=[Depends(require(Action.CUSTOMER_READ))])
async def count_customers(
    query: Annotated[CustomerFilter, Query()], actor: CurrentActor, services: Provided
) -> CustomerCount:
    """How many customers you may see, counted to 10,000, with a text to 1,000."""
    async with services.db.session(actor.id) as session:
        _, sought = await _sought(session, services, actor, query, "newest")
        found = await count(session, sought)
    return CustomerCount(number=found.number, more=found.more)


async def _sought(
    session: AsyncSession, services: Services, actor: Actor, query: CustomerFilter, sort: Sort
) -> tuple[CustomerReader, Sought]:
    reader = await reader_of(session, actor, services.settings.zone, datetime.now(UTC), query.filter)
    conditions = read_filter(query.filter, reader.facts, reader.reading)
    return reader, Sought(reader.looking, query.text, conditions, sort)
