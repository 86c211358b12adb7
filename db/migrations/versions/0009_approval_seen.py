"""Keep when somebody last had an approval before them.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reference, instant = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)
    op.create_table(
        "approval_seen",
        sa.Column("person_id", reference, primary_key=True),
        sa.Column("approval_id", reference, primary_key=True),
        sa.Column("seen_at", instant, nullable=False),
        sa.Column("before_at", instant, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("approval_seen")
