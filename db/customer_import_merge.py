"""The rows of an import become customers: a batch in one transaction with the mark that it is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from db.customer_import_stage import Connection, Import, marked, unchecked
from db.customer_import_unique import reject_late, unique_now

MERGED = (
    "tax_number", "phone", "email", "domain", "industry", "province", "city", "address", "source", "tags", "custom",
)  # fmt: skip
"""Columns of a customer that an update fills; the name stays what people know it by."""


async def merge_batch(connection: Connection, one: Import, no: int, first: int, last: int) -> None:
    """Rows `first` to `last`, with the mark that they are merged. Once more, it finds the mark."""
    async with connection.transaction():
        if not await marked(connection, one, "merge", no):
            return
        unique = await unique_now(connection, one)
        span = {
            "id": one.id, "first": first, "last": last, "region": one.region_id, "owner": one.owner_id,
            "pool": one.pool, "contact": one.prefix(1), "rule": one.target == "rule", "unique": unique,
            "kind": one.kind, "lines": Jsonb(one.lines), "line": one.line,
        }  # fmt: skip
        async with unchecked(connection) as quiet:
            created = await _create(connection, one, span)
        if quiet:
            await _tell_search(connection)
        updated = unchanged = 0
        if one.mode != "create":
            cursor = await connection.execute(_update(one, claims=bool(unique)), span)
            updated, unchanged = await cursor.fetchone() or (0, 0)
            if any(field.startswith("contact") for field in one.mapping):
                await connection.execute(_CONTACTS.format(table=one.table), span)
        late = await reject_late(connection, one, span) if unique else 0
        await connection.execute(
            "update customer_import set merged = merged + least(%s, rows) - %s, created = created + %s,"
            " updated = updated + %s, unchanged = unchanged + %s, rejected = rejected + %s where id = %s",
            [last, first - 1, created - late, updated, unchanged, late, one.id],
        )


async def _tell_search(connection: Connection) -> None:
    """As the triggers of a new customer do, once for all of them."""
    await connection.execute("insert into customer_search_wanted (customer_id) values (null)")
    await connection.execute("select pg_notify('customer_search', '')")


async def _create(connection: Connection, one: Import, span: dict[str, Any]) -> int:
    """The new customers with what is theirs, and how many they are. A statement for each table: one that makes all of
    them keeps its rows aside to go through them again."""
    fresh = _FRESH.format(table=one.table)
    parts = {
        "table": one.table, "fresh": fresh, "given": _GIVEN.format(fresh=fresh), "region": _REGION, "owner": _OWNER,
        "pool": _LINED if one.lines and one.pool is None else sql.SQL("%(pool)s"),
    }  # fmt: skip
    created = (await connection.execute(_CUSTOMERS.format(**parts), span)).rowcount
    await connection.execute(_PLACED.format(**parts), span)
    if any(field.startswith("contact") for field in one.mapping):
        await connection.execute(_PEOPLE.format(**parts), span)
    if span["unique"]:
        await connection.execute(_CLAIMED.format(**parts), span)
    return created


_FRESH = sql.SQL("""
    from {table} s
    where s.no between %(first)s and %(last)s and not exists (
        select from customer_import_row r
        where r.import_id = %(id)s::uuid and r.no = s.no and r.no between %(first)s and %(last)s
    )
""")
_GIVEN = sql.SQL("{fresh} and not (%(rule)s and region_id is null and owner_id is null)")
_CUSTOMERS = sql.SQL("""
    insert into customer (
        id, name, company_key, tax_number, phone, email, domain, industry, province, city, address, source, tags,
        custom, kind, import_id
    )
    select id, name, coalesce(company_key, ''), tax_number, phone, email, domain, industry, province, city, address,
        source, coalesce(tags, '{{}}'), coalesce(custom, '{{}}'), %(kind)s, %(id)s::uuid
    {fresh} order by no
""")
_REGION = sql.SQL("coalesce(region_id, %(region)s::uuid)")
_OWNER = sql.SQL("""
    coalesce(owner_id, case when region_id is null or region_id = %(region)s::uuid then %(owner)s::uuid end)
""")
_PLACED = sql.SQL("""
    insert into assignment (customer_id, region_id, owner_id, pool, tier, since, how, unwritten)
    select id, {region}, {owner}, {pool}, coalesce(tier, 'C'), now(), 'imported', true
    {given} order by no
""")
_PEOPLE = sql.SQL("""
    insert into contact (id, customer_id, name, phone, email, title)
    select cast(%(contact)s || lpad(to_hex(no), 12, '0') as uuid), id,
        coalesce(contact_name, contact_email, contact_phone), contact_phone, contact_email, contact_title
    {fresh} and coalesce(contact_name, contact_email, contact_phone) is not null order by no
""")
_CLAIMED = sql.SQL("""
    insert into customer_unique (field, value, customer_id)
    select key, lower(custom ->> key), id
    from (select id, custom {fresh}) fresh cross join unnest(%(unique)s::text[]) key
    where custom ->> key is not null
    on conflict do nothing
""")
_LINED = sql.SQL("%(lines)s::jsonb -> {region}::text ->> lower(btrim(custom ->> %(line)s))").format(region=_REGION)
_RECLAIMED = sql.SQL(""", freed as (
            delete from customer_unique u using d
            where u.customer_id = d.id and u.field = any(%(unique)s::text[]) and d.custom ->> u.field is not null
                and lower(d.custom ->> u.field) <> u.value
        ), claimed as (
            insert into customer_unique (field, value, customer_id)
            select key, lower(d.custom ->> key), d.id from d cross join unnest(%(unique)s::text[]) key
            where d.custom ->> key is not null
            on conflict do nothing
        )""")
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


def _update(one: Import, *, claims: bool) -> sql.Composed:
    """Fills what the file says and leaves the rest; what was there, and is there now, stands with the row. Customers
    that are so already are not even locked: a lock is a write."""
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
        "differs": _differs(said, new) if said else sql.SQL("false"),
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
                and r.no between %(first)s and %(last)s
            join customer c on c.id = r.customer_id
            where s.no between %(first)s and %(last)s and {differs}
            for update of c
        ), changed as (
            update customer c set {setting} from d where c.id = d.id
        ), told as (
            update customer_import_row r set before = d.before, after = d.after
            from d where r.import_id = %(id)s::uuid and r.no = d.no
        ){claimed}
        select (select count(*) from d), (
            select count(*) from customer_import_row
            where import_id = %(id)s::uuid and no between %(first)s and %(last)s and verdict = 'update'
        ) - (select count(*) from d)
    """).format(table=one.table, setting=setting, values=values, claimed=_RECLAIMED if claims else sql.SQL(""), **pairs)


def _differs(said: Sequence[str], new: Mapping[str, sql.Composable]) -> sql.Composable:
    was = sql.SQL(", ").join(sql.SQL("c.{}").format(sql.Identifier(name)) for name in said)
    return sql.SQL("row({}) is distinct from row({})").format(was, sql.SQL(", ").join(new[name] for name in said))
