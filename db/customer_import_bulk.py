"""Bulk mode: indexes that cost most to keep leave before a large import and are made again after it, and PostgreSQL
tidies the tables up after it, too, not again and again meanwhile.

Readers go on, slower; who changes a customer while an index is made waits. What left stands in the import's row as the
statements that bring it back, written in the transaction that took it, so that after a kill whoever goes on does so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import sql
from psycopg.errors import LockNotAvailable

from db.customer_import_stage import Connection, Import, value

SCATTERED = {
    "ix_customer_company_key": "company_key", "ix_customer_tax_number": "tax_number", "ix_customer_phone": "phone",
    "ix_customer_email": "email", "ix_customer_domain": "domain", "ix_contact_phone": "contact_phone",
    "ix_contact_email": "contact_email",
}  # fmt: skip
"""Indexes all over which new values belong, with the field of the file that fills them. Into every other one the rows
of an import go side by side, and cost less than to make it again."""
GROWING = ("customer", "assignment", "contact")
TRIES = 20
"""Each waits for half a second."""
WORTH = 0.25
"""An index is made again where the file has so many rows for each one of the table."""

_INDEXES = """
    select pg_get_indexdef(i.indexrelid), c.relname
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where i.indexrelid = any(select to_regclass(name) from unnest(cast(%s as text[])) name)
        and t.reltuples * %s <= %s
    order by c.reltuples desc, pg_relation_size(i.indexrelid) desc
"""


_UNTIDIED: LiteralString = "alter table {} set (autovacuum_enabled = off)"
_TIDIED = "alter table {} reset (autovacuum_enabled)"


async def drop_indexes(connection: Connection, one: Import) -> None:
    """Notes and drops them, in a moment in which nobody is at the tables. Where none comes, as when another import's
    customers are being written for the search, they stay: to wait for longer costs more than to keep them."""
    for _ in range(TRIES):
        if await _dropped_at_once(connection, one):
            return


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
            indexes = await _leaving(connection, one)
            for _, name in indexes:
                await connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
            back = [definition for definition, _ in indexes]
            for table in GROWING if back else ():
                await connection.execute(sql.SQL(_UNTIDIED).format(sql.Identifier(table)))
                back.append(_TIDIED.format(table))  # last: it waits for the indexes of its table
            await connection.execute("update customer_import set dropped = %s where id = %s", [back, one.id])
    except LockNotAvailable:
        return False
    return True


async def _leaving(connection: Connection, one: Import) -> list[tuple[str, str]]:
    """Definition and name of each index that is worth it."""
    rows = await value(connection, "select rows from customer_import where id = %s", one.id)
    filled = [name for name, field in SCATTERED.items() if field == "company_key" or field in one.mapping]
    cursor = await connection.execute(_INDEXES, [filled, WORTH, rows])
    return [(str(definition), str(name)) for definition, name in await cursor.fetchall()]


async def dropped(connection: Connection, one: Import) -> Sequence[str]:
    async with connection.transaction():
        row: Any = await (
            await connection.execute("select dropped from customer_import where id = %s", [one.id])
        ).fetchone()
    return list(row[0]) if row else []


async def make_again(connection: Connection, one: Import, statement: str) -> None:
    """One of them, and that it is there: in one transaction."""
    async with connection.transaction():
        await connection.execute(statement.encode())
        await connection.execute(
            "update customer_import set dropped = array_remove(dropped, %s) where id = %s", [statement, one.id]
        )
