"""Publish a policy once, however often it is asked.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("origin", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_policy_origin"), "policy", ["origin"])


def downgrade() -> None:
    op.drop_column("policy", "origin")
