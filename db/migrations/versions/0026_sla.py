"""Keep the clocks of tickets, and what they are reckoned from.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ticket_clock",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("no", sa.Integer(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "row", "calendar", "tier")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("policy_version", "calendar_version", "level")),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("started_at", "due_at", "amber_at", "red_at")),
        *(sa.Column(name, INSTANT) for name in ("next_at", "paused_at", "met_at", "stopped_at", "breached_at")),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("used", sa.Float()),
        sa.Column("pauses", postgresql.JSONB(), nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("assignee_id", REFERENCE),
        sa.Column("queue", sa.Text()),
    )
    op.create_index("ix_ticket_clock_ended", "ticket_clock", [sa.text("coalesce(met_at, stopped_at)")])
    op.create_index(
        "ix_ticket_clock_running", "ticket_clock", ["due_at"],
        postgresql_where=sa.text("met_at is null and stopped_at is null"),
    )  # fmt: skip
    op.create_table(
        "ticket_history",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("history", postgresql.JSONB(), nullable=False),
        sa.Column("policies", postgresql.JSONB(), nullable=False),
    )
