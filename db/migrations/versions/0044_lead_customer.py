"""Find the leads that a customer came from without reading them all.

Revision ID: 0044
Revises: 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = sa.text("customer_id is not null")
    op.create_index("ix_lead_customer", "lead", ["customer_id"], postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_lead_customer", "lead")
