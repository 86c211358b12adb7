"""Keep whose a customer is until when.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "book",
        sa.Column("owner_id", REFERENCE, primary_key=True),
        *(sa.Column(name, INSTANT) for name in ("asked_at", "looked_at", "next_at")),
    )
    for name in ("note", "due_why", "protected"):
        op.add_column("assignment", sa.Column(name, sa.Text()))
    op.add_column("assignment", sa.Column("reckoned", sa.BigInteger()))
    op.add_column("assignment", sa.Column("extended_until", INSTANT))
    op.add_column("assignment_change", sa.Column("note", sa.Text()))
    op.drop_index("ix_assignment_pool", "assignment")
    op.create_index(
        "ix_assignment_pool", "assignment", ["region_id", "since", "customer_id"],
        postgresql_where=sa.text("owner_id is null"),
    )  # fmt: skip
    op.create_index(
        "ix_assignment_reckoned", "assignment", ["owner_id", "reckoned"],
        postgresql_where=sa.text("owner_id is not null"),
    )  # fmt: skip
    op.create_index(
        "ix_assignment_warn", "assignment", ["owner_id", "warn_at"],
        postgresql_where=sa.text("warned_at is null and warn_at is not null"),
    )  # fmt: skip
    op.create_table(
        "extension",
        sa.Column("id", REFERENCE, primary_key=True),
        *(sa.Column(name, REFERENCE, nullable=False) for name in ("customer_id", "region_id", "owner_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("status", "why")),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("due_at", "until", "opened_at")),
        sa.Column("closed_at", INSTANT),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_extension_open", "extension", ["customer_id", "region_id"], postgresql_where=sa.text("closed_at is null")
    )
