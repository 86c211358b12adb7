"""Keep deals of several pipelines, their priority, and saved views of the board.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deal", sa.Column("pipeline_key", sa.Text(), server_default="sales", nullable=False))
    op.add_column("deal", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deal", sa.Column("quote_id", sa.Uuid(as_uuid=False)))
    op.add_column("deal", sa.Column("quote_status", sa.Text()))


def downgrade() -> None:
    for column in ("quote_status", "quote_id", "priority", "pipeline_key"):
        op.drop_column("deal", column)
