"""Keep what leads bring from every way in: campaign, interest, matches, files.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from domain.company_name import company_key, near_keys

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXTS = ("campaign", "product", "language", "industry", "size", "intent", "form_key")
COUNTS = (("touches", "1"), ("came_back", "0"))
DOCUMENTS = ("behaviour", "custom")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("lead", sa.Column(name, sa.Text(), nullable=True))
    for name, first in COUNTS:
        op.add_column("lead", sa.Column(name, sa.Integer(), server_default=first, nullable=False))
    for name in DOCUMENTS:
        op.add_column("lead", sa.Column(name, postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("lead", sa.Column("consent", postgresql.JSONB(), nullable=True))
    for table, name in (("lead", "company"), ("customer", "name")):
        _make_comparable(table, name)
    for table in ("lead", "contact"):
        for name in ("phone", "email"):
            op.create_index(f"ix_{table}_{name}", table, [name], unique=False)
    _make_touches()
    _make_uploads()
    _make_ways_in()
    op.add_column("lead_form", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("lead_form", sa.Column("design", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("lead_form", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def _make_comparable(table: str, name: str) -> None:
    op.add_column(table, sa.Column("company_key", sa.Text(), server_default="", nullable=False))
    near = postgresql.ARRAY(sa.BigInteger())
    op.add_column(table, sa.Column("near_keys", near, server_default="{}", nullable=False))
    for row_id, company in op.get_bind().execute(sa.text(f"select id, {name} from {table}")).all():  # noqa: S608 - ours
        key = company_key(company)
        op.get_bind().execute(
            sa.text(f"update {table} set company_key = :key, near_keys = :near where id = :id"),  # noqa: S608
            {"id": row_id, "key": key, "near": near_keys(key)},
        )
    op.create_index(f"ix_{table}_company_key", table, ["company_key"], unique=False)
    op.create_index(f"ix_{table}_near_keys", table, ["near_keys"], unique=False, postgresql_using="gin")


def _make_touches() -> None:
    op.create_table(
        "lead_touch",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("lead_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("utm", postgresql.JSONB(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("consent", postgresql.JSONB(), nullable=True),
        sa.Column("why", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_touch_lead_id_lead"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_touch")),
    )
    op.create_index("ix_lead_touch_lead_id", "lead_touch", ["lead_id", "no"], unique=False)


def _make_uploads() -> None:
    op.create_table(
        "lead_upload",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("headings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("mapping", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_upload")),
        sa.UniqueConstraint("by_id", "hash", name=op.f("uq_lead_upload_by_id_hash")),
    )
    op.create_table(
        "lead_upload_row",
        sa.Column("upload_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("lead_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["lead_upload.id"], name=op.f("fk_lead_upload_row_upload_id_lead_upload"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "no", name=op.f("pk_lead_upload_row")),
    )
    op.create_index(
        "ix_lead_upload_row_waiting", "lead_upload_row", ["upload_id", "no"], unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )  # fmt: skip


def _make_ways_in() -> None:
    op.create_table(
        "lead_hook",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lead_hook")),
    )
    op.create_table(
        "lead_mailbox",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_lead_mailbox")),
    )


def downgrade() -> None:
    op.drop_table("lead_mailbox")
    op.drop_table("lead_hook")
    op.drop_table("lead_upload_row")
    op.drop_table("lead_upload")
    for name in ("name", "design", "version"):
        op.drop_column("lead_form", name)
    op.drop_table("lead_touch")
    for table in ("lead", "contact"):
        for name in ("phone", "email"):
            op.drop_index(f"ix_{table}_{name}", table_name=table)
    for table in ("lead", "customer"):
        op.drop_column(table, "company_key")
        op.drop_column(table, "near_keys")
    for name in (*TEXTS, *(name for name, _ in COUNTS), *DOCUMENTS, "consent"):
        op.drop_column("lead", name)
