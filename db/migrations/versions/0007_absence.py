"""Keep absences with their substitutes, and for whom a task was taken or decided.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reference, instant = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)
    op.create_table(
        "absence",
        sa.Column("id", reference, primary_key=True),
        sa.Column("person_id", reference, nullable=False),
        sa.Column("substitute", sa.Text(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("created_by", reference, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("closed_at", instant),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_absence_open", "absence", ["starts_at"], postgresql_where=sa.text("stage in ('coming', 'away')")
    )
    op.create_index("ix_absence_person", "absence", ["person_id", sa.text("starts_at desc")])
    op.add_column("task", sa.Column("claimed_for", reference))
    op.add_column("task", sa.Column("decided_for", reference))


def downgrade() -> None:
    op.drop_column("task", "decided_for")
    op.drop_column("task", "claimed_for")
    op.drop_table("absence")
