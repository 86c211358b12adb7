"""Keep which customers a bulk act does something with next, so that a kill in between changes no count.

Revision ID: 0046
Revises: 0044
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer_act", sa.Column("batch", JSONB))


def downgrade() -> None:
    op.drop_column("customer_act", "batch")
