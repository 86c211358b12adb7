"""Find customers among millions.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

REFERENCE = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)

ADDED = """
create function customer_search_added() returns trigger language plpgsql as $$
begin
    if (select count(*) from (select from added limit 1001) few) > 1000 then
        insert into customer_search_wanted (customer_id) values (null);
    else
        insert into customer_search_wanted (customer_id) select id from added;
    end if;
    perform pg_notify('customer_search', '');
    return null;
end $$
"""
RENAMED = """
create function customer_search_renamed() returns trigger language plpgsql as $$
begin
    insert into customer_search_wanted (customer_id) values (new.id);
    perform pg_notify('customer_search', '');
    return null;
end $$
"""
PEOPLE = """
create function customer_search_people() returns trigger language plpgsql as $$
begin
    insert into customer_search_wanted (customer_id) select distinct customer_id from rows;
    perform pg_notify('customer_search', '');
    return null;
end $$
"""
TRIGGERS = (
    """create trigger customer_search_added after insert on customer referencing new table as added
    for each statement execute function customer_search_added()""",
    """create trigger customer_search_renamed after update of name, phone on customer for each row
    when (old.name is distinct from new.name or old.phone is distinct from new.phone)
    execute function customer_search_renamed()""",
    *(
        f"""create trigger customer_search_{name} after {act} on contact referencing {table} table as rows
    for each statement execute function customer_search_people()"""
        for name, act, table in (
            ("joined", "insert", "new"), ("changed", "update", "new"), ("left", "update", "old"),
            ("gone", "delete", "old"),
        )
    ),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "customer_search",
        sa.Column("customer_id", REFERENCE, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("digits", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Integer()), nullable=False),
    )
    op.create_index("ix_customer_search_grams", "customer_search", ["grams"], postgresql_using="gin")
    op.execute("alter table customer_search alter grams set statistics 200")
    op.create_table(
        "customer_search_wanted",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("customer_id", REFERENCE),
        sa.Column("at", INSTANT, server_default=sa.func.now(), nullable=False),
    )
    op.drop_column("customer", "search")
    op.create_index(
        "ix_assignment_due", "assignment", ["due_at", "customer_id"], postgresql_where=sa.text("due_at is not null")
    )
    op.create_table(
        "customer_view",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("owner_id", REFERENCE, nullable=False),
        sa.Column("region_id", REFERENCE),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
    )
    for name in ("owner_id", "region_id"):
        op.create_index(f"ix_customer_view_{name}", "customer_view", [name])
    _export()
    for statement in (ADDED, RENAMED, PEOPLE, *TRIGGERS):
        op.execute(statement)
    op.execute("insert into customer_search_wanted (customer_id) select null where exists (select from customer)")


def _export() -> None:
    none_yet = sa.text("'{}'")
    op.create_table(
        "customer_export",
        sa.Column("id", REFERENCE, primary_key=True),
        sa.Column("by_id", REFERENCE, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("format", "language")),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("text", "filter")),
        *(
            sa.Column(name, postgresql.ARRAY(sa.Text()), server_default=none_yet, nullable=False)
            for name in ("picked", "fields", "parts")
        ),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("position", REFERENCE),
        sa.Column("size", sa.BigInteger()),
        sa.Column("created_at", INSTANT, server_default=sa.func.now(), nullable=False),
        *(sa.Column(name, INSTANT) for name in ("finished_at", "expires_at")),
    )
    op.create_index("ix_customer_export_by_id", "customer_export", ["by_id"])
