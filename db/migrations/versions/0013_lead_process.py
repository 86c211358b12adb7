"""Keep how a lead was scored, whose turn it was, and until when it sleeps.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this change adds comes with its parts."""


def downgrade() -> None:
    """Nothing was added yet."""
