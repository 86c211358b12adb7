"""Keep how a lead was scored, whose turn it was, and until when it sleeps.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANTS = ("due_since", "closed_at")
TEXTS = ("grade", "close_key")


def upgrade() -> None:
    for name in INSTANTS:
        op.add_column("lead", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in TEXTS:
        op.add_column("lead", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("lead", sa.Column("score", sa.Integer(), nullable=True))
    op.add_column("lead", sa.Column("merged_into", sa.Uuid(as_uuid=False), nullable=True))
    for name, empty in (("reasons", "[]"), ("why", "{}"), ("matches", "[]")):
        op.add_column("lead", sa.Column(name, postgresql.JSONB(), nullable=False, server_default=empty))
        op.alter_column("lead", name, server_default=None)
    op.add_column("lead_turn", sa.Column("pending", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("lead_turn", "pending", server_default=None)
    op.create_index("ix_lead_turn_pending", "lead_turn", ["person_id"], postgresql_where=sa.text("pending"))
    op.create_index("ix_lead_pool", "lead", ["region_id", "due_at"], postgresql_where=sa.text("stage = 'pooled'"))
    _open_leads("stage in ('new', 'pooled', 'assigned', 'contacted')")


def downgrade() -> None:
    _open_leads("stage in ('new', 'assigned', 'contacted')")
    op.drop_index("ix_lead_pool", table_name="lead")
    op.drop_index("ix_lead_turn_pending", table_name="lead_turn")
    op.drop_column("lead_turn", "pending")
    for name in (*INSTANTS, *TEXTS, "score", "merged_into", "reasons", "why", "matches"):
        op.drop_column("lead", name)


def _open_leads(stages: str) -> None:
    op.drop_index("ix_lead_open", table_name="lead")
    op.create_index(
        "ix_lead_open", "lead", ["due_at", sa.literal_column("id desc")], unique=False,
        postgresql_where=sa.text(stages),
    )  # fmt: skip
