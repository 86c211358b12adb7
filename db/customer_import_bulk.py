"""Bulk mode: the costly indexes of the customer tables leave before a large import and are made again after it.

Readers go on, slower; who changes a customer while an index is made waits. What left stands in the import's row,
written in the transaction that dropped it, so that after a kill whoever goes on makes it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from psycopg.errors import LockNotAvailable

from db.customer_import_stage import Connection, Import

TABLES = ("customer", "contact", "assignment", "assignment_change")
STAY = frozenset({"ix_customer_near_keys", "ix_customer_import"})
"""Costlier to make again than to keep."""

_INDEXES = """
    select pg_get_indexdef(i.indexrelid), c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any(cast(%s as regclass[])) and not i.indisunique and c.relname <> all(%s)
"""
_KEYS = """
    select 'alter table ' || conrelid::regclass || ' add constraint ' || quote_ident(conname) || ' '
        || pg_get_constraintdef(oid), conrelid::regclass::text, conname
    from pg_constraint
    where contype = 'f' and conrelid = any(cast(%s as regclass[])) and confrelid = 'customer'::regclass
"""


async def drop_indexes(connection: Connection, one: Import) -> None:
    """Notes and drops them, in a moment in which nobody is at the tables."""
    while not await _dropped_at_once(connection, one):
        pass  # each try waits for half a second


async def _dropped_at_once(connection: Connection, one: Import) -> bool:
    """False where others were in the way: they must not wait behind us for long."""
    try:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = '500ms'")
            row = await (
                await connection.execute("select dropped from customer_import where id = %s for update", [one.id])
            ).fetchone()
            if row and row[0]:
                return True
            tables = list(TABLES)
            keys = await (await connection.execute(_KEYS, [tables])).fetchall()
            indexes = await (await connection.execute(_INDEXES, [tables, list(STAY)])).fetchall()
            for _, table, name in keys:
                await connection.execute(
                    sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(table), sql.Identifier(name))
                )
            for _, name in indexes:
                await connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
            definitions = [definition for definition, *_ in [*indexes, *keys]]
            await connection.execute("update customer_import set dropped = %s where id = %s", [definitions, one.id])
    except LockNotAvailable:
        return False
    return True


async def dropped(connection: Connection, one: Import) -> Sequence[str]:
    async with connection.transaction():
        row: Any = await (
            await connection.execute("select dropped from customer_import where id = %s", [one.id])
        ).fetchone()
    return list(row[0]) if row else []


async def make_again(connection: Connection, one: Import, definition: str) -> None:
    """One of them, and that it is there: in one transaction."""
    async with connection.transaction():
        await connection.execute(sql.SQL("{}").format(sql.SQL(definition)))
        await connection.execute(
            "update customer_import set dropped = array_remove(dropped, %s) where id = %s", [definition, one.id]
        )
