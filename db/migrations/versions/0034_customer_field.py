"""Keep what is known of a customer in fields of the company's own.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
TEXT = sa.Text()


def upgrade() -> None:
    op.add_column("contact", sa.Column("role", TEXT))
    op.add_column("follow_up", sa.Column("next_done_at", INSTANT))
    op.create_index(
        "ix_follow_up_next", "follow_up", ["by", "next_at"],
        postgresql_where=sa.text("next_at is not null and next_done_at is null"),
    )  # fmt: skip
    op.create_table(
        "customer_unique",
        sa.Column("field", TEXT, primary_key=True),
        sa.Column("value", TEXT, primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_customer_unique_customer", "customer_unique", ["customer_id"])
    op.create_table(
        "customer_serial",
        sa.Column("field", TEXT, primary_key=True),
        sa.Column("period", TEXT, primary_key=True),
        sa.Column("last", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "customer_file",
        sa.Column("hash", TEXT, primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("field", TEXT, primary_key=True),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_customer_file_customer", "customer_file", ["customer_id"])
    op.create_table(
        "customer_change",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("by", REFERENCE, nullable=False),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("before", "after")),
    )
    op.create_index("ix_customer_change_customer", "customer_change", ["customer_id", "at"])
    op.create_index("ix_task_customer_open", "task", ["customer_id"], postgresql_where=sa.text("status = 'open'"))
