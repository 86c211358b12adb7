"""Tell what a customer is called from what its people are: a pool finds by the first alone.

Revision ID: 0047
Revises: 0046
"""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _write_anew()


def downgrade() -> None:
    _write_anew()


def _write_anew() -> None:
    """By the worker, as after an import."""
    op.execute("truncate customer_search")
    op.execute("insert into customer_search_wanted (customer_id) values (null)")
