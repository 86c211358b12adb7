"""What an import of millions need not keep: index entries of values that are not there, and of how each customer came.

The history of hands is looked up by customer (its key), by person for what they claimed or were given by rule, by run
of an allocation, and for reports by its time, in whose order it is written.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

KEYS = {"customer": ("phone", "email", "domain", "tax_number"), "contact": ("phone", "email")}
CHANGE = "assignment_change"


def upgrade() -> None:
    for table, keys in KEYS.items():
        for key in keys:
            op.drop_index(f"ix_{table}_{key}", table)
            op.create_index(f"ix_{table}_{key}", table, [key], postgresql_where=sa.text(f"{key} is not null"))
        op.drop_constraint(f"uq_{table}_origin", table)
        there = sa.text("origin is not null")
        op.create_index(f"uq_{table}_origin", table, ["origin"], unique=True, postgresql_where=there)
    op.drop_index("ix_customer_import", "customer")

    for name in ("customer", "region", "to", "run"):
        op.drop_index(f"ix_assignment_change_{name}", CHANGE)
    op.drop_constraint("pk_assignment_change", CHANGE)
    op.create_primary_key("pk_assignment_change", CHANGE, ["customer_id", "id"])
    op.create_index(
        "ix_assignment_change_at", CHANGE, ["at"], postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
    )  # fmt: skip
    op.create_index(
        "ix_assignment_change_to", CHANGE, ["to_id", "how", "at"],
        postgresql_where=sa.text("how in ('claimed', 'rule')"),
    )  # fmt: skip
    given = sa.text("run_id is not null and how <> 'imported'")
    op.create_index("ix_assignment_change_run", CHANGE, ["run_id"], postgresql_where=given)


def downgrade() -> None:
    for name in ("at", "to", "run"):
        op.drop_index(f"ix_assignment_change_{name}", CHANGE)
    op.drop_constraint("pk_assignment_change", CHANGE)
    op.create_primary_key("pk_assignment_change", CHANGE, ["id"])
    op.create_index("ix_assignment_change_customer", CHANGE, ["customer_id", "at"])
    op.create_index("ix_assignment_change_region", CHANGE, ["region_id", "at"])
    there = sa.text("to_id is not null")
    op.create_index("ix_assignment_change_to", CHANGE, ["to_id", "at"], postgresql_where=there)
    op.create_index("ix_assignment_change_run", CHANGE, ["run_id"], postgresql_where=sa.text("run_id is not null"))

    op.create_index("ix_customer_import", "customer", ["import_id"], postgresql_where=sa.text("import_id is not null"))
    for table, keys in KEYS.items():
        op.drop_index(f"uq_{table}_origin", table)
        op.create_unique_constraint(f"uq_{table}_origin", table, ["origin"])
        for key in keys:
            op.drop_index(f"ix_{table}_{key}", table)
            op.create_index(f"ix_{table}_{key}", table, [key])
