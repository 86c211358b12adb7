"""Keep no entry in the history's indexes for what came from or went to a pool, or was of no run.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

INDEXES = {"to": ("to_id", "at"), "from": ("from_id", "at"), "run": ("run_id",)}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(f"ix_assignment_change_{name}", "assignment_change")
        op.create_index(
            f"ix_assignment_change_{name}", "assignment_change", list(columns),
            postgresql_where=sa.text(f"{columns[0]} is not null"),
        )  # fmt: skip


def downgrade() -> None:
    for name, columns in INDEXES.items():
        op.drop_index(f"ix_assignment_change_{name}", "assignment_change")
        op.create_index(f"ix_assignment_change_{name}", "assignment_change", list(columns))
