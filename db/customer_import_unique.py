"""Values that only one customer may have, while an import is merged: of a field that became unique since it began, and
those that somebody took since its rows were compared."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import sql

from db.customer_import_match import cells_of
from db.customer_import_stage import Connection, Import, value
from domain.customer_import_columns import OWN

_UNIQUE: LiteralString = """
    select coalesce(array_agg(f ->> 'key' order by f ->> 'key'), '{}')
    from (
        select document from policy
        where kind = 'customer_field' and (valid_from is null or valid_from <= clock_timestamp())
        order by version desc limit 1
    ) p, jsonb_array_elements(document -> 'fields') f
    where (f ->> 'unique')::boolean and f ->> 'key' = any(%s)
"""
_LATE = sql.SQL("""
    with late as (
        select s.no, c.id from {table} s
        join customer c on c.id = s.id
        join customer_unique u on u.field = %(key)s::text and u.value = lower(s.custom ->> %(key)s::text)
        where s.no between %(first)s and %(last)s and u.customer_id <> c.id
    ), told as (
        insert into customer_import_row (import_id, no, verdict, field, code, cells)
        select %(id)s::uuid, no, 'rejected', %(field)s, 'field_taken', {cells} from late join {table} s using (no)
    )
    delete from customer c using late where c.id = late.id
""")
_KEPT: LiteralString = """
    with late as (
        select r.no, c.id, r.before -> 'custom' -> %(key)s::text as old from customer_import_row r
        join customer c on c.id = r.customer_id
        join customer_unique u on u.field = %(key)s::text and u.value = lower(c.custom ->> %(key)s::text)
        where r.import_id = %(id)s::uuid and r.no between %(first)s and %(last)s and r.verdict = 'update'
            and r.before is not null and u.customer_id <> c.id
    ), told as (
        update customer_import_row r
        set after = jsonb_set(after, array['custom', %(key)s::text], coalesce(old, 'null')), field = %(field)s,
            code = 'field_taken'
        from late where r.import_id = %(id)s::uuid and r.no = late.no
    ), again as (
        insert into customer_unique (field, value, customer_id)
        select %(key)s::text, lower(old #>> '{}'), id from late where old is not null on conflict do nothing
    )
    update customer c set custom = c.custom - %(key)s::text || case when old is null then '{}' else
        jsonb_build_object(%(key)s::text, old) end
    from late where c.id = late.id
"""


async def unique_now(connection: Connection, one: Import) -> list[str]:
    """Of the own fields that the file fills. Who makes another one unique waits from now on until the transaction
    ends (`db.customer_field.fill_unique`), or is waited for."""
    own = [field.removeprefix(OWN) for field in one.mapping if field.startswith(OWN)]
    if not own:
        return []
    await connection.execute("lock table customer in row exclusive mode")
    return list(await value(connection, _UNIQUE, own))


async def reject_late(connection: Connection, one: Import, span: dict[str, Any]) -> int:
    """Takes back the customers of this batch whose value another one has, and says so in the report; how many. A
    customer that was there keeps the value it had."""
    rejected = 0
    late = _LATE.format(table=one.table, cells=cells_of(one))
    for key in span["unique"]:
        asked = {**span, "key": key, "field": OWN + key}
        rejected += (await connection.execute(late, asked)).rowcount
        await connection.execute(_KEPT, asked)
    return rejected
