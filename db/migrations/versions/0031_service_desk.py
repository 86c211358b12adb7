"""Find the tickets due first, also among very many.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


OPEN = "stage not in ('resolved', 'closed', 'merged')"


def upgrade() -> None:
    for name, paused in (("ix_ticket_due", "is null"), ("ix_ticket_paused", "is not null")):
        where = sa.text(f"{OPEN} and paused_at {paused}")
        op.create_index(name, "ticket", ["due_at", "id"], postgresql_where=where)
