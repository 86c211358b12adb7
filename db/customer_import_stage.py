"""The rows of an import between its file and the customers: kept by COPY, compared as sets, merged in batches.

Works on a connection of its own (psycopg), whose statements may take minutes. What has to hold after a kill is written
in the same transaction as what it counts: rows read with their number, a batch with its mark. The table of rows is
UNLOGGED: a crash of PostgreSQL empties it, its first row (number 0) is then missing, and it is read anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, sql

from db.customer import Customer
from domain.customer_import import KEYS
from domain.customer_import_rows import STAGED, staged_columns

Connection = AsyncConnection[tuple[Any, ...]]
SMALL = 20_000
"""Up to so many rows the indexes are the quicker way to what they may be."""
MERGED = (
    "tax_number", "phone", "email", "domain", "industry", "province", "city", "address", "source", "tags", "custom",
)  # fmt: skip
"""Columns of a customer that an update fills; the name stays what people know it by."""


@dataclass(frozen=True)
class Import:
    """An import as its rows are merged. `reach`: ids of the regions whose customers it may change; None: of all."""

    id: str
    created_at: datetime
    by_id: str
    mode: str
    region_id: str
    owner_id: str | None
    pool: str | None
    mapping: Sequence[str]
    reach: Sequence[str] | None

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(f"import_stage_{self.id.replace('-', '')}")

    def prefix(self, kind: int) -> str:
        """What the ids of its customers (0) and contacts (1) begin with; the row's number is the rest.

        So each row has one id, whoever merges it and however often, and they come in order: UUIDv7 of the import.
        """
        millis = int(self.created_at.timestamp() * 1000) & ((1 << 48) - 1)
        own = UUID(self.id).int
        text = f"{millis:012x}7{(own >> 50) & 0xFFE | kind:03x}{0x8000 | own & 0x3FFF:04x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-"

    def first_id(self, no: int, kind: int = 0) -> str:
        return f"{self.prefix(kind)}{no:012x}"


async def open_connection(url: str) -> Connection:
    connection = await AsyncConnection.connect(url, connect_timeout=5, autocommit=True)
    await connection.execute(
        "set statement_timeout = 0; set client_connection_check_interval = '2s'; set work_mem = '128MB';"
        " set maintenance_work_mem = '256MB'; set timezone = 'UTC'"
    )
    return connection


# --- rows into the table ---------------------------------------------------------------------------------------------


async def prepare(connection: Connection, one: Import) -> set[int]:
    """The stretches of the file that are kept already."""
    async with connection.transaction():
        columns = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_type(c))) for c in STAGED]
        await connection.execute(
            sql.SQL("create unlogged table if not exists {} (no integer, {})").format(
                one.table, sql.SQL(", ").join(columns)
            )
        )
        if not await _value(connection, sql.SQL("select exists (select from {} where no = 0)").format(one.table)):
            await _begin_anew(connection, one)
    return await batches_done(connection, one, "read")


async def _begin_anew(connection: Connection, one: Import) -> None:
    """What has been matched stays as it is: it is read anew only to be merged."""
    await connection.execute(sql.SQL("truncate {}").format(one.table))
    await connection.execute(sql.SQL("insert into {} (no) values (0)").format(one.table))
    await connection.execute("delete from customer_import_batch where import_id = %s and kind = 'read'", [one.id])
    if not await matched(connection, one):
        await connection.execute("delete from customer_import_row where import_id = %s", [one.id])
        await connection.execute("update customer_import set rejected = 0 where id = %s", [one.id])
    await connection.execute("update customer_import set read = 0 where id = %s", [one.id])


def _type(column: str) -> LiteralString:
    match column:
        case "tags":
            return "text[]"
        case "custom":
            return "jsonb"
        case "region_id" | "owner_id":
            return "uuid"
        case _:
            return "text"


async def matched(connection: Connection, one: Import) -> bool:
    return bool(await _value(connection, "select matched_at is not null from customer_import where id = %s", one.id))


async def keep_rows(
    connection: Connection, one: Import, no: int, count: int, rows: bytes, rejected: bytes, bad: int
) -> None:
    """The `no`th stretch of the file, of `count` rows, in COPY's text format. Once more, it finds the mark."""
    known = await matched(connection, one)  # read anew after a crash: what is rejected is known already
    async with connection.transaction(), connection.cursor() as cursor:
        if not await marked(connection, one, "read", no):
            return
        if rows:
            into = sql.SQL("copy {} ({}) from stdin with (null '')")
            columns = sql.SQL(", ").join(map(sql.Identifier, ("no", *staged_columns(one.mapping))))
            async with cursor.copy(into.format(one.table, columns)) as copy:
                await copy.write(rows)
        if rejected and not known:
            async with cursor.copy(
                "copy customer_import_row (import_id, no, verdict, field, code, cells) from stdin with (null '')"
            ) as copy:
                await copy.write(rejected)
        await cursor.execute(
            "update customer_import set read = read + %s, rejected = rejected + %s where id = %s",
            [count, 0 if known else bad, one.id],
        )


