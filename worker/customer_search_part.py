"""Writes what the customers between two ids are found by: the filler's helper, a process of its own.

Reads from its input the database's address, and then a line for each stretch: `first last`. Answers each with the
number of rows it wrote. It ends with its input, and so with the worker that it serves, however that ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NamedTuple

from psycopg import Connection

from domain.customer_search import digits_of, grams_of, words_of

_CALLED = """
    select c.id::text, c.name, c.phone, k.people, k.numbers,
        array(select region_id::text from assignment where customer_id = c.id)
    from customer c
    left join lateral (
        select array_agg(name order by id) people, array_agg(phone order by id) filter (where phone is not null) numbers
        from contact where customer_id = c.id
    ) k on true
    where c.id between %s and %s and not exists (select from customer_search where customer_id = c.id)
    order by c.id
"""
_STAGE = "create temporary table stage (like customer_search) on commit delete rows"
_COPY = "copy stage (customer_id, words, digits, grams) from stdin"
# Whoever wrote a row meanwhile read later than this did.
_WRITE = """
    insert into customer_search (customer_id, words, digits, grams)
    select customer_id, words, digits, grams from stage order by customer_id
    on conflict (customer_id) do nothing
"""
SETTINGS = "-c statement_timeout=60s -c timezone=UTC -c gin_pending_list_limit=16MB -c work_mem=64MB"
"""What waits to be put in the index's order is looked through by every search: more of it is quicker to write only."""


class Named(NamedTuple):
    customer_id: str
    name: str
    phone: str | None
    people: list[str] | None
    numbers: list[str] | None
    regions: list[str]

    def line(self) -> str:
        """As COPY takes it: words hold no sign that COPY knows."""
        words, digits = words_of(self.name, self.people or ()), digits_of((self.phone, *(self.numbers or ())))
        grams = ",".join(map(str, grams_of(words, digits, self.regions)))
        return f"{self.customer_id}\t{words}\t{digits}\t{{{grams}}}\n"


def write_between(connection: Connection, first: str, last: str) -> int:
    """One transaction; how many rows."""
    with connection.transaction(), connection.cursor() as cursor:
        rows = cursor.execute(_CALLED, (first, last)).fetchall()
        with cursor.copy(_COPY) as copy:
            copy.write("".join([Named(*row).line() for row in rows]))
        cursor.execute(_WRITE)
        return cursor.rowcount


def serve(lines: Iterable[str]) -> None:
    given = iter(lines)
    with Connection.connect(next(given).strip(), autocommit=True, options=SETTINGS) as connection:
        connection.execute(_STAGE)
        for line in given:
            first, last = line.split()
            sys.stdout.write(f"{write_between(connection, first, last)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.stdin)
