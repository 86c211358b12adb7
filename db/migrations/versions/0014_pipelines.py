"""Keep deals of several pipelines, their priority, and saved views of the board.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this change adds comes with its parts."""


def downgrade() -> None:
    """Nothing was added yet."""
