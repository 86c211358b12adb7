"""Public web forms that bring in leads or tickets: for which region, and on which sites they may stand."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.person import OrgUnit
from domain.refusal import not_found


class LeadForm(Base):
    """`key` stands in its public address. Without a region, whoever fills it in chooses one."""

    __tablename__ = "lead_form"

    key: Mapped[str] = mapped_column(primary_key=True)
    makes: Mapped[str] = mapped_column(server_default="lead")  # lead, ticket
    name: Mapped[str] = mapped_column(default="")  # what we call it ourselves
    region_id: Mapped[Ref | None]
    design: Mapped[dict[str, Any]] = mapped_column(default=dict)  # domain.lead_form.FormDesign; empty: the default
    version: Mapped[int] = mapped_column(default=1)  # grows with each change
    origins: Mapped[list[str]]  # https://www.example.com: sites that may frame it or post to it
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


async def make_default_forms(session: AsyncSession) -> None:
    """One form for each region that has none, under the region's code, one where the visitor chooses, and one of the
    service desk."""
    has_form = exists().where(LeadForm.region_id == OrgUnit.id)
    regions = select(OrgUnit.code, OrgUnit.id).where(OrgUnit.kind == "region", ~has_form)
    forms: list[dict[str, object]] = [{"key": row.code, "region_id": row.id} for row in await session.execute(regions)]
    forms.append({"key": "all", "region_id": None})
    forms.append({"key": "support", "region_id": None, "makes": "ticket"})
    same = {"origins": [], "active": True, "name": "", "design": {}, "version": 1, "makes": "lead"}
    values = [same | form for form in forms]
    await session.execute(insert(LeadForm).values(values).on_conflict_do_nothing())


async def list_forms(session: AsyncSession) -> list[LeadForm]:
    return list(await session.scalars(select(LeadForm).order_by(LeadForm.key)))


async def add_form(
    session: AsyncSession, *, name: str, region_id: str | None, design: dict[str, Any], makes: str
) -> str:  # fmt: skip
    """Its key says nothing, so that nobody guesses the others."""
    key = secrets.token_hex(6)
    session.add(LeadForm(key=key, makes=makes, name=name, region_id=region_id, origins=[], active=False, design=design))
    return key


async def find_form(session: AsyncSession, key: str) -> LeadForm:
    """A form that is open to the public. Raises Refused (404)."""
    form = await session.get(LeadForm, key)
    if form is None or not form.active:
        raise not_found("lead_form")
    return form


async def form_to_change(session: AsyncSession, key: str) -> LeadForm:
    """The row, held until the transaction ends: what is set on it is written then. Raises Refused (404)."""
    form = await session.get(LeadForm, key, with_for_update=True)
    if form is None:
        raise not_found("lead_form")
    return form


async def regions(session: AsyncSession) -> list[OrgUnit]:
    return list(await session.scalars(select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code)))
