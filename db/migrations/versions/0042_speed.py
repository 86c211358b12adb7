"""Search within a region, and reminders of follow-ups that were planned.

A customer's search row holds its regions, too; what is added in bulk is noted once. The index of owners says whose
customers there are without reading their rows.

Who is noted as changed: customers that have a row already, and those that were there before this transaction, whom
somebody may be writing a row for just now. The rest are found without a row.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NOTED = """
create or replace function {name}() returns trigger language plpgsql as $$
begin
    insert into customer_search_wanted (customer_id)
    select distinct r.customer_id from rows r
    where exists (select from customer_search s where s.customer_id = r.customer_id)
        or not exists (
            select from customer c where c.id = r.customer_id and c.xmin = cast(pg_current_xact_id() as xid)
        );
    if found then
        perform pg_notify('customer_search', '');
    end if;
    return null;
end $$
"""
BEFORE = """
create or replace function customer_search_people() returns trigger language plpgsql as $$
begin
    insert into customer_search_wanted (customer_id) select distinct customer_id from rows;
    perform pg_notify('customer_search', '');
    return null;
end $$
"""
TRIGGERS = {
    "joined": "after insert on assignment referencing new table as rows for each statement",
    "gone": "after delete on assignment referencing old table as rows for each statement",
}
# A transition table tells of no single column, and most updates of a customer's place change none of these.
MOVED = """
create function customer_search_moved() returns trigger language plpgsql as $$
begin
    insert into customer_search_wanted (customer_id) values (old.customer_id), (new.customer_id);
    perform pg_notify('customer_search', '');
    return null;
end $$;
create trigger customer_search_place_moved after update of customer_id, region_id on assignment for each row
when (old.customer_id is distinct from new.customer_id or old.region_id is distinct from new.region_id)
execute function customer_search_moved()
"""


def upgrade() -> None:
    for name in ("customer_search_people", "customer_search_places"):
        op.execute(NOTED.format(name=name))
    for name, when in TRIGGERS.items():
        op.execute(f"create trigger customer_search_place_{name} {when} execute function customer_search_places()")
    op.execute(MOVED)
    op.execute("insert into customer_search_wanted (customer_id) select customer_id from customer_search")
    op.drop_index("ix_assignment_owner", "assignment")
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "due_at"], postgresql_include=["customer_id"])
    for name in ("remind_at", "reminded_at"):
        op.add_column("follow_up", sa.Column(name, sa.DateTime(timezone=True)))
    open_ = "remind_at is not null and reminded_at is null and next_done_at is null"
    op.create_index("ix_follow_up_remind", "follow_up", ["by", "remind_at"], postgresql_where=sa.text(open_))


def downgrade() -> None:
    op.drop_index("ix_follow_up_remind", "follow_up")
    for name in ("remind_at", "reminded_at"):
        op.drop_column("follow_up", name)
    op.drop_index("ix_assignment_owner", "assignment")
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "due_at"])
    for name in (*TRIGGERS, "moved"):
        op.execute(f"drop trigger customer_search_place_{name} on assignment")
    op.execute("drop function customer_search_places")
    op.execute("drop function customer_search_moved")
    op.execute(BEFORE)
