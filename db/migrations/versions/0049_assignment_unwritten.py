"""How a customer came with an import is in its place until it is first moved, not in the history.

Revision ID: 0049
Revises: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignment", sa.Column("unwritten", sa.Boolean()))


def downgrade() -> None:
    op.execute(
        "insert into assignment_change (customer_id, region_id, to_id, pool, tier, how, at, by, run_id)"
        " select a.customer_id, a.region_id, a.owner_id, a.pool, a.tier, a.how, a.since, i.by_id, c.import_id"
        " from assignment a join customer c on c.id = a.customer_id left join customer_import i on i.id = c.import_id"
        " where a.unwritten"
    )
    op.drop_column("assignment", "unwritten")
