"""Keep allocations of customers, what each was planned to give to whom, and what tier a customer seems to be of.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _allocation()
    op.create_table(
        "allocation_share",
        sa.Column("allocation_id", REFERENCE, sa.ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", REFERENCE, primary_key=True),
        sa.Column("has", sa.Integer(), nullable=False),
        sa.Column("room", sa.Integer()),
        sa.Column("planned", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("given", "undone")),
        sa.Column("why", sa.Text()),
    )
    op.create_table(
        "allocation_row",
        sa.Column("allocation_id", REFERENCE, sa.ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("no", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", REFERENCE, nullable=False),
        sa.Column("person_id", REFERENCE, nullable=False),
        sa.Column("last_owner_id", REFERENCE),
        sa.Column("left_at", INSTANT),
        sa.Column("end", sa.Text()),
    )
    op.create_index(
        "ix_allocation_row_end", "allocation_row", ["allocation_id", "no"],
        postgresql_where=sa.text('"end" is not null'),
    )  # fmt: skip
    op.create_table(
        "customer_tier_hint",
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_customer_tier_hint_tier", "customer_tier_hint", ["tier"])


def _allocation() -> None:
    op.create_table(
        "allocation",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("origin", sa.Text()),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default="0", nullable=False)
            for name in ("attempt", "found", "planned", "done", "given", "looked_back", "undone")
        ),
        *(sa.Column(name, REFERENCE) for name in ("asked_by", "started_by", "ended_by", "undone_by")),
        sa.Column("asked_at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, INSTANT) for name in ("started_at", "ended_at", "undone_at")),
        sa.UniqueConstraint("origin", name="uq_allocation_origin"),
    )
    op.create_index("ix_allocation_region", "allocation", ["region_id", "asked_at"])
    op.create_index(
        "ix_allocation_busy", "allocation", ["region_id"], unique=True,
        postgresql_where=sa.text("status in ('running', 'undoing')"),
    )  # fmt: skip