# --- what each row is ------------------------------------------------------------------------------------------------


async def match_rows(connection: Connection, one: Import) -> None:
    """Which rows are the same as an earlier one, and which customers the others are: decided once, in one go.

    A row is a double when any earlier row has one of its keys, also where that one is left out itself. A customer is
    found by the strongest key, then the oldest; of several rows that find the same one, the first counts.
    """
    async with connection.transaction():
        if await matched(connection, one):
            return
        await connection.execute(sql.SQL("create unique index if not exists {} on {} (no)").format(
            sql.Identifier(f"ix_import_stage_{one.id.replace('-', '')}"), one.table
        ))  # fmt: skip
        await connection.execute(sql.SQL("analyze {}").format(one.table))
        rows = int(await _value(connection, sql.SQL("select count(*) from {}").format(one.table)))
        if rows > SMALL:
            await connection.execute("set local enable_nestloop = off")
        await connection.execute("set local max_parallel_workers_per_gather = 2")
        each = [_DOUBLE.format(table=one.table, key=sql.Identifier(key), guard=_guard(key, "o")) for key in KEYS]
        await _set_aside(connection, one, "import_double", each)
        await connection.execute(_DOUBLES.format(each=_aside(one, "import_double")), {"id": one.id})
        await _set_aside(connection, one, "import_found", _ways(one))
        await connection.execute(
            _FOUND.format(each=_aside(one, "import_found")),
            {"id": one.id, "mode": one.mode, "reach": list(one.reach or ()), "all": one.reach is None},
        )
        for name in ("import_double", "import_found"):
            await connection.execute(sql.SQL("drop table {}").format(_aside(one, name)))
        if one.mode == "update":
            await connection.execute(_MISSING.format(table=one.table), {"id": one.id})
        await connection.execute(_TOLD, {"id": one.id})
    await connection.execute("analyze customer_import_row")


async def _set_aside(connection: Connection, one: Import, name: str, each: Sequence[sql.Composable]) -> None:
    """In a table of its own, since a query that only makes a table may use several processors."""
    query = sql.SQL("create unlogged table {} as {}").format(_aside(one, name), sql.SQL(" union all ").join(each))
    await connection.execute(query)
    await connection.execute(sql.SQL("analyze {}").format(_aside(one, name)))


def _aside(one: Import, name: str) -> sql.Identifier:
    return sql.Identifier(f"{name}_{one.id.replace('-', '')}")


_DOUBLE = sql.SQL("""
    select s.no, f.first from {table} s
    join (select {key} as key, min(no) as first from {table} where {key} is not null group by 1 having count(*) > 1) f
        on f.key = s.{key} and f.first < s.no
    join {table} o on o.no = f.first
    where {guard}
""")
_DOUBLES = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, other_no)
    select %(id)s::uuid, no, 'double', min(first) from {each} group by no
""")
_FOUND = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict, customer_id, other_no)
    select %(id)s::uuid, no,
        case when first < no then 'double' when not reached then 'elsewhere' when %(mode)s = 'create' then 'exists'
            else 'update' end,
        case when reached then customer_id end,
        case when first < no then first end
    from (
        select no, customer_id, min(no) over (partition by customer_id) as first,
            %(all)s or exists (
                select from assignment a
                where a.customer_id = best.customer_id and a.region_id = any(cast(%(reach)s as uuid[]))
            ) as reached
        from (select distinct on (no) no, customer_id from {each} order by no, rank, customer_id) best
        where not exists (select from customer_import_row r where r.import_id = %(id)s::uuid and r.no = best.no)
    ) judged
""")
_MISSING = sql.SQL("""
    insert into customer_import_row (import_id, no, verdict)
    select %(id)s::uuid, no, 'missing' from {table} s
    where no > 0 and not exists (select from customer_import_row r where r.import_id = %(id)s::uuid and r.no = s.no)
""")
_TOLD: LiteralString = """
    update customer_import i set matched_at = now(), doubled = told.doubled, left_out = told.left_out
    from (
        select count(*) filter (where verdict = 'double') as doubled,
            count(*) filter (where verdict in ('exists', 'missing', 'elsewhere')) as left_out
        from customer_import_row where import_id = %(id)s::uuid
    ) told
    where i.id = %(id)s::uuid
"""


