"""Keep customers that were not compared yet out of the index of near names: an import makes millions of them.

Revision ID: 0041
Revises: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_customer_near_keys", "customer")
    op.create_index(
        "ix_customer_near_keys", "customer", ["near_keys"], postgresql_using="gin",
        postgresql_where=sa.text("near_keys <> '{}'"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_customer_near_keys", "customer")
    op.create_index("ix_customer_near_keys", "customer", ["near_keys"], postgresql_using="gin")
