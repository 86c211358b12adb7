"""Orders: what a won deal became, its lines, what its commission is reckoned from, and the customer's service queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Numeric, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id
from db.customer import Customer
from db.deal import Deal
from db.policy import current_policy
from db.product import Product
from db.projection import next_number
from db.quote import Quote
from db.scope import within
from db.ticket_tier import serve_by
from domain.access import Action, Actor
from domain.order import Line, ServiceTierPolicy, Tier, quoted_lines, tier_of
from domain.policy import load
from domain.quote import QuoteBody
from domain.refusal import not_found


class Order(Base):
    """What a won deal became. `origin` (`deal/<id>/order`) makes it one, however often it is asked for."""

    __tablename__ = "sales_order"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    contract_id: Mapped[Ref]
    quote_id: Mapped[Ref | None]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(server_default="")
    amount: Mapped[Minor]
    currency: Mapped[str]
    ordered_on: Mapped[date]
    service_tier: Mapped[str | None]  # the queue it put the customer into, where it changed that
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class OrderLine(Base):
    """As they were at the order: a price that changes later changes nothing here."""

    __tablename__ = "order_line"

    order_id: Mapped[Ref] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # product, or adjustment: what the contract says beside the quote
    code: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    unit: Mapped[str]
    unit_price: Mapped[Minor]
    discount_bp: Mapped[int]
    tax_bp: Mapped[int]
    amount: Mapped[Minor]  # after discount, with tax; those of an order sum to its amount


class Commission(Base):
    """What a salesperson's commission on an order is reckoned from: recorded once, when it was won, never changed."""

    __tablename__ = "commission"

    order_id: Mapped[Id]
    owner_id: Mapped[Ref] = mapped_column(index=True)
    basis: Mapped[Minor]
    currency: Mapped[str]
    recorded_at: Mapped[Instant] = mapped_column(server_default=func.now())


class OrderCase(NamedTuple):
    order: Order
    lines: Sequence[OrderLine]
    commission: Commission | None
    customer: Customer


async def place_order(
    session: AsyncSession, values: dict[str, Any], ordered_on: date, lines: Sequence[Line], owner_id: str
) -> Order:
    """The deal's order with all that goes with it: made the first time, found ever after."""
    origin = f"deal/{values['deal_id']}/order"
    # Two at once wait for each other here, so that no number is taken in vain.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(origin))))
    order = await session.scalar(select(Order).where(Order.origin == origin))
    if order is not None:
        return order
    number = await next_number(session, "O", ordered_on.year)
    order = Order(id=new_id(), origin=origin, number=number, ordered_on=ordered_on, **values)
    session.add(order)
    await session.flush()
    rows = [
        {"order_id": order.id, "no": no, **line.model_dump(exclude={"quantity"}), "quantity": Decimal(line.quantity)}
        for no, line in enumerate(lines, start=1)
    ]
    await session.execute(insert(OrderLine), rows)
    session.add(Commission(order_id=order.id, owner_id=owner_id, basis=order.amount, currency=order.currency))
    order.service_tier = await _serve(session, order)
    return order


async def _serve(session: AsyncSession, order: Order) -> Tier | None:
    """Puts the customer into the queue the policy gives them now; nobody is moved down by ordering."""
    # Two orders of one customer at once: each counts the other, or is counted by it.
    customer = await session.get_one(Customer, order.customer_id, with_for_update=True)
    mine = select(func.count(), func.coalesce(func.sum(Order.amount), 0)).where(
        Order.customer_id == order.customer_id, Order.currency == order.currency
    )
    orders, ordered = (await session.execute(mine)).one()
    _, document = await current_policy(session, ServiceTierPolicy.kind)
    tier = tier_of(load(ServiceTierPolicy, document), amount=order.amount, ordered=int(ordered), orders=orders)
    if tier == customer.service_tier or tier == "standard":
        return None
    await serve_by(session, customer.id, tier)
    return tier


async def lines_of_quote(session: AsyncSession, quote_id: str) -> list[Line]:
    """What its customer has accepted; none where there is no such quote."""
    quote = await session.get(Quote, quote_id)
    if quote is None:
        return []
    body = QuoteBody.model_validate(quote.body)
    ids = [line.product_id for line in body.lines if line.product_id]
    codes = dict((await session.execute(select(Product.id, Product.code).where(Product.id.in_(ids)))).all())
    return quoted_lines(body, codes)


async def find_order(session: AsyncSession, actor: Actor, order_id: str) -> tuple[Order, Deal]:
    """Who sees the deal sees its order. Raises Refused (404)."""
    found = (
        await session.execute(
            select(Order, Deal).join(Deal, Deal.id == Order.deal_id).where(Order.id == order_id, within(actor, "deal"))
        )
    ).one_or_none()
    if found is None:
        raise not_found("order")
    return found[0], found[1]


async def order_case(session: AsyncSession, order: Order, actor: Actor) -> OrderCase:
    """Whether somebody may see the order is asked before; commission is finance's and the managers' business."""
    lines = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.no)
    reads = actor.scope(Action.COLLECTION_WORK) is not None or actor.scope(Action.REPORT_READ) is not None
    return OrderCase(
        order=order,
        lines=(await session.scalars(lines)).all(),
        commission=await session.get(Commission, order.id) if reads else None,
        customer=await session.get_one(Customer, order.customer_id),
    )