def _guard(key: str, other: LiteralString) -> sql.Composable:
    """A weaker key does not make one of two that have different tax numbers."""
    if key == "tax_number":
        return sql.SQL("true")
    return sql.SQL("(s.tax_number is null or {o}.tax_number is null or s.tax_number = {o}.tax_number)").format(
        o=sql.SQL(other)
    )


def _ways(one: Import) -> list[sql.Composable]:
    """How a row may find its customer, the strongest first; by a contact's number, too."""
    ways: list[sql.Composable] = []
    own = sql.SQL("""
        select s.no, coalesce(c.merged_into, c.id) as customer_id, {rank} as rank
        from {table} s join customer c on c.{key} = s.{key}
        where c.import_id is distinct from {id} and {guard}
    """)
    contact = sql.SQL("""
        select s.no, coalesce(c.merged_into, c.id), {rank}
        from {table} s join contact k on k.{key} = s.{key} join customer c on c.id = k.customer_id
        where c.import_id is distinct from {id} and {guard}
    """)
    for rank, key in enumerate(KEYS):
        parts = {
            "table": one.table, "key": sql.Identifier(key), "id": sql.Literal(UUID(one.id)), "guard": _guard(key, "c"),
        }  # fmt: skip
        ways.append(own.format(rank=sql.Literal(rank * 2), **parts))
        if key in ("phone", "email"):
            ways.append(contact.format(rank=sql.Literal(rank * 2 + 1), **parts))
    return ways


# --- rows into customers ---------------------------------------------------------------------------------------------


async def merge_batch(connection: Connection, one: Import, no: int, first: int, last: int) -> None:
    """Rows `first` to `last`, with the mark that they are merged. Once more, it finds the mark."""
    async with connection.transaction():
        if not await marked(connection, one, "merge", no):
            return
        span = {
            "id": one.id, "first": first, "last": last, "region": one.region_id, "owner": one.owner_id,
            "pool": one.pool, "by": one.by_id, "customer": one.prefix(0), "contact": one.prefix(1),
        }  # fmt: skip
        created = await _value(
            connection, _MERGE.format(table=one.table, more=_more(), more_values=_more_values()), span
        )
        updated = unchanged = 0
        if one.mode != "create":
            cursor = await connection.execute(_update(one), span)
            updated, unchanged = await cursor.fetchone() or (0, 0)
            if any(field.startswith("contact") for field in one.mapping):
                await connection.execute(_CONTACTS.format(table=one.table), span)
        await connection.execute(
            "update customer_import set merged = greatest(merged, %s), created = created + %s, updated = updated + %s,"
            " unchanged = unchanged + %s where id = %s",
            [last, created, updated, unchanged, one.id],
        )


async def marked(connection: Connection, one: Import, kind: str, no: int) -> bool:
    """Whether this transaction is the one that does the batch. Another that is at it is waited for."""
    cursor = await connection.execute(
        "insert into customer_import_batch (import_id, kind, no) values (%s, %s, %s) on conflict do nothing",
        [one.id, kind, no],
    )
    return cursor.rowcount == 1


async def batches_done(connection: Connection, one: Import, kind: str) -> set[int]:
    async with connection.transaction():
        cursor = await connection.execute(
            "select no from customer_import_batch where import_id = %s and kind = %s", [one.id, kind]
        )
        return {no for (no,) in await cursor.fetchall()}


def _more() -> sql.Composable:
    """Columns that follow a customer's name by themselves, and are filled later: by whoever fills the search."""
    there = [name for name in ("near_keys", "search") if name in Customer.__table__.c]
    return sql.SQL("").join(sql.SQL(", ") + sql.Identifier(name) for name in there)


def _more_values() -> sql.Composable:
    values: dict[str, LiteralString] = {"near_keys": ", '{{}}'::bigint[]", "search": ", ''"}
    return sql.SQL("").join(
        sql.SQL(value.replace("{{}}", "{}")) for name, value in values.items() if name in Customer.__table__.c
    )


