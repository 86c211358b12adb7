"""Let a search walk somebody's customers in a region, and those of its pool, the newest first.

Revision ID: 0048
Revises: 0047
"""

from __future__ import annotations

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_assignment_region", "assignment")
    op.create_index("ix_assignment_region", "assignment", ["region_id", "owner_id", "customer_id"])


def downgrade() -> None:
    op.drop_index("ix_assignment_region", "assignment")
    op.create_index("ix_assignment_region", "assignment", ["region_id", "owner_id"])
