"""The rows of an import between its file and the customers, kept by COPY: what `customer_import_match` compares as sets
and `customer_import_merge` makes customers of.

Works on a connection of its own (psycopg), whose statements may take minutes. What has to hold after a kill is written
in the same transaction as what it counts: rows read with their number, a batch with its mark. The table of rows is
UNLOGGED: a crash of PostgreSQL empties it, its first row (number 0) is then missing, and it is read anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeVar

from psycopg import AsyncConnection, sql

from domain.customer_import import id_prefix
from domain.customer_import_rows import STAGED, staged_columns

Connection = AsyncConnection[tuple[Any, ...]]
T = TypeVar("T")


@dataclass(frozen=True)
class Import:
    """An import as its rows are merged. `reach`: ids of the regions whose customers it may change; None: of all.

    `required` are the columns and own fields (`custom.size`) that a new customer must have, `unique` the keys of the
    own fields in which no two may have the same, `others` of those that name another customer. `lines` are the keys of
    the pools of product lines, by region's id and line (in lower case), and `line` is the own field that says a row's
    line.
    """

    id: str
    created_at: datetime
    by_id: str
    mode: str
    region_id: str
    owner_id: str | None
    pool: str | None
    mapping: Sequence[str]
    reach: Sequence[str] | None
    target: str = "pool"
    required: Sequence[str] = ()
    unique: Sequence[str] = ()
    kind: str = "company"
    others: Sequence[str] = ()
    line: str | None = None
    lines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def short(self) -> str:
        return self.id.replace("-", "")

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(f"import_stage_{self.short}")

    def prefix(self, kind: Literal[0, 1]) -> str:
        return id_prefix(self.id, self.created_at, kind)

    def first_id(self, no: int, kind: Literal[0, 1] = 0) -> str:
        return f"{self.prefix(kind)}{no:012x}"


async def open_connection(url: str) -> Connection:
    """No commit waits for the disk: what a crash takes, it takes with its mark, and it is done again. Whoever says that
    all is done commits on another connection, after which everything before is on the disk, too."""
    connection = await AsyncConnection.connect(url, connect_timeout=5, autocommit=True)
    await connection.execute(
        "set statement_timeout = 0; set client_connection_check_interval = '2s'; set work_mem = '128MB';"
        " set maintenance_work_mem = '256MB'; set timezone = 'UTC'; set synchronous_commit = off;"
        " set max_parallel_maintenance_workers = 0"
    )
    return connection


async def beside(*lanes: Awaitable[None]) -> None:
    """All of them; the first that fails ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(_of(lane))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def shared(
    lanes: Sequence[Connection], do: Callable[[Connection, T], Awaitable[None]], pieces: Iterable[T]
) -> None:  # fmt: skip
    """Does the pieces one after the other, each on the lane that is free."""
    ahead = iter(pieces)

    async def lane(connection: Connection) -> None:
        for piece in ahead:
            await do(connection, piece)

    await beside(*map(lane, lanes))


async def _of(lane: Awaitable[None]) -> None:
    await lane


@asynccontextmanager
async def unchecked(connection: Connection) -> AsyncIterator[bool]:
    """For rows of which both ends of every reference are made by us, here and now: to look each up again would take as
    long as to write it. No trigger is called, either. Where the database does not allow it (`grant set on parameter
    session_replication_role`), everything is looked up and the answer is False."""
    allowed = bool(await value(connection, "select has_parameter_privilege('session_replication_role', 'set')"))
    if allowed:
        await connection.execute("set local session_replication_role = replica")
    yield allowed
    if allowed:
        await connection.execute("set local session_replication_role = origin")


# --- rows into the table ---------------------------------------------------------------------------------------------


async def prepare(connection: Connection, one: Import) -> set[int]:
    """The stretches of the file that are kept already."""
    async with connection.transaction():
        columns = [sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(_type(c))) for c in STAGED]
        await connection.execute(
            _STAGE.format(table=one.table, prefix=sql.Literal(one.prefix(0)), columns=sql.SQL(", ").join(columns))
        )
        if not await value(connection, sql.SQL("select exists (select from {} where no = 0)").format(one.table)):
            await _begin_anew(connection, one)
    return await batches_done(connection, one, "read")


_STAGE = sql.SQL("""
    create unlogged table if not exists {table} (
        no integer,
        id uuid generated always as (cast({prefix} || lpad(to_hex(no), 12, '0') as uuid)) stored,
        {columns}
    )
""")
"""`id` is the customer's that a row may become: what of it is kept in several tables need not be reckoned for each."""


async def _begin_anew(connection: Connection, one: Import) -> None:
    """What has been matched stays as it is: it is read anew only to be merged."""
    await connection.execute(sql.SQL("truncate {}").format(one.table))
    await connection.execute(sql.SQL("insert into {} (no) values (0)").format(one.table))
    await connection.execute(
        "delete from customer_import_batch where import_id = %s and kind in ('read', 'other')", [one.id]
    )
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
    return bool(await value(connection, "select matched_at is not null from customer_import where id = %s", one.id))


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


async def owners_given(connection: Connection, one: Import) -> list[str]:
    """Whose customers some of its rows are by now."""
    own = {one.owner_id} if one.owner_id else set()
    if "owner" not in one.mapping:
        return sorted(own)
    if await value(connection, "select to_regclass(%s)", one.table.as_string(connection).strip('"')) is None:
        return []
    cursor = await connection.execute(
        sql.SQL("select distinct owner_id::text from {} where owner_id is not null").format(one.table)
    )
    return sorted({owner for (owner,) in await cursor.fetchall()} | own)


async def drop(connection: Connection, one: Import) -> None:
    """With the mark that nothing is left to do: whoever comes later need not read the file once more to learn it."""
    async with connection.transaction():
        await marked(connection, one, "end", 0)
        await connection.execute(sql.SQL("drop table if exists {}").format(one.table))


async def value(connection: Connection, query: Any, *values: Any) -> Any:
    given: Any = values[0] if values and isinstance(values[0], dict) else values
    row = await (await connection.execute(query, given or None)).fetchone()
    return row[0] if row else None
