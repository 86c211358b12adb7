"""Keep what a signed contract obliges to, and the links its other party signs by.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column("signing", sa.Column("sheet", sa.Text()))
    op.add_column("signing", sa.Column("invitation_id", REFERENCE))
    op.create_table(
        "signing_invitation",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("signing_id", REFERENCE, nullable=False),
        sa.Column("contact_id", REFERENCE, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("opened_at", INSTANT),
        sa.Column("code_no", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("code_tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("code_sent_at", INSTANT),
    )
    op.create_index("ix_signing_invitation_signing_id", "signing_invitation", ["signing_id"])
    op.create_table(
        "signing_answer",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("signing_id", REFERENCE, nullable=False),
        sa.Column("invitation_id", REFERENCE, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("method", sa.Text()),
        sa.Column("mark", sa.Text()),
        sa.Column("seal", sa.Text()),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW),
    )
    op.create_index("ix_signing_answer_signing_id", "signing_answer", ["signing_id"])
