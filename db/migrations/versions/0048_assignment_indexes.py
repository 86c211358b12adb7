"""The indexes of whose a customer is by what is asked: one's own in their order, one's book as it is due, one's own
by their last follow-up, and what lies in a region's pool.

Revision ID: 0048
Revises: 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

OWNED, LYING = sa.text("owner_id is not null"), sa.text("owner_id is null")
DUE, FOLLOWED = sa.text("due_at is not null"), sa.text("followed_at is not null")


def upgrade() -> None:
    for name in ("owner", "region", "reckoned"):
        op.drop_index(f"ix_assignment_{name}", "assignment")
    owned = ["owner_id", "customer_id", "reckoned", "followed_at"]
    op.create_index(
        "ix_assignment_owner", "assignment", owned, postgresql_include=["region_id"], postgresql_where=OWNED
    )
    op.create_index("ix_assignment_book", "assignment", ["owner_id", "due_at", "customer_id"], postgresql_where=DUE)
    tended = ["owner_id", "followed_at", "customer_id", "region_id"]
    op.create_index("ix_assignment_tended", "assignment", tended, postgresql_where=FOLLOWED)
    op.create_index("ix_assignment_lying", "assignment", ["region_id", "customer_id"], postgresql_where=LYING)


def downgrade() -> None:
    for name in ("lying", "tended", "book", "owner"):
        op.drop_index(f"ix_assignment_{name}", "assignment")
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "due_at"], postgresql_include=["customer_id"])
    op.create_index("ix_assignment_region", "assignment", ["region_id", "owner_id"])
    op.create_index("ix_assignment_reckoned", "assignment", ["owner_id", "reckoned"], postgresql_where=OWNED)
