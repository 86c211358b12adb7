"""Keep deals of several pipelines, their priority, saved views of the board, and webhooks.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at is null")
NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column("deal", sa.Column("pipeline_key", sa.Text(), server_default="sales", nullable=False))
    op.add_column("deal", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deal", sa.Column("actions", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("deal", sa.Column("stall", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deal", sa.Column("quote_id", sa.Uuid(as_uuid=False)))
    op.add_column("deal", sa.Column("quote_status", sa.Text()))
    op.add_column("deal", sa.Column("invoice_id", sa.Uuid(as_uuid=False)))
    op.drop_index("ix_deal_board", "deal")
    op.drop_index("ix_deal_column", "deal")
    board = ["pipeline_key", "stage", "region_id", "owner_id", "id"]
    op.create_index("ix_deal_board", "deal", board, postgresql_where=OPEN)
    column: list[str | sa.TextClause] = ["pipeline_key", "stage", sa.text("priority desc"), "close_on", "id"]
    op.create_index("ix_deal_column", "deal", column, postgresql_where=OPEN)
    ended = ["pipeline_key", "stage", "stage_since"]
    op.create_index("ix_deal_ended", "deal", ended, postgresql_include=["owner_id", "region_id", "amount"])
    own = ["owner_id", *ended]
    op.create_index("ix_deal_ended_own", "deal", own, postgresql_include=["region_id", "amount"])
    op.create_table(
        "webhook_target",
        sa.Column("id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column(
            "target_id", sa.Uuid(as_uuid=False), sa.ForeignKey("webhook_target.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_webhook_delivery_target", "webhook_delivery", ["target_id", sa.text("created_at desc")])
    waiting = sa.text("sent_at is null")
    op.create_index("ix_webhook_delivery_waiting", "webhook_delivery", ["target_id"], postgresql_where=waiting)
    op.create_table(
        "board_view",
        sa.Column("id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("region_id", sa.Uuid(as_uuid=False)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
    )
    op.create_index("ix_board_view_owner_id", "board_view", ["owner_id"])
    op.create_index("ix_board_view_region_id", "board_view", ["region_id"])


def downgrade() -> None:
    for table in ("board_view", "webhook_delivery", "webhook_target"):
        op.drop_table(table)
    op.drop_index("ix_deal_ended_own", "deal")
    op.drop_index("ix_deal_ended", "deal")
    op.drop_index("ix_deal_column", "deal")
    op.drop_index("ix_deal_board", "deal")
    op.create_index("ix_deal_board", "deal", ["stage", "region_id", "owner_id", "id"], postgresql_where=OPEN)
    op.create_index("ix_deal_column", "deal", ["stage", "close_on", "id"], postgresql_where=OPEN)
    for column in ("invoice_id", "quote_status", "quote_id", "stall", "actions", "priority", "pipeline_key"):
        op.drop_column("deal", column)
