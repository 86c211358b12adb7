"""Keep letters to customers, and bank statements with what their lines were matched to.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("customer_id", REFERENCE),
        sa.Column("contact_id", REFERENCE),
        sa.Column("address", sa.Text()),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("documents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("line_id", REFERENCE),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("body", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("sent_at", INSTANT),
    )
    op.create_index("ix_letter_customer", "letter", ["customer_id", "created_at"])
    op.create_index("ix_letter_line", "letter", ["line_id", "created_at"])


def downgrade() -> None:
    op.drop_table("letter")
