"""Outgoing webhooks: where they go, and each message with how its sending went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Customer
from db.deal import Deal
from db.outbox import WAKE, enqueue
from db.record import Outbox


class WebhookTarget(Base):
    """Registered by an administrator. `secret` is sealed with the installation's key."""

    __tablename__ = "webhook_target"

    id: Mapped[Id] = mapped_column(default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[Ref]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class WebhookDelivery(Base):
    """One message. Sent by the relay from the outbox entry of the same key (`webhook/<key>`)."""

    __tablename__ = "webhook_delivery"

    id: Mapped[Id] = mapped_column(default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    target_id: Mapped[Ref] = mapped_column(ForeignKey("webhook_target.id", ondelete="CASCADE"))
    event: Mapped[str]
    body: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(server_default="0")
    answer: Mapped[int | None]  # the HTTP status of the last answer
    error: Mapped[str | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_webhook_delivery_target", "target_id", text("created_at desc")),
        Index("ix_webhook_delivery_waiting", "target_id", postgresql_where=text("sent_at is null")),
    )


async def find_target(session: AsyncSession, key: str) -> WebhookTarget | None:
    return await session.scalar(select(WebhookTarget).where(WebhookTarget.key == key, WebhookTarget.active))


async def targets(session: AsyncSession) -> Sequence[WebhookTarget]:
    return (await session.scalars(select(WebhookTarget).order_by(WebhookTarget.name, WebhookTarget.id))).all()


async def deliveries(session: AsyncSession, target_id: str, limit: int = 50) -> Sequence[WebhookDelivery]:
    """The newest messages to a target."""
    query = select(WebhookDelivery).where(WebhookDelivery.target_id == target_id)
    return (await session.scalars(query.order_by(WebhookDelivery.created_at.desc()).limit(limit))).all()


async def failing(session: AsyncSession) -> dict[str, int]:
    """How many messages of each target were tried in vain so far."""
    query = (
        select(WebhookDelivery.target_id, func.count())
        .where(WebhookDelivery.sent_at.is_(None), WebhookDelivery.attempts > 0)
        .group_by(WebhookDelivery.target_id)
    )
    return dict((await session.execute(query)).all())


async def deal_facts(session: AsyncSession, deal_id: str) -> dict[str, Any]:
    """What another system is told of a deal; no person's data."""
    query = select(Deal, Customer.name).join(Customer, Customer.id == Deal.customer_id).where(Deal.id == deal_id)
    deal, customer = (await session.execute(query)).one()
    return {
        "id": deal.id, "number": deal.number, "title": deal.title, "customer_id": deal.customer_id,
        "customer": customer, "amount": deal.amount, "currency": deal.currency, "owner_id": deal.owner_id,
        "region_id": deal.region_id, "close_on": deal.close_on and deal.close_on.isoformat(),
    }  # fmt: skip


async def queue_delivery(session: AsyncSession, key: str, target_id: str, event: str, body: dict[str, Any]) -> None:
    """Once per key: a repeat finds the message that is there."""
    row = insert(WebhookDelivery).values(id=new_id(), key=key, target_id=target_id, event=event, body=body)
    made = await session.scalar(row.on_conflict_do_nothing(index_elements=["key"]).returning(WebhookDelivery.id))
    if made:
        await enqueue(session, f"webhook/{key}", "webhook", {"delivery": made})


async def noted(session: AsyncSession, delivery_id: str, *, answer: int | None, error: str | None) -> None:
    """How one try went."""
    values: dict[str, Any] = {"attempts": WebhookDelivery.attempts + 1, "answer": answer, "error": error}
    if error is None:
        values["sent_at"] = func.now()
    await session.execute(update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**values))


async def try_now(session: AsyncSession, key: str) -> None:
    """The relay sends the waiting message at once, instead of when its turn comes."""
    entry = f"webhook/{key}"
    waiting = update(Outbox).where(Outbox.key == entry, Outbox.done_at.is_(None)).values(due_at=func.now())
    await session.execute(waiting)
    await session.execute(select(func.pg_notify(WAKE, "webhook")))
