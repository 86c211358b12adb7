"""A region's customers by their last follow-up; what an import brings has none, and is not written to the index.

Revision ID: 0050
Revises: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    followed = sa.text("followed_at is not null")
    columns = ["region_id", "followed_at", "customer_id"]
    op.create_index("ix_assignment_region", "assignment", columns, postgresql_where=followed)


def downgrade() -> None:
    op.drop_index("ix_assignment_region", "assignment")
