"""Keep tickets, what was said in them, and the answers agents keep at hand.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
OPEN = "stage not in ('resolved', 'closed', 'merged')"


def upgrade() -> None:
    _tickets()
    _messages()
    _answers()


def _tickets() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "channel", "language")),
        *(sa.Column(name, sa.Text()) for name in ("from_name", "from_email", "from_phone", "product", "fault_code")),
        sa.Column("contact_id", REFERENCE),
        sa.Column("equipment_id", REFERENCE),
        sa.Column("opened_at", INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "priority", "stage", "tier")),
        *(sa.Column(name, sa.Text()) for name in ("queue", "clock")),
        sa.Column("region_id", REFERENCE, nullable=False),
        *(sa.Column(name, REFERENCE) for name in ("customer_id", "assignee_id", "merged_into", "merging_into")),
        sa.Column("sentiment", sa.Float()),
        sa.Column("sentiment_words", postgresql.ARRAY(sa.Text()), nullable=False),
        *(
            sa.Column(name, INSTANT)
            for name in (
                "resolved_at", "closed_at", "said_at", "answered_at", "due_at", "due_since", "warn_at", "red_at",
                "paused_at",
            )
        ),
        sa.Column("breached", sa.Integer(), nullable=False),
        sa.Column("kept", postgresql.JSONB()),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )  # fmt: skip
    op.create_index("ix_ticket_customer", "ticket", ["customer_id", "id"])
    op.create_index("ix_ticket_region", "ticket", ["region_id", "id"])
    op.create_index("ix_ticket_email", "ticket", [sa.text("lower(from_email)")])
    op.create_index("ix_ticket_phone", "ticket", ["from_phone"])
    merged = sa.text("merged_into is not null")
    op.create_index("ix_ticket_merged_into", "ticket", ["merged_into"], postgresql_where=merged)
    for name, first in (("open", "region_id"), ("assignee", "assignee_id")):
        op.create_index(f"ix_ticket_{name}", "ticket", [first, "due_at", "id"], postgresql_where=sa.text(OPEN))


def _messages() -> None:
    op.create_table(
        "ticket_message",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("ticket_id", REFERENCE, nullable=False),
        sa.Column("first_ticket_id", REFERENCE),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_id", REFERENCE),
        sa.Column("author_name", sa.Text()),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("mail_id", sa.Text(), unique=True),
        sa.Column("references", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attachments", postgresql.JSONB(), nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.create_index("ix_ticket_message_ticket", "ticket_message", ["ticket_id", "at", "id"])


def _answers() -> None:
    op.create_table(
        "canned_answer",
        sa.Column("id", REFERENCE, primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "body", "language", "search")),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("changed_by", REFERENCE),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("retired_at", INSTANT),
    )
