"""What each row of an import is, decided as sets: like an earlier one, a customer that is there, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import LiteralString

from psycopg import sql

from db.customer_import_stage import Connection, Import, matched, shared, unchecked, value
from domain.customer_import import KEYS
from domain.customer_import_columns import OWN

SMALL = 20_000
"""Up to so many rows the indexes are the quicker way to what they may be."""


class Kind(Enum):
    DOUBLE = "double"
    FOUND = "found"


@dataclass(frozen=True)
class Aside:
    """What one key tells, in a table of its own: `rows` is the query of what holds of it."""

    kind: Kind
    table: sql.Identifier
    query: sql.Composable
    rows: sql.Composable


async def match_rows(lanes: Sequence[Connection], one: Import) -> None:
    """Which rows are the same as an earlier one, and which customers the others are: decided once, in one go.

    A row is a double when any earlier row has one of its keys, also where that one is left out itself. A customer is
    found by the strongest key, then the oldest; of several rows that find the same one, the first counts. What is left
    is rejected where it lacks what a new customer must have, or has a value that only one customer may have.

    Each key is looked through by itself, beside each other on the lanes: first the file, then the customers.
    """
    if await matched(lanes[0], one):
        return
    await lanes[0].execute(_KNOWN.format(one.table))
    asides = _asides(one)
    doubles = [aside for aside in asides if aside.kind is Kind.DOUBLE]
    found = [aside for aside in asides if aside.kind is Kind.FOUND]

    async def look(connection: Connection, aside: Aside | None) -> None:
        await (_look(connection, aside) if aside else _number(connection, one))

    async def find(connection: Connection, aside: Aside | None) -> None:
        await (_look(connection, aside) if aside else _mark_doubles(connection, one, doubles))

    for lane in lanes:
        await _quick(lane, one)
    await shared(lanes, look, [None, *doubles])
    await shared(lanes, find, [None, *found])
    for lane in lanes:
        await lane.execute("reset enable_nestloop; reset max_parallel_workers_per_gather")
    await _decide(lanes[0], one, found)


async def _number(connection: Connection, one: Import) -> None:
    """So that a row is found by its number once it is known which are looked for."""
    index = sql.Identifier(f"ix_import_stage_{one.short}")
    await connection.execute(sql.SQL("create unique index if not exists {} on {} (no)").format(index, one.table))


async def drop_asides(connection: Connection, one: Import) -> None:
    for aside in _asides(one):
        await connection.execute(sql.SQL("drop table if exists {}").format(aside.table))


async def _look(connection: Connection, aside: Aside) -> None:
    """What a worker that was killed has left of it is made anew."""
    await connection.execute(sql.SQL("drop table if exists {}").format(aside.table))
    await connection.execute(sql.SQL("create unlogged table {} as {}").format(aside.table, aside.query))
    await connection.execute(sql.SQL("analyze {}").format(aside.table))


async def _quick(connection: Connection, one: Import) -> None:
    """Until it is reset. A lane has a processor of its own: what several would do for it only costs them."""
    await connection.execute("set max_parallel_workers_per_gather = 0")
    if await value(connection, _MANY.format(one.table), {"small": SMALL}):
        await connection.execute("set enable_nestloop = off")


async def _mark_doubles(connection: Connection, one: Import, asides: Sequence[Aside]) -> None:
    """They are the same, whoever asks: what a worker that was killed has marked stays."""
    async with connection.transaction():
        await connection.execute("set local random_page_cost = 1; set local enable_nestloop = on")  # all was just read
        async with unchecked(connection):
            await connection.execute(_DOUBLES.format(each=_rows(asides), **_parts(one)), {"id": one.id})


async def _decide(connection: Connection, one: Import, found: Sequence[Aside]) -> None:
    parts = _parts(one)
    async with connection.transaction():
        if await matched(connection, one):
            return
        await connection.execute("set local random_page_cost = 1")  # all of its rows have just been read
        async with unchecked(connection):
            asked = {"id": one.id, "mode": one.mode, "reach": list(one.reach or ()), "all": one.reach is None}
            await connection.execute(_FOUND.format(each=_rows(found), **parts), asked)
        await drop_asides(connection, one)
        if one.mode == "update":
            await connection.execute(_MISSING.format(**parts), {"id": one.id})
        for key in one.unique:
            await _reject_taken(connection, one, key)
        for field in one.required:
            await connection.execute(_NEEDED.format(filled=_filled(field), **parts), {"id": one.id, "field": field})
        await connection.execute(_TOLD, {"id": one.id})
    await connection.execute(_KNOWN.format(sql.Identifier("customer_import_row")))


def _parts(one: Import) -> dict[str, sql.Composable]:
    return {"table": one.table, "cells": cells_of(one)}


def _rows(asides: Sequence[Aside]) -> sql.Composed:
    return sql.SQL(" union all ").join(aside.rows for aside in asides)


def _keys(one: Import) -> list[str]:
    """Those that the file fills, the strongest first."""
    return [key for key in KEYS if key == "company_key" or key in one.mapping]


def cells_of(one: Import) -> sql.Composable:
    """A row as it was understood, a cell for each column of the file, for whoever reads why it was left out."""
    return sql.SQL("array[{}]::text[]").format(sql.SQL(", ").join(_cell(one, field) for field in one.mapping))


def _cell(one: Import, field: str) -> sql.Composable:
    if field.removeprefix(OWN) in one.others:
        return _OTHER.format(said=_filled(field))
    match field:
        case "":
            return sql.SQL("''")
        case "tags":
            return sql.SQL("coalesce(array_to_string(s.tags, ','), '')")
        case "region":
            return sql.SQL("coalesce((select u.name_zh from org_unit u where u.id = s.region_id), '')")
        case "owner":
            return sql.SQL("coalesce((select p.email from person p where p.id = s.owner_id), '')")
    return sql.SQL("coalesce({}, '')").format(_filled(field))


def _filled(field: str) -> sql.Composable:
    """The value of a column or of an own field, null where there is none."""
    if field.startswith(OWN):
        return sql.SQL("s.custom ->> {}").format(sql.Literal(field.removeprefix(OWN)))
    return sql.SQL("s.{}").format(sql.Identifier(field))


_OTHER = sql.SQL("""
    coalesce((
        select c.name from customer c where c.id = case
            when {said} ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' then cast({said} as uuid) end
    ), {said}, '')
