"""Two indexes of one's customers instead of three: in their order, and in the order in which they go back.

Revision ID: 0049
Revises: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

OWNED, DUE, LYING = (sa.text(said) for said in ("owner_id is not null", "due_at is not null", "owner_id is null"))


def upgrade() -> None:
    for name in ("owner", "region", "reckoned"):
        op.drop_index(f"ix_assignment_{name}", "assignment")
    owned = ["owner_id", "customer_id", "reckoned"]
    op.create_index("ix_assignment_owner", "assignment", owned, postgresql_where=OWNED)
    op.create_index("ix_assignment_book", "assignment", ["owner_id", "due_at", "customer_id"], postgresql_where=DUE)
    op.create_index("ix_assignment_lying", "assignment", ["region_id", "customer_id"], postgresql_where=LYING)


def downgrade() -> None:
    for name in ("lying", "book", "owner"):
        op.drop_index(f"ix_assignment_{name}", "assignment")
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "due_at"], postgresql_include=["customer_id"])
    op.create_index("ix_assignment_region", "assignment", ["region_id", "owner_id", "customer_id"])
    op.create_index("ix_assignment_reckoned", "assignment", ["owner_id", "reckoned"], postgresql_where=OWNED)
