"""The other customers that an import's rows name in a company's own fields (a parent company, a dealer): by number,
exact name or id, among those in the regions that whoever imports reaches. All of a field at once, as a set."""

from __future__ import annotations

from typing import LiteralString

from psycopg import sql

from db.customer_import_match import cells_of
from db.customer_import_stage import Connection, Import, marked
from domain.customer_import_columns import OWN

UNKNOWN = "import_customer_unknown"


async def find_others(connection: Connection, one: Import) -> None:
    """Puts the ids in place of what the rows say; a row that names none, or more than one, is rejected. Once for the
    rows that were read: with the mark of it, which goes where they are read anew."""
    if not one.others:
        return
    async with connection.transaction():
        if not await marked(connection, one, "other", 0):
            return
        for key in one.others:
            await _find(connection, one, key)


async def _find(connection: Connection, one: Import, key: str) -> None:
    found = sql.Identifier(f"import_other_{one.short}")
    parts = {"table": one.table, "found": found, "key": sql.Literal(key)}
    asked = {"all": one.reach is None, "reach": list(one.reach or ())}
    await connection.execute(sql.SQL(_FOUND).format(**parts), asked)
    await connection.execute(sql.SQL("analyze {}").format(found))
    told = {"id": one.id, "field": OWN + key, "code": UNKNOWN}
    cursor = await connection.execute(sql.SQL(_REJECTED).format(cells=cells_of(one), **parts), told)
    rejected = "update customer_import set rejected = rejected + %s where id = %s"
    await connection.execute(rejected, [cursor.rowcount, one.id])
    await connection.execute(sql.SQL(_PUT).format(**parts))
    await connection.execute(sql.SQL("drop table {}").format(found))


_FOUND: LiteralString = """
    create temporary table {found} on commit drop as
    with said as materialized (
        select said, case when said ~ '^#?[0-9]{{1,17}}$' then cast(ltrim(said, '#') as bigint) end as number,
            case when said ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' then cast(said as uuid) end as id
        from (select distinct custom ->> {key} as said from {table} where custom ->> {key} is not null) cells
    ), called as (
        select said, coalesce(c.merged_into, c.id) as id from said join customer c on c.number = said.number
        union select said, coalesce(c.merged_into, c.id) from said join customer c on c.id = said.id
        union select said, coalesce(c.merged_into, c.id) from said join customer c on c.name = said.said
        where said.number is null and said.id is null
    )
    select said, cast(min(cast(id as text)) as uuid) as id from called
    where %(all)s or exists (
        select from assignment a where a.customer_id = called.id and a.region_id = any(cast(%(reach)s as uuid[]))
    )
    group by said having count(*) = 1
"""
_REJECTED: LiteralString = """
    with gone as (
        delete from {table} g
        where g.custom ->> {key} is not null and not exists (select from {found} f where f.said = g.custom ->> {key})
        returning g.*
    )
    insert into customer_import_row (import_id, no, verdict, field, code, cells)
    select %(id)s::uuid, s.no, 'rejected', %(field)s, %(code)s, {cells} from gone s
    on conflict (import_id, no) do nothing
"""
_PUT: LiteralString = """
    update {table} s set custom = jsonb_set(s.custom, array[{key}], to_jsonb(cast(f.id as text)))
    from {found} f where f.said = s.custom ->> {key}
"""
