"""Keep who signed which version of a contract, and with which certificate.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signing",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("contract_id", REFERENCE, nullable=False),
        sa.Column("deal_id", REFERENCE, nullable=False),
        sa.Column("line_id", REFERENCE, nullable=False),
        sa.Column("customer_id", REFERENCE, nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("owner_id", REFERENCE, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("remarks", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_signing_contract_id", "signing", ["contract_id"])
    op.create_table(
        "signature",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("signing_id", REFERENCE, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", REFERENCE),
        sa.Column("contact_id", REFERENCE),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("method", sa.Text()),
        sa.Column("serial", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("at", INSTANT),
        sa.UniqueConstraint("signing_id", "no"),
    )
    op.create_table(
        "signing_event",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("signing_id", REFERENCE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("who", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_signing_event_signing", "signing_event", ["signing_id", "at"])
    op.create_table(
        "seal",
        sa.Column("signature_id", REFERENCE, primary_key=True),
        sa.Column("signing_id", REFERENCE, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_seal_document", "seal", ["document"])
    op.create_table(
        "signing_certificate",
        sa.Column("holder", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
