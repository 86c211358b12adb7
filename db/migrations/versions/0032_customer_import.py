"""Keep imports of customers, and what each row became.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
COUNTS = (
    "step_from", "read", "merged", "created", "updated", "unchanged", "doubled", "left_out", "rejected", "undone",
    "kept",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "customer_import",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("by_id", REFERENCE, nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("file_name", "hash")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("encoding", "delimiter")),
        sa.Column("headings", TEXTS, nullable=False),
        sa.Column("sample", postgresql.JSONB(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("mapping", TEXTS, nullable=False),
        sa.Column("mode", sa.Text(), server_default="both", nullable=False),
        sa.Column("region_id", REFERENCE),
        sa.Column("target", sa.Text()),
        sa.Column("owner_id", REFERENCE),
        sa.Column("pool", sa.Text()),
        sa.Column("bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("stage", sa.Text(), server_default="uploaded", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", postgresql.JSONB()),
        sa.Column("step", sa.Text()),
        *(sa.Column(name, INSTANT) for name in ("step_at", "matched_at", "started_at", "finished_at")),
        *(sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False) for name in COUNTS),
        sa.Column("dropped", TEXTS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seconds", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index("ix_customer_import_by", "customer_import", ["by_id", "id"])
    op.create_table(
        "customer_import_row",
        _of_import(),
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("customer_id", REFERENCE),
        sa.Column("other_no", sa.Integer()),
        *(sa.Column(name, sa.Text()) for name in ("field", "code")),
        sa.Column("cells", TEXTS),
        *(sa.Column(name, postgresql.JSONB()) for name in ("before", "after")),
    )
    op.create_index("ix_customer_import_row_verdict", "customer_import_row", ["import_id", "verdict", "no"])
    op.create_table(
        "customer_import_batch",
        _of_import(),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("no", sa.Integer(), primary_key=True),
    )
    op.create_table(
        "customer_import_template",
        sa.Column("by_id", REFERENCE, primary_key=True),
        sa.Column("headings", sa.Text(), primary_key=True),
        sa.Column("mapping", TEXTS, nullable=False),
        sa.Column("used_at", INSTANT, server_default=sa.func.now(), nullable=False),
    )


def _of_import() -> sa.Column[str]:
    return sa.Column("import_id", REFERENCE, sa.ForeignKey("customer_import.id", ondelete="CASCADE"), primary_key=True)
