"""Let somebody's own customers be read by their last follow-up, and those that were never followed up.

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

OWNED, FOLLOWED = sa.text("owner_id is not null"), sa.text("followed_at is not null")


def upgrade() -> None:
    tended = ["owner_id", "followed_at", "customer_id", "region_id"]
    op.create_index("ix_assignment_tended", "assignment", tended, postgresql_where=FOLLOWED)
    op.drop_index("ix_assignment_owner", "assignment")
    owned = ["owner_id", "customer_id", "reckoned", "followed_at"]
    op.create_index(
        "ix_assignment_owner", "assignment", owned, postgresql_include=["region_id"], postgresql_where=OWNED
    )


def downgrade() -> None:
    op.drop_index("ix_assignment_owner", "assignment")
    op.create_index(
        "ix_assignment_owner", "assignment", ["owner_id", "customer_id", "reckoned"], postgresql_where=OWNED
    )
    op.drop_index("ix_assignment_tended", "assignment")
