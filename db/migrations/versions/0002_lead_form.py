"""Make the table of public lead forms, and an index for the list of open leads.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_form",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("origins", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lead_form")),
    )
    op.create_index(
        "ix_lead_open",
        "lead",
        ["due_at", sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("stage in ('new', 'assigned', 'contacted')"),
    )


def downgrade() -> None:
    op.drop_index("ix_lead_open", table_name="lead")
    op.drop_table("lead_form")
