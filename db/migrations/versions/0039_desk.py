"""Keep the addresses of calendars' days off that are fetched every night, with the last copy of each.

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("calendar", sa.Text(), primary_key=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("fetched_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("failing_since", INSTANT),
        sa.Column("failed", postgresql.JSONB()),
        sa.Column("kept_by", sa.Uuid(as_uuid=False), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("calendar_feed")
