"""Keep the Word file that a document was made of.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("original", sa.Text()))
    op.create_index("ix_document_original", "document", ["original"])
