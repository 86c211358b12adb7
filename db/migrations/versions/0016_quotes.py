"""Keep products, price books, quotes and invoice drafts.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this change adds comes with its parts."""


def downgrade() -> None:
    """Nothing was added yet."""
