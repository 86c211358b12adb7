"""Keep who is on duty, with which skills, and what routing learned.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _people()
    _turns()
    _routes()


def _people() -> None:
    op.create_table(
        "person_skill",
        sa.Column("person_id", REFERENCE, sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("what", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("level", sa.Integer(), nullable=False),
    )
    op.create_table(
        "shift",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", REFERENCE, sa.ForeignKey("org_unit.id"), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("week", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.Column("changed_by", REFERENCE),
        sa.Column("changed_at", INSTANT, nullable=False),
    )
    op.create_index("ix_shift_unit_id", "shift", ["unit_id"])
    op.create_table(
        "shift_person",
        sa.Column("shift_id", REFERENCE, sa.ForeignKey("shift.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_id", REFERENCE, sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_shift_person_person", "shift_person", ["person_id"])


def _turns() -> None:
    op.create_table(
        "ticket_turn",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("person_id", REFERENCE, primary_key=True),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("pending", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_ticket_turn_person", "ticket_turn", ["person_id", sa.text("at desc")])
    pending = sa.text("pending")
    op.create_index("ix_ticket_turn_pending", "ticket_turn", ["person_id"], postgresql_where=pending)


def _routes() -> None:
    op.create_table(
        "ticket_route",
        sa.Column("ticket_id", REFERENCE, primary_key=True),
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("by", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("queue", "row", "ruled", "guessed")),
        sa.Column("confidence", sa.Float()),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("guesses", postgresql.JSONB(), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("model", sa.Integer()),
        sa.Column("policy", sa.Integer(), nullable=False),
    )
    op.create_index("ix_ticket_route_at", "ticket_route", ["at"], postgresql_where=sa.text("no = 1"))
    op.create_table(
        "ticket_model",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("trained_at", INSTANT, nullable=False),
        sa.Column("trained_by", REFERENCE),
        sa.Column("origin", sa.Text(), nullable=False, unique=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("measure", postgresql.JSONB(), nullable=False),
    )
