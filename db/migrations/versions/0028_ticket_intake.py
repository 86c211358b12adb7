"""Keep how tickets come in, and customers' equipment.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("lead_hook", "lead_form"):
        op.add_column(table, sa.Column("makes", sa.Text(), nullable=False, server_default="lead"))
    _inbound()
    _customers()
    _equipment()


def _inbound() -> None:
    op.create_table(
        "ticket_inbound",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("addresses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("ticket_id", REFERENCE),
        sa.Column("message_id", REFERENCE),
        sa.Column("full", sa.Text()),
        sa.Column("raw", sa.Text()),
        sa.Column("notes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_ticket_inbound_ticket_id", "ticket_inbound", ["ticket_id"])
    op.create_index("ix_ticket_inbound_sender", "ticket_inbound", ["sender", sa.text("at desc")])
    op.create_index("ix_ticket_inbound_at", "ticket_inbound", [sa.text("at desc"), "id"])


def _customers() -> None:
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("made_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("opened_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "ticket_rating",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.Text()),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("assignee_id", REFERENCE),
        sa.Column("queue", sa.Text()),
        sa.Column("region_id", REFERENCE, nullable=False),
    )
    op.create_index("ix_ticket_rating_at", "ticket_rating", ["at"])


def _equipment() -> None:
    op.create_table(
        "equipment",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
        sa.Column("region_id", REFERENCE, nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("product", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("warranty_until", sa.Date()),
        sa.Column("every", sa.Interval()),
        sa.Column("next_at", INSTANT),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", REFERENCE, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("ix_equipment_customer_id", "equipment", ["customer_id"])
    op.create_index("uq_equipment_serial_number", "equipment", [sa.text("lower(serial_number)")], unique=True)
    op.create_index(
        "ix_equipment_due", "equipment", ["next_at"], postgresql_where=sa.text("active and next_at is not null")
    )
