"""Keep until when contracts run, and for whom a substitute signed one.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("signature", sa.Column("behalf_of", REFERENCE))
    op.add_column("contract_check", sa.Column("period", postgresql.JSONB(none_as_null=True)))
    op.create_table(
        "contract_term",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("deal_id", REFERENCE, nullable=False),
        sa.Column("line_id", REFERENCE, nullable=False),
        sa.Column("customer_id", REFERENCE, nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("owner_id", REFERENCE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.Column("notice_days", sa.Integer()),
        sa.Column("notice_until", sa.Date()),
        sa.Column("renews_months", sa.Integer()),
        sa.Column("warranty_until", sa.Date()),
        sa.Column("confirmed_by", REFERENCE),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("decide_at", INSTANT),
        sa.Column("next_at", INSTANT),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_by", REFERENCE),
        sa.Column("decided_at", INSTANT),
        sa.Column("renewal_id", REFERENCE),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_contract_term_customer_id", "contract_term", ["customer_id"])
    op.create_index(
        "ix_contract_term_ends_on", "contract_term", ["ends_on"], postgresql_where=sa.text("closed_at is null")
    )
    op.create_index(
        "ix_contract_term_renewal_id",
        "contract_term",
        ["renewal_id"],
        postgresql_where=sa.text("renewal_id is not null"),
    )
