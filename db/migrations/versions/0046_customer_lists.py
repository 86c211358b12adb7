"""Keep which customers a bulk act does something with next, so that a kill in between changes no count; list millions
by follow-up and by tier. What is imported without either is written to neither index.

Revision ID: 0046
Revises: 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer_act", sa.Column("batch", JSONB))
    place = ["customer_id", "region_id"]
    followed, ranked = sa.text("followed_at is not null"), sa.text("tier <> 'C'")
    op.create_index("ix_assignment_followed", "assignment", ["followed_at", *place], postgresql_where=followed)
    op.create_index("ix_assignment_tier", "assignment", ["tier", *place], postgresql_where=ranked)


def downgrade() -> None:
    op.drop_index("ix_assignment_tier", "assignment")
    op.drop_index("ix_assignment_followed", "assignment")
    op.drop_column("customer_act", "batch")
