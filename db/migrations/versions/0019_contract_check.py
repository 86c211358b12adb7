"""Keep what each version of a contract was found to say.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contract_check",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("contract_id", REFERENCE, nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("standard_kind", sa.Text(), nullable=False),
        sa.Column("standard_version", sa.Integer(), nullable=False),
        sa.Column("our_party", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("limit", sa.Text(), nullable=False),
        sa.Column("carries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("by_ocr", sa.Boolean(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("checked_at", INSTANT, server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("contract_id", "version_no"),
    )
    op.create_table(
        "contract_finding",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("check_id", REFERENCE, nullable=False),
        sa.Column("contract_id", REFERENCE, nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer()),
        sa.Column("quote", sa.Text()),
        sa.Column("rects", postgresql.JSONB(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("unusual", postgresql.JSONB(), nullable=False),
        sa.Column("decision", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_by", REFERENCE),
        sa.Column("decided_at", INSTANT),
        sa.UniqueConstraint("check_id", "no"),
    )
    op.create_index("ix_contract_finding_contract", "contract_finding", ["contract_id", "version_no"])
    op.create_index("ix_contract_finding_kind", "contract_finding", ["kind", "value"])
