"""Keep how the versions of a contract differ.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "contract_comparison",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("contract_id", REFERENCE, nullable=False),
        sa.Column("old_document", sa.Text(), nullable=False),
        sa.Column("new_document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("coarse", sa.Boolean(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("clauses", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("contract_id", "old_document", "new_document"),
    )
