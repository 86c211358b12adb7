"""Count the leads somebody claims on a day, list customers by the points of their tier, keep less in indexes.

The history's indexes have no entry for what came from or went to a pool, or was of no run.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
INDEXES = {"to": ("to_id", "at"), "from": ("from_id", "at"), "run": ("run_id",)}


def upgrade() -> None:
    op.create_table(
        "lead_claim",
        sa.Column("person_id", REFERENCE, primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("lead_id", REFERENCE, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.clock_timestamp(), nullable=False),
    )
    op.create_index("ix_lead_claim_day", "lead_claim", ["person_id", "at"])
    op.drop_index("ix_customer_tier_hint_tier", "customer_tier_hint")
    op.create_index("ix_customer_tier_hint_score", "customer_tier_hint", [sa.text("score desc"), "customer_id"])
    for name, columns in INDEXES.items():
        op.drop_index(f"ix_assignment_change_{name}", "assignment_change")
        op.create_index(
            f"ix_assignment_change_{name}", "assignment_change", list(columns),
            postgresql_where=sa.text(f"{columns[0]} is not null"),
        )  # fmt: skip


def downgrade() -> None:
    op.drop_table("lead_claim")
    op.drop_index("ix_customer_tier_hint_score", "customer_tier_hint")
    op.create_index("ix_customer_tier_hint_tier", "customer_tier_hint", ["tier"])
    for name, columns in INDEXES.items():
        op.drop_index(f"ix_assignment_change_{name}", "assignment_change")
        op.create_index(f"ix_assignment_change_{name}", "assignment_change", list(columns))
