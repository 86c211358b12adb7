"""Let people and customers be found by characters and pinyin.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.findable import findable

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name_en in (("person", "name_en"), ("customer", "null")):
        op.add_column(table, sa.Column("search", sa.Text(), server_default="", nullable=False))
        rows = op.get_bind().execute(sa.text(f"select id, name, {name_en} from {table}")).all()  # noqa: S608 - ours
        for row_id, *names in rows:
            op.get_bind().execute(
                sa.text(f"update {table} set search = :search where id = :id"),  # noqa: S608
                {"id": row_id, "search": findable(*names)},
            )


def downgrade() -> None:
    op.drop_column("customer", "search")
    op.drop_column("person", "search")
