"""Keep what somebody does with many customers at once and what of it was refused, and sort lists without a walk.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "customer_act",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("by_id", REFERENCE, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("every", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("filter", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("position", REFERENCE),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("done", "refused")),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", INSTANT),
    )
    op.create_index("ix_customer_act_by_id", "customer_act", ["by_id"])
    op.create_table(
        "customer_act_refusal",
        sa.Column("act_id", REFERENCE, sa.ForeignKey("customer_act.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("no", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", REFERENCE, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("customer_act_refusal")
    op.drop_table("customer_act")
