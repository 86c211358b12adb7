"""Keep the people, competitors and order lines of a deal.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this change adds comes with its parts."""


def downgrade() -> None:
    """Nothing was added yet."""