""")
_MANY = sql.SQL("select exists (select from {} offset %(small)s)")
_KNOWN = sql.SQL("set default_statistics_target = 10; analyze {}; reset default_statistics_target")
_ALIKE = sql.SQL("""
    select s.no, f.first from {table} s
    join (select {key} as key, min(no) as first from {table} where {key} is not null group by 1 having count(*) > 1) f
        on f.key = s.{key} and f.first < s.no
""")
_DOUBLE = sql.SQL("select no, first from {aside}")
_DOUBLE_GUARDED = sql.SQL("""
    select a.no, a.first from {aside} a join {table} s on s.no = a.no join {table} o on o.no = a.first where {guard}
""")
_DOUBLES = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, other_no, cells)
    select %(id)s::uuid, no, 'double', first, {cells}
    from (select no, min(first) as first from ({each}) told group by no) d join {table} s using (no)
    on conflict do nothing
""")
_FOUND = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, customer_id, other_no, cells)
    select %(id)s::uuid, judged.no,
        case when first < judged.no then 'double' when not reached then 'elsewhere'
            when %(mode)s = 'create' then 'exists' else 'update' end,
        case when reached then customer_id end,
        case when first < judged.no then first end,
        case when first < judged.no or not reached or %(mode)s = 'create' then (
            select {cells} from {table} s where s.no = judged.no
        ) end
    from (
        select no, customer_id, min(no) over (partition by customer_id) as first,
            %(all)s or exists (
                select from assignment a
                where a.customer_id = best.customer_id and a.region_id = any(cast(%(reach)s as uuid[]))
            ) as reached
        from (select distinct on (no) no, customer_id from ({each}) told order by no, rank, customer_id) best
        where not exists (select from customer_import_row r where r.import_id = %(id)s::uuid and r.no = best.no)
    ) judged
""")
_MISSING = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, cells)
    select %(id)s::uuid, no, 'missing', {cells} from {table} s
    where no > 0 and not exists (select from customer_import_row r where r.import_id = %(id)s::uuid and r.no = s.no)
""")
_NEEDED = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, field, code, cells)
    select %(id)s::uuid, no, 'rejected', %(field)s, 'field_needed', {cells} from {table} s
    where no > 0 and {filled} is null
        and not exists (select from customer_import_row r where r.import_id = %(id)s::uuid and r.no = s.no)
