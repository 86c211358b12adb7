"""Saved views of the customers: somebody's own, or shared with the people of a region."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from domain.access import Action, Actor, Scope
from domain.refusal import invalid, not_found

MOST = 50
"""Views one person keeps."""


class CustomerView(Base):
    """`address` is the selection as the page's address says it; `region_id`: whose people see it, too. What it shows
    is always what its reader may see."""

    __tablename__ = "customer_view"

    id: Mapped[Id] = mapped_column(default=new_id)
    owner_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref | None] = mapped_column(index=True)
    name: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


async def views(session: AsyncSession, actor: Actor) -> Sequence[CustomerView]:
    """One's own first, then those of one's regions; who reads every region's customers sees every shared one."""
    shared = CustomerView.region_id.in_(actor.regions)
    if actor.scope(Action.CUSTOMER_READ) == Scope.ALL:
        shared = CustomerView.region_id.is_not(None)
    own = CustomerView.owner_id == actor.id
    query = select(CustomerView).where(or_(own, shared))
    query = query.order_by(case((own, 0), else_=1), CustomerView.name, CustomerView.id)
    return (await session.scalars(query)).all()


async def keep_view(
    session: AsyncSession, actor: Actor, name: str, address: str, region_id: str | None
) -> CustomerView:
    """Under a name one has already it takes the other's place. Raises Refused (422)."""
    if region_id is not None and region_id not in actor.regions:
        raise invalid("region_unknown", "region_id")
    mine = (await session.scalars(select(CustomerView).where(CustomerView.owner_id == actor.id))).all()
    view = next((one for one in mine if one.name == name), None)
    if view is None:
        if len(mine) >= MOST:
            raise invalid("too_many", "name", most=MOST)
        view = CustomerView(id=new_id(), owner_id=actor.id, name=name)
        session.add(view)
    view.address, view.region_id = address, region_id
    await session.flush()
    return view


async def drop_view(session: AsyncSession, actor: Actor, view_id: str) -> None:
    """One's own. Raises Refused (404)."""
    gone = delete(CustomerView).where(CustomerView.id == view_id, CustomerView.owner_id == actor.id)
    if await session.scalar(gone.returning(CustomerView.id)) is None:
        raise not_found("view")
