"""Keep a collection's ledger, promises and disputes.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REF, INSTANT, MINOR = sa.Uuid(as_uuid=False), sa.DateTime(timezone=True), sa.BigInteger()


def _added() -> dict[str, list[sa.Column[object]]]:
    return {
        "collection": [
            sa.Column("credited", MINOR, nullable=False, server_default="0"),
            sa.Column("written_off", MINOR, nullable=False, server_default="0"),
            sa.Column("surplus", MINOR, nullable=False, server_default="0"),
            sa.Column("level", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("promised_on", sa.Date()),
            sa.Column("promised", MINOR),
            sa.Column("disputed_at", INSTANT),
            sa.Column("service_hold", sa.Boolean(), nullable=False, server_default="false"),
            sa.Column("plan_key", sa.Text(), nullable=False, server_default=""),
            sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("final", JSONB()),
        ],
        "instalment": [
            sa.Column("credited", MINOR, nullable=False, server_default="0"),
            sa.Column("written_off", MINOR, nullable=False, server_default="0"),
            sa.Column("event", sa.Text()),
            sa.Column("days", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("level", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("disputed", sa.Boolean(), nullable=False, server_default="false"),
        ],
        "payment": [
            sa.Column("value", MINOR, nullable=False, server_default="0"),
            sa.Column("counted", MINOR, nullable=False, server_default="0"),
            sa.Column("rate", sa.Text()),
            sa.Column("source", sa.Text(), nullable=False, server_default="hand"),
            sa.Column("status", sa.Text(), nullable=False, server_default="received"),
            sa.Column("ended_at", INSTANT),
            sa.Column("moved_to", REF),
        ],
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
            if column.server_default is not None:
                op.alter_column(table, column.name, server_default=None)
    op.alter_column("instalment", "due_on", nullable=True)
    _ledger()
    _promises_and_disputes()


def _ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", REF, primary_key=True),
        sa.Column("collection_id", REF, nullable=False),
        sa.Column("customer_id", REF, nullable=False),
        sa.Column("posting_id", REF, nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("instalment_id", REF),
        sa.Column("payment_id", REF),
        sa.Column("amount", MINOR, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("booked_at", INSTANT, nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_ledger_entry_collection_id", "ledger_entry", ["collection_id"])
    op.create_index("ix_ledger_entry_posting_id", "ledger_entry", ["posting_id"])
    op.create_index("ix_ledger_entry_order", "ledger_entry", ["collection_id", "no"])
    op.create_index("ix_ledger_entry_customer", "ledger_entry", ["customer_id", "booked_on"])


def _promises_and_disputes() -> None:
    op.create_table(
        "promise",
        sa.Column("id", REF, primary_key=True),
        sa.Column("collection_id", REF, nullable=False),
        sa.Column("amount", MINOR, nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("contact_id", REF),
        sa.Column("note", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recorded_by", REF, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
    )
    op.create_index("ix_promise_collection_id", "promise", ["collection_id"])
    op.create_index("ix_promise_open", "promise", ["promised_on"], postgresql_where=sa.text("status = 'open'"))
    op.create_table(
        "dispute",
        sa.Column("id", REF, primary_key=True),
        sa.Column("collection_id", REF, nullable=False),
        sa.Column("instalment_id", REF),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_by", REF, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("resolved_by", REF),
        sa.Column("resolved_at", INSTANT),
        sa.Column("resolution", sa.Text()),
    )
    op.create_index("ix_dispute_collection_id", "dispute", ["collection_id"])
    op.create_table(
        "collection_request",
        sa.Column("id", REF, primary_key=True),
        sa.Column("collection_id", REF, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", MINOR, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("approval_id", REF, nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
    )
    op.create_index("ix_collection_request_collection_id", "collection_request", ["collection_id"])


def downgrade() -> None:
    for table in ("collection_request", "dispute", "promise", "ledger_entry"):
        op.drop_table(table)
    op.execute("delete from instalment where due_on is null")
    op.alter_column("instalment", "due_on", nullable=False)
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)
