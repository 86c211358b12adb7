"""Keep who a customer is, whose it is until when, and what was done for it.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
NONE_YET = sa.text("'{}'")


def upgrade() -> None:
    _customer()
    _assignment()
    op.create_table(
        "assignment_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        *(sa.Column(name, REFERENCE) for name in ("from_id", "to_id")),
        sa.Column("pool", sa.Text()),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("since", INSTANT),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, REFERENCE) for name in ("by", "run_id")),
    )
    for name in ("customer", "region", "to", "from"):
        op.create_index(f"ix_assignment_change_{name}", "assignment_change", [f"{name}_id", "at"])
    op.create_index("ix_assignment_change_run", "assignment_change", ["run_id"])
    op.create_table(
        "follow_up",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("contact_id", REFERENCE),
        sa.Column("by", REFERENCE, nullable=False),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("how", "outcome")),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("next_at", INSTANT),
        sa.Column("documents", postgresql.ARRAY(sa.Text()), server_default=NONE_YET, nullable=False),
        *(sa.Column(name, sa.Float()) for name in ("latitude", "longitude")),
    )
    for name, column in (("customer", "customer_id"), ("by", "by"), ("region", "region_id")):
        op.create_index(f"ix_follow_up_{name}", "follow_up", [column, "at"])


def _customer() -> None:
    op.add_column("customer", sa.Column("kind", sa.Text(), server_default="company", nullable=False))
    for name in ("phone", "email", "domain", "industry", "province", "city", "address", "source"):
        op.add_column("customer", sa.Column(name, sa.Text()))
    op.add_column("customer", sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=NONE_YET, nullable=False))
    for name in ("import_id", "merged_into"):
        op.add_column("customer", sa.Column(name, REFERENCE))
    op.add_column("customer", sa.Column("updated_at", INSTANT, server_default=sa.func.now(), nullable=False))
    for name in ("phone", "email", "domain", "tax_number"):
        op.create_index(f"ix_customer_{name}", "customer", [name])
    op.create_index("ix_customer_import", "customer", ["import_id"], postgresql_where=sa.text("import_id is not null"))


def _assignment() -> None:
    for name in ("pool", "reason"):
        op.add_column("assignment", sa.Column(name, sa.Text()))
    op.add_column("assignment", sa.Column("tier", sa.Text(), server_default="C", nullable=False))
    op.add_column("assignment", sa.Column("how", sa.Text(), server_default="assigned", nullable=False))
    for name in ("followed_at", "dealt_at", "due_at", "warn_at", "warned_at", "locked_until", "left_at"):
        op.add_column("assignment", sa.Column(name, INSTANT))
    op.add_column("assignment", sa.Column("last_owner_id", REFERENCE))
    op.drop_index("ix_assignment_owner", "assignment")
    op.drop_index("ix_assignment_region", "assignment")
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "due_at"])
    op.create_index("ix_assignment_region", "assignment", ["region_id", "owner_id"])
    op.create_index(
        "ix_assignment_pool", "assignment", ["region_id", "pool", "since"],
        postgresql_where=sa.text("owner_id is null"),
    )  # fmt: skip
