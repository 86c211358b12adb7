"""Keep legal's decisions about contracts, and exceptions granted to customers.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contract_review",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("contract_id", REFERENCE, nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("task_id", REFERENCE),
        sa.Column("from_level", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(), nullable=False),
        sa.Column("exceptions", postgresql.JSONB(), nullable=False),
        sa.Column("turns", postgresql.JSONB(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_by", REFERENCE),
        sa.Column("closed_at", INSTANT),
        sa.UniqueConstraint("contract_id", "version_no"),
    )
    op.create_table(
        "clause_exception",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("customer_id", REFERENCE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contract_id", REFERENCE),
        sa.Column("granted_by", REFERENCE, nullable=False),
        sa.Column("granted_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("revoked_by", REFERENCE),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_index("ix_clause_exception_customer", "clause_exception", ["customer_id", "until"])
