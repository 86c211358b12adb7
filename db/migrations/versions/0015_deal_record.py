"""Keep the people, competitors, files and ends of deals, what orders are made of, and whom service answers first.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ADDED = {
    "deal": (
        "next_step_on",
        "unplanned",
        "end_reason",
        "end_note",
        "lost_to",
        "lost_in",
        "copied_from",
        "split_from",
        "visit",
    ),
    "customer": ("service_tier",),
    "sales_order": ("quote_id", "title", "service_tier"),
}


def upgrade() -> None:
    ref = sa.Uuid(as_uuid=False)
    op.drop_column("deal", "lost_reason")
    op.add_column("deal", sa.Column("next_step_on", sa.Date(), nullable=True))
    op.add_column("deal", sa.Column("unplanned", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("deal", sa.Column("visit", sa.Integer(), server_default="1", nullable=False))
    for name in ("end_reason", "end_note", "lost_to", "lost_in"):
        op.add_column("deal", sa.Column(name, sa.Text(), nullable=True))
    for name in ("copied_from", "split_from"):
        op.add_column("deal", sa.Column(name, ref, nullable=True))
    op.create_index("ix_deal_unplanned", "deal", ["owner_id", "id"], postgresql_where=sa.text("unplanned"))
    op.create_index(
        "ix_deal_split_from", "deal", ["split_from"], postgresql_where=sa.text("split_from is not null")
    )  # fmt: skip
    op.add_column("customer", sa.Column("service_tier", sa.Text(), server_default="standard", nullable=False))
    op.add_column("sales_order", sa.Column("quote_id", ref, nullable=True))
    op.add_column("sales_order", sa.Column("title", sa.Text(), server_default="", nullable=False))
    op.add_column("sales_order", sa.Column("service_tier", sa.Text(), nullable=True))
    _parts(ref)
    _orders(ref)


def _parts(ref: sa.Uuid[str]) -> None:
    op.create_table(
        "deal_contact",
        sa.Column("deal_id", ref, nullable=False),
        sa.Column("contact_id", ref, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("attitude", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", "contact_id", name="pk_deal_contact"),
    )
    op.create_index("ix_deal_contact_contact_id", "deal_contact", ["contact_id"])
    op.create_table(
        "deal_competitor",
        sa.Column("id", ref, nullable=False),
        sa.Column("deal_id", ref, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deal_competitor"),
    )
    op.create_index("ix_deal_competitor_deal_id", "deal_competitor", ["deal_id"])
    op.create_table(
        "deal_document",
        sa.Column("id", ref, nullable=False),
        sa.Column("deal_id", ref, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("added_by", ref, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deal_document"),
    )
    op.create_index("ix_deal_document_deal_id", "deal_document", ["deal_id"])
    op.create_index("ix_deal_document_hash", "deal_document", ["hash"])


def _orders(ref: sa.Uuid[str]) -> None:
    op.create_table(
        "order_line",
        sa.Column("order_id", ref, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(18, 4), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("tax_bp", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "no", name="pk_order_line"),
    )
    op.create_table(
        "commission",
        sa.Column("order_id", ref, nullable=False),
        sa.Column("owner_id", ref, nullable=False),
        sa.Column("basis", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_commission"),
    )
    op.create_index("ix_commission_owner_id", "commission", ["owner_id"])


def downgrade() -> None:
    for table in ("commission", "order_line", "deal_document", "deal_competitor", "deal_contact"):
        op.drop_table(table)
    op.drop_index("ix_deal_split_from", "deal")
    op.drop_index("ix_deal_unplanned", "deal")
    for name, columns in ADDED.items():
        for column in columns:
            op.drop_column(name, column)
    op.add_column("deal", sa.Column("lost_reason", sa.Text(), nullable=True))
