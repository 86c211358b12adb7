"""Let one contact stand for another that a merge brought to the same customer.

Revision ID: 0045
Revises: 0044
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("same_as", sa.Uuid(as_uuid=False)))
    op.add_column("contact", sa.Column("given", JSONB))
    op.create_index("ix_contact_same_as", "contact", ["same_as"], postgresql_where=sa.text("same_as is not null"))


def downgrade() -> None:
    op.drop_index("ix_contact_same_as", "contact")
    op.drop_column("contact", "given")
    op.drop_column("contact", "same_as")
