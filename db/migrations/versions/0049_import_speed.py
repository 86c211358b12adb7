"""What an import writes becomes less: how a customer came with it is in its place until it is first moved, and phone
numbers are found by what they hash to.

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

HASHED, KNOWN = sa.text("hashtextextended(phone, 0)"), sa.text("phone is not null")


def upgrade() -> None:
    op.add_column("assignment", sa.Column("unwritten", sa.Boolean()))
    op.drop_index("ix_customer_phone", "customer")
    op.create_index("ix_customer_phone", "customer", [HASHED], postgresql_where=KNOWN)
    # Those of the index itself are gone with it whenever an import makes it again.
    op.execute("create statistics customer_phone_hash on (hashtextextended(phone, 0)) from customer")
    op.execute("analyze customer")


def downgrade() -> None:
    op.execute("drop statistics customer_phone_hash")
    op.drop_index("ix_customer_phone", "customer")
    op.create_index("ix_customer_phone", "customer", ["phone"], postgresql_where=KNOWN)
    op.execute(
        "insert into assignment_change (customer_id, region_id, to_id, pool, tier, how, at, by, run_id)"
        " select a.customer_id, a.region_id, a.owner_id, a.pool, a.tier, a.how, a.since, i.by_id, c.import_id"
        " from assignment a join customer c on c.id = a.customer_id left join customer_import i on i.id = c.import_id"
        " where a.unwritten"
    )
    op.drop_column("assignment", "unwritten")
