"""Takes an import back: customers it made leave, unless something hangs on them by now; what it changed is put back."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from db.base import Base
from db.customer_import_merge import MERGED
from db.customer_import_stage import Connection, Import, marked

OURS = frozenset({
    "allocation_row", "customer", "contact", "assignment", "assignment_change", "customer_act_refusal",
    "customer_import_row", "customer_search", "customer_search_wanted", "customer_tier_hint", "customer_unique",
})  # fmt: skip
"""Tables in which a customer is mentioned that nobody has touched: a plan that was only looked at and an act that was
refused name it, too. Whom an allocation gave it to stands in `assignment_change`."""


async def undo_batch(connection: Connection, one: Import, no: int, first: int, last: int) -> None:
    async with connection.transaction():
        if not await marked(connection, one, "undo", no):
            return
        span = {
            "id": one.id, "from": one.first_id(first), "to": one.first_id(last), "first": first, "last": last,
            "contact": one.prefix(1), "contact_from": one.first_id(first, 1), "contact_to": one.first_id(last, 1),
        }  # fmt: skip
        # A table that an import just filled is found small by whoever plans, and would be read whole for each customer.
        await connection.execute("set local enable_seqscan = off")
        removed = await _count(connection, _REMOVE.format(used=_used()), span)
        kept = await _count(connection, _KEPT, span)
        restored, left = await _restore(connection, span)
        for query in (_UNCLAIM, _CLAIM) if one.unique else ():
            await connection.execute(query, span | {"unique": list(one.unique)})
        await connection.execute(_PARTED, span)
        await connection.execute(
            "delete from contact where id between %(contact_from)s::uuid and %(contact_to)s::uuid and customer_id in"
            " (select customer_id from customer_import_row where import_id = %(id)s::uuid and no between %(first)s and"
            " %(last)s and verdict = 'update')",
            span,
        )
        await connection.execute(
            "update customer_import set undone = undone + %s, kept = kept + %s where id = %s",
            [removed + restored, kept + left, one.id],
        )


def _used() -> sql.Composable:
    """Everything that refers to customers, whatever is added to the product one day."""
    named = [
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        if table.name not in OURS
        for column in table.c
        if column.name == "customer_id"
    ]
    parts = [
        sql.SQL("exists (select from {} x where x.{} = c.id)").format(sql.Identifier(table), sql.Identifier(column))
        for table, column in named
    ]
    return sql.SQL(" or ").join(parts)


_REMOVE = sql.SQL("""
    with candidate as (
        select c.id from customer c
        where c.id between %(from)s::uuid and %(to)s::uuid and c.import_id = %(id)s::uuid
        for update
    ), gone as (
        delete from customer c using candidate
        where c.id = candidate.id and c.merged_into is null and c.updated_at = c.created_at
            and not ({used})
            and not exists (select from customer x where x.merged_into = c.id)
            and not exists (
                select from assignment_change h where h.customer_id = c.id and h.run_id is distinct from %(id)s::uuid
            )
            and not exists (select from assignment a where a.customer_id = c.id and a.how not in ('imported', 'rule'))
            and not exists (
                select from contact k
                where k.customer_id = c.id and k.id not between %(contact_from)s::uuid and %(contact_to)s::uuid
            )
        returning 1
    )
    select count(*) from gone
""")
_PARTED = """
    update contact set same_as = null, given = null
    where same_as between %(contact_from)s::uuid and %(contact_to)s::uuid
"""
_KEPT = """
    with left_over as (
        insert into customer_import_row (import_id, no, verdict, customer_id, code)
        select import_id, ('x' || right(cast(id as text), 8))::bit(32)::int, 'kept', id, 'import_kept_used'
        from customer where id between %(from)s::uuid and %(to)s::uuid and import_id = %(id)s::uuid
        on conflict (import_id, no) do nothing
        returning 1
    )
    select count(*) from left_over
"""


_UNCLAIM = """
    delete from customer_unique u using customer_import_row r, customer c
    where r.import_id = %(id)s::uuid and r.no between %(first)s and %(last)s and r.before is not null
        and c.id = r.customer_id and u.customer_id = c.id and u.field = any(%(unique)s::text[])
        and lower(c.custom ->> u.field) is distinct from u.value
"""
_CLAIM = """
    insert into customer_unique (field, value, customer_id)
    select key, lower(c.custom ->> key), c.id
    from customer_import_row r join customer c on c.id = r.customer_id cross join unnest(%(unique)s::text[]) key
    where r.import_id = %(id)s::uuid and r.no between %(first)s and %(last)s and r.before is not null
        and c.custom ->> key is not null
    on conflict do nothing
"""


async def _count(connection: Connection, query: Any, span: dict[str, Any]) -> int:
    row = await (await connection.execute(query, span)).fetchone()
    return int(row[0]) if row else 0


async def _restore(connection: Connection, span: dict[str, Any]) -> tuple[int, int]:
    """Column by column: what is as the import wrote it becomes what it was; the rest is left, and told."""
    setting = sql.SQL(", ").join(_restored(name) for name in MERGED)
    same = sql.SQL(" and ").join(_as_written(name) for name in MERGED)
    query = sql.SQL("""
        with d as materialized (
            select r.no, c.id, r.before as b, r.after as a, {same} as same
            from customer_import_row r join customer c on c.id = r.customer_id
            where r.import_id = %(id)s::uuid and r.no between %(first)s and %(last)s and r.verdict = 'update'
                and r.before is not null
            for update of c
        ), restored as (
            update customer c set {setting}, updated_at = now() from d where d.id = c.id returning 1
        ), told as (
            update customer_import_row r
            set verdict = case when d.same then 'restored' else 'kept' end,
                code = case when d.same then null else 'import_kept_changed' end
            from d where r.import_id = %(id)s::uuid and r.no = d.no
        )
        select count(*) filter (where same), count(*) filter (where not same) from d
    """).format(setting=setting, same=same)
    row = await (await connection.execute(query, span)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _as_written(name: str) -> sql.Composable:
    """Whether the column is as the import left it; one that it did not touch is."""
    return sql.SQL("(not r.after ? {key} or coalesce(to_jsonb(c.{column}), 'null') = r.after -> {key})").format(
        key=sql.Literal(name), column=sql.Identifier(name)
    )


def _restored(name: str) -> sql.Composable:
    key, column = sql.Literal(name), sql.Identifier(name)
    match name:
        case "tags":
            value = sql.SQL("array(select jsonb_array_elements_text(d.b -> {key}))").format(key=key)
        case "custom":
            value = sql.SQL("d.b -> {key}").format(key=key)
        case _:
            value = sql.SQL("d.b ->> {key}").format(key=key)
    return sql.SQL(
        "{column} = case when d.a ? {key} and coalesce(to_jsonb(c.{column}), 'null') = d.a -> {key}"
        " then {value} else c.{column} end"
    ).format(column=column, key=key, value=value)
