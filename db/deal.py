"""Deals as the board shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref


class Deal(Base):
    """Written by DealWorkflow only."""

    __tablename__ = "deal"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    lead_id: Mapped[Ref | None]
    line_id: Mapped[Ref]
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    pipeline_key: Mapped[str] = mapped_column(server_default="sales")
    stage: Mapped[str]
    visit: Mapped[int] = mapped_column(server_default="1")  # how many stages it has entered, this one included
    priority: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[Minor]
    currency: Mapped[str]
    close_on: Mapped[date | None]
    next_step: Mapped[str | None]
    next_step_on: Mapped[date | None]
    unplanned: Mapped[bool] = mapped_column(server_default=text("false"))  # under way without a next step and its day
    actions: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")  # asked for by a stage, not done yet
    quote_id: Mapped[Ref | None]
    quote_status: Mapped[str | None]
    contract_id: Mapped[Ref | None]
    contract_status: Mapped[str | None]
    order_id: Mapped[Ref | None]
    collection_id: Mapped[Ref | None]
    invoice_id: Mapped[Ref | None]
    end_reason: Mapped[str | None]  # a key of the pipeline's won_reasons or lost_reasons
    end_note: Mapped[str | None]
    lost_to: Mapped[str | None]  # the competitor's name
    lost_in: Mapped[str | None]  # the stage it stood in when it was lost: where a reopened deal goes on
    copied_from: Mapped[Ref | None]
    split_from: Mapped[Ref | None]
    opened_at: Mapped[Instant]
    stage_since: Mapped[Instant]
    active_at: Mapped[Instant]
    stalled_at: Mapped[datetime | None]
    stall: Mapped[int] = mapped_column(server_default="0")  # 1 amber, 2 red, 3 the manager was told
    moved_by: Mapped[Ref | None]
    closed_at: Mapped[Instant | None]
    version: Mapped[int]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index(
            "ix_deal_board",
            "pipeline_key",
            "stage",
            "region_id",
            "owner_id",
            "id",
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_deal_column",
            "pipeline_key",
            "stage",
            text("priority desc"),
            "close_on",
            "id",
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_deal_stage", "stage", "stage_since", "id"),
        Index(
            "ix_deal_ended",
            "pipeline_key",
            "stage",
            "stage_since",
            postgresql_include=["owner_id", "region_id", "amount"],
        ),
        Index(
            "ix_deal_ended_own",
            "owner_id",
            "pipeline_key",
            "stage",
            "stage_since",
            postgresql_include=["region_id", "amount"],
        ),
        Index("ix_deal_owner", "owner_id", "id"),
        Index("ix_deal_region", "region_id", "id"),
        Index("ix_deal_line", "line_id"),
        Index("ix_deal_unplanned", "owner_id", "id", postgresql_where=text("unplanned")),
        Index("ix_deal_split_from", "split_from", postgresql_where=text("split_from is not null")),
    )