""")
_TAKEN = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, field, code, cells)
    select %(id)s::uuid, no, 'rejected', %(field)s, 'field_taken', {cells}
    from (
        select said.no, r.customer_id,
            first_value(said.no) over (partition by lower({said}) order by said.no) as first, lower({said}) as value
        from {table} said
        left join customer_import_row r on r.import_id = %(id)s::uuid and r.no = said.no
        where {said} is not null and (r.no is null or r.verdict = 'update')
    ) held
    join {table} s using (no)
    left join customer_unique u on u.field = %(key)s and u.value = held.value
    where held.first < no or u.customer_id <> held.customer_id or (u.field is not null and held.customer_id is null)
    on conflict (import_id, no) do update
        set verdict = 'rejected', field = excluded.field, code = excluded.code, cells = excluded.cells
""")
_TOLD: LiteralString = """
    update customer_import i
    set matched_at = now(), doubled = told.doubled, left_out = told.left_out, rejected = told.rejected
    from (
        select count(*) filter (where verdict = 'double') as doubled,
            count(*) filter (where verdict in ('exists', 'missing', 'elsewhere')) as left_out,
            count(*) filter (where verdict = 'rejected') as rejected
        from customer_import_row where import_id = %(id)s::uuid
    ) told
    where i.id = %(id)s::uuid
"""


async def _reject_taken(connection: Connection, one: Import, key: str) -> None:
    said = sql.SQL("(said.custom ->> {})").format(sql.Literal(key))
    query = _TAKEN.format(table=one.table, cells=cells_of(one), said=said)
    await connection.execute(query, {"id": one.id, "key": key, "field": OWN + key})


def _guard(key: str, other: LiteralString) -> sql.Composable:
    """A weaker key than the tax number does not make one of two that have different tax numbers, nor a name of two in
    different cities: the key of a name leaves out the place it begins with."""
    alike: LiteralString = "(s.tax_number is null or {o}.tax_number is null or s.tax_number = {o}.tax_number)"
    if key == "company_key":
        alike += " and (s.city is null or {o}.city is null or rtrim(s.city, '市') = rtrim({o}.city, '市'))"
    return sql.SQL(alike).format(o=sql.SQL(other))


def _asides(one: Import) -> list[Aside]:
    """The dear ones first, so that the lanes end together."""
    each: list[Aside] = []
    for key in reversed(_keys(one)):
        rank = KEYS.index(key) * 2
        each.append(_aside(one, Kind.FOUND, _FINDS, key, rank))
        if key in ("phone", "email"):
            each.append(_aside(one, Kind.FOUND, _FINDS_CONTACT, key, rank + 1))
        each.append(_aside(one, Kind.DOUBLE, _ALIKE, key, rank))
    return each


def _aside(one: Import, kind: Kind, query: sql.SQL, key: str, rank: int) -> Aside:
    """How a row may find an earlier one, or a customer, also by a contact's number: the lower the rank, the surer."""
    table = sql.Identifier(f"import_{kind.value}_{rank}_{one.short}")
    parts = {"table": one.table, "key": sql.Identifier(key)}
    surest = key == "tax_number"
    if kind is Kind.DOUBLE:
        double = _DOUBLE if surest else _DOUBLE_GUARDED
        return Aside(kind, table, query.format(**parts), double.format(aside=table, guard=_guard(key, "o"), **parts))
    rows = sql.SQL("select no, customer_id, {} as rank from {}").format(sql.Literal(rank), table)
    guard = sql.SQL("true") if surest else _guard(key, "c")
    same = _SAME_PHONE if key == "phone" else _SAME.format(**parts)
    return Aside(kind, table, query.format(guard=guard, same=same, **parts), rows)


_SAME = sql.SQL("c.{key} = s.{key}")
_SAME_PHONE = sql.SQL("hashtextextended(c.phone, 0) = hashtextextended(s.phone, 0) and (c.phone = s.phone) is true")
"""As its index has it; the second part is only looked at where the first holds."""
_FINDS = sql.SQL("""
    select s.no, coalesce(c.merged_into, c.id) as customer_id
    from {table} s join customer c on {same}
    where {guard}
""")
_FINDS_CONTACT = sql.SQL("""
    select s.no, coalesce(c.merged_into, c.id) as customer_id
    from {table} s join contact k on k.{key} = s.{key} join customer c on c.id = k.customer_id
    where {guard}
""")
