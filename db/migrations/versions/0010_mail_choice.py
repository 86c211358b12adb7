"""Keep how each person wants their mail.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("mail", sa.Text(), nullable=False, server_default="each"))
    op.alter_column("person", "mail", server_default=None)


def downgrade() -> None:
    op.drop_column("person", "mail")
