"""Keep what is known of a request, what was said about it, who may read it, and every turn in its approval.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column, kind, empty in (
        ("facts", JSONB(), "'{}'"), ("remarks", JSONB(), "'[]'"), ("readers", ARRAY(sa.Text()), "'{}'"),
    ):  # fmt: skip
        op.add_column("approval", sa.Column(column, kind, nullable=False, server_default=sa.text(empty)))
        op.alter_column("approval", column, server_default=None)
    op.create_index("ix_approval_readers", "approval", ["readers"], postgresql_using="gin")
    op.create_index("ix_approval_opened", "approval", ["opened_at"])
    reference, instant = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True)
    op.create_table(
        "approval_turn",
        sa.Column("task_id", reference, primary_key=True),
        sa.Column("approval_id", reference, nullable=False),
        sa.Column("policy_version", sa.Integer()),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("region_id", reference),
        sa.Column("submitted_by", reference, nullable=False),
        sa.Column("holders", ARRAY(sa.Text()), nullable=False),
        sa.Column("came", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("due_at", instant),
        sa.Column("decided_at", instant),
        sa.Column("decided_by", reference),
        sa.Column("behalf_of", reference),
        sa.Column("worked", sa.Integer()),
        sa.Column("comment", sa.Text()),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_approval_turn_approval_id", "approval_turn", ["approval_id"])
    op.create_index("ix_approval_turn_opened", "approval_turn", ["opened_at"])
    op.create_index("ix_approval_turn_open", "approval_turn", ["due_at"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.drop_table("approval_turn")
    op.drop_index("ix_approval_opened", "approval")
    op.drop_index("ix_approval_readers", "approval")
    for column in ("readers", "remarks", "facts"):
        op.drop_column("approval", column)
