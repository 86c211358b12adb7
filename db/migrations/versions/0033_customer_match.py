"""Keep pairs of customers that may be one, and merges that can be undone.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _pairs()
    _merges()
    op.create_index(
        "ix_customer_merged_into", "customer", ["merged_into"], postgresql_where=sa.text("merged_into is not null")
    )


def _pairs() -> None:
    op.create_table(
        "customer_pair",
        *(
            sa.Column(name, REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
            for name in ("first_id", "second_id")
        ),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("run_id", REFERENCE),
        sa.Column("found_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_by", REFERENCE),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_customer_pair_second", "customer_pair", ["second_id"])
    op.create_index(
        "ix_customer_pair_open", "customer_pair", [sa.text("points desc"), "first_id", "second_id"],
        postgresql_where=sa.text("status = 'open'"),
    )  # fmt: skip
    op.create_table(
        "customer_match_run",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("started_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("by", REFERENCE),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("parts", "done", "customers")),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("compared", "found")),
    )
    op.create_index("ix_customer_match_run_started", "customer_match_run", [sa.text("started_at desc")])


def _merges() -> None:
    op.create_table(
        "customer_merge",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("survivor_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("merged", postgresql.ARRAY(REFERENCE), nullable=False),
        sa.Column("by", REFERENCE, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(
            sa.Column(name, postgresql.JSONB(), nullable=False)
            for name in ("before", "after", "assignments", "signposts")
        ),
        sa.Column("undone_at", INSTANT),
        sa.Column("undone_by", REFERENCE),
        sa.Column("kept", postgresql.JSONB()),
    )
    op.create_index("ix_customer_merge_survivor", "customer_merge", ["survivor_id", "at"])
    op.create_table(
        "customer_merge_rows",
        sa.Column("merge_id", REFERENCE, sa.ForeignKey("customer_merge.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("from_id", REFERENCE, primary_key=True),
        sa.Column("table_name", sa.Text(), primary_key=True),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
    )
