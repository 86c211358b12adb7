"""Find what was decided in a time, and what is open in a region.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_approval_turn_decided", "approval_turn", ["decided_at"])
    op.create_index("ix_task_region_open", "task", ["region_id"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.drop_index("ix_task_region_open", "task")
    op.drop_index("ix_approval_turn_decided", "approval_turn")