_MERGE = sql.SQL("""
    with fresh as materialized (
        select s.*, cast(%(customer)s || lpad(to_hex(s.no), 12, '0') as uuid) as id,
            coalesce(s.region_id, %(region)s::uuid) as region,
            coalesce(s.owner_id, case when coalesce(s.region_id, %(region)s::uuid) = %(region)s::uuid
                then %(owner)s::uuid end) as owner
        from {table} s
        left join customer_import_row r on r.import_id = %(id)s::uuid and r.no = s.no
        where s.no between %(first)s and %(last)s and r.no is null
        order by s.no
    ), made as (
        insert into customer (
            id, name, company_key, tax_number, phone, email, domain, industry, province, city, address, source, tags,
            custom, import_id{more}
        )
        select id, name, coalesce(company_key, ''), tax_number, phone, email, domain, industry, province, city, address,
            source, coalesce(tags, '{{}}'), coalesce(custom, '{{}}'), %(id)s::uuid{more_values}
        from fresh
    ), placed as (
        insert into assignment (customer_id, region_id, owner_id, pool, tier, since, how)
        select id, region, owner, %(pool)s, coalesce(tier, 'C'), now(), 'imported' from fresh
    ), told as (
        insert into assignment_change (customer_id, region_id, to_id, pool, tier, how, at, by, run_id)
        select id, region, owner, %(pool)s, coalesce(tier, 'C'), 'imported', now(), %(by)s::uuid, %(id)s::uuid
        from fresh
    ), people as (
        insert into contact (id, customer_id, name, phone, email, title)
        select cast(%(contact)s || lpad(to_hex(no), 12, '0') as uuid), id,
            coalesce(contact_name, contact_email, contact_phone), contact_phone, contact_email, contact_title
        from fresh where coalesce(contact_name, contact_email, contact_phone) is not null
    )
    select count(*) from fresh
""")
_CONTACTS = sql.SQL("""
    insert into contact (id, customer_id, name, phone, email, title)
    select cast(%(contact)s || lpad(to_hex(s.no), 12, '0') as uuid), r.customer_id,
        coalesce(contact_name, contact_email, contact_phone), contact_phone, contact_email, contact_title
    from {table} s join customer_import_row r on r.import_id = %(id)s::uuid and r.no = s.no and r.verdict = 'update'
    where s.no between %(first)s and %(last)s and coalesce(contact_name, contact_email, contact_phone) is not null
        and not exists (
            select from contact k
            where k.customer_id = r.customer_id
                and (k.phone = s.contact_phone or k.email = s.contact_email or k.name = s.contact_name)
        )
""")


def _update(one: Import) -> sql.Composed:
    """Fills what the file says and leaves the rest; what was there, and is there now, stands with the row."""
    said = [name for name in MERGED if name in one.mapping or (name == "custom" and any("." in f for f in one.mapping))]
    new: dict[str, sql.Composable] = {
        name: sql.SQL("coalesce(s.{0}, c.{0})").format(sql.Identifier(name)) for name in said
    }
    if "tags" in new:
        new["tags"] = sql.SQL(
            "array(select distinct t from unnest(c.tags || coalesce(s.tags, '{{}}')) t order by t)"
        ).format()
    if "custom" in new:
        new["custom"] = sql.SQL("c.custom || coalesce(s.custom, '{{}}')").format()
    pairs = {
        "old": sql.SQL(", ").join(sql.SQL("{}, c.{}").format(sql.Literal(n), sql.Identifier(n)) for n in said),
        "new": sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(n), v) for n, v in new.items()),
    }
    filled = [sql.SQL("{0} = d.{0}").format(sql.Identifier(name)) for name in said]
    setting = sql.SQL(", ").join([*filled, sql.SQL("updated_at = now()")])
    values = sql.SQL("").join(sql.SQL(", {} as {}").format(v, sql.Identifier(n)) for n, v in new.items())
    return sql.SQL("""
        with d as materialized (
            select s.no, c.id, jsonb_build_object({old}) as before, jsonb_build_object({new}) as after{values}
            from {table} s
            join customer_import_row r on r.import_id = %(id)s::uuid and r.no = s.no and r.verdict = 'update'
            join customer c on c.id = r.customer_id
            where s.no between %(first)s and %(last)s
            for update of c
        ), changed as (
            update customer c set {setting} from d where c.id = d.id and d.before <> d.after
            returning 1
        ), told as (
            update customer_import_row r set before = d.before, after = d.after
            from d where r.import_id = %(id)s::uuid and r.no = d.no and d.before <> d.after
        )
        select (select count(*) from changed), (select count(*) from d where before = after)
    """).format(table=one.table, setting=setting, values=values, **pairs)


async def owners_given(connection: Connection, one: Import) -> list[str]:
    """Whose customers some of its rows are by now."""
    if await _value(connection, "select to_regclass(%s)", one.table.as_string(connection).strip('"')) is None:
        return []
    cursor = await connection.execute(
        sql.SQL("select distinct owner_id::text from {} where owner_id is not null").format(one.table)
    )
    return sorted({owner for (owner,) in await cursor.fetchall()} | ({one.owner_id} if one.owner_id else set()))


async def drop(connection: Connection, one: Import) -> None:
    async with connection.transaction():
        await connection.execute(sql.SQL("drop table if exists {}").format(one.table))


async def _value(connection: Connection, query: Any, *values: Any) -> Any:
    given: Any = values[0] if values and isinstance(values[0], dict) else values
    row = await (await connection.execute(query, given or None)).fetchone()
    return row[0] if row else None
