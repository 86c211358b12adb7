"""Let a column's first cards, a stage's newest deals and a document's contracts be found by index.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_deal_column", "deal", ["stage", "close_on", "id"], postgresql_where=sa.text("closed_at is null")
    )
    op.create_index("ix_deal_stage", "deal", ["stage", "stage_since", "id"])
    op.create_index(
        "ix_contract_versions",
        "contract",
        ["versions"],
        postgresql_using="gin",
        postgresql_ops={"versions": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_contract_versions", "contract")
    op.drop_index("ix_deal_stage", "deal")
    op.drop_index("ix_deal_column", "deal")
