"""Keep letters to customers, and bank statements with what their lines were matched to.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this change adds comes with its parts."""


def downgrade() -> None:
    """Nothing was added yet."""
