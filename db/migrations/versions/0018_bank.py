"""Keep letters to customers, and bank statements with what their lines were matched to.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _letters()
    _statements()
    _lines()
    op.create_index("ix_collection_open", "collection", ["customer_id"], postgresql_where=sa.text("closed_at IS NULL"))


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("customer_id", REFERENCE),
        sa.Column("contact_id", REFERENCE),
        sa.Column("address", sa.Text()),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("documents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("line_id", REFERENCE),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("body", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("sent_at", INSTANT),
    )
    op.create_index("ix_letter_customer", "letter", ["customer_id", "created_at"])
    op.create_index("ix_letter_line", "letter", ["line_id", "created_at"])


def _statements() -> None:
    op.create_table(
        "bank_statement",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("file_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text()),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("problem", postgresql.JSONB()),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("opening", sa.BigInteger()),
        sa.Column("closing", sa.BigInteger()),
        sa.Column("complete", sa.Boolean()),
        sa.Column("first_on", sa.Date()),
        sa.Column("last_on", sa.Date()),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", REFERENCE, nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("finished_at", INSTANT),
    )
    op.create_index("ix_bank_statement_uploaded", "bank_statement", ["uploaded_at", "id"])
    op.create_table(
        "payer_account",
        sa.Column("account", sa.Text(), primary_key=True),
        sa.Column("customer_id", REFERENCE, primary_key=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("learnt_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )


def _lines() -> None:
    op.create_table(
        "bank_line",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("statement_id", REFERENCE, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, unique=True),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date()),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("payer_account", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(), nullable=False),
        sa.Column("booked", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", REFERENCE),
        sa.Column("decided_at", INSTANT),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_bank_line_statement", "bank_line", ["statement_id", "status", "no"])
    op.create_index(
        "ix_bank_line_doubt", "bank_line", ["booked_on", "id"], postgresql_where=sa.text("status = 'doubt'")
    )
    op.create_table(
        "bank_booking",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("line_id", REFERENCE, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("collection_id", REFERENCE, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("by", REFERENCE, nullable=False),
        sa.Column("payment_id", REFERENCE),
        sa.Column("refusal", postgresql.JSONB()),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("ended_at", INSTANT),
    )
    op.create_index("ix_bank_booking_line", "bank_booking", ["line_id", "no"], unique=True)
    op.create_index("ix_bank_booking_collection_id", "bank_booking", ["collection_id"])


def downgrade() -> None:
    op.drop_index("ix_collection_open", "collection")
    for table in ("bank_booking", "bank_line", "payer_account", "bank_statement", "letter"):
        op.drop_table(table)
