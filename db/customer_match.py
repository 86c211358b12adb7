"""Customers that may be one: found by indexes for somebody who enters one, and kept in pairs for a review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from domain.company_name import near_keys
from domain.customer_match import SHOWN, Party, Score, asked_about

MOST = 60
"""Customers looked at for each thing shared: a name that thousands share says nothing."""
ALIKE = 5


class CustomerPair(Base):
    """Two customers that may be one, `first_id` the older. Dismissed ones stay: they are not shown again until what
    was compared (`fingerprint`) changes."""

    __tablename__ = "customer_pair"

    first_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    points: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))  # domain.customer_match.Reason
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]  # open, dismissed
    run_id: Mapped[Ref | None]  # the run that saw it last
    found_at: Mapped[Instant] = mapped_column(server_default=func.now())
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[Ref | None]
    note: Mapped[str | None]

    __table_args__ = (
        Index("ix_customer_pair_second", "second_id"),
        Index(
            "ix_customer_pair_open", text("points desc"), "first_id", "second_id",
            postgresql_where=text("status = 'open'"),
        ),
    )  # fmt: skip


class CustomerMatchRun(Base):
    """One look through all customers for pairs; `by` null: the clock's, or an import's."""

    __tablename__ = "customer_match_run"

    id: Mapped[Id]
    started_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    by: Mapped[Ref | None]
    parts: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[int] = mapped_column(server_default="0")
    customers: Mapped[int] = mapped_column(server_default="0")
    compared: Mapped[int] = mapped_column(BigInteger, server_default="0")
    found: Mapped[int] = mapped_column(BigInteger, server_default="0")

    __table_args__ = (Index("ix_customer_match_run_started", text("started_at desc")),)


# Each part materialized: with its limit outside, the planner may read the whole table backwards instead.
_CANDIDATES = text("""
    with by_code as materialized (
        select id from customer where tax_number = cast(:tax_number as text) limit :most
    ), by_phone as materialized (
        select id from customer where phone = any(cast(:phones as text[])) and hashtextextended(phone, 0) = any(
            array(select hashtextextended(asked, 0) from unnest(cast(:phones as text[])) asked)
        ) limit :most
    ), by_email as materialized (
        select id from customer where email = any(cast(:emails as text[])) limit :most
    ), by_domain as materialized (
        select id from customer where domain = any(cast(:domains as text[])) limit :most
    ), by_name as materialized (
        select id from customer where near_keys && cast(:near as bigint[]) and near_keys <> '{}' limit :most
    ), contact_phone as materialized (
        select customer_id from contact where phone = any(cast(:phones as text[])) limit :most
    ), contact_email as materialized (
        select customer_id from contact where email = any(cast(:emails as text[])) limit :most
    )
    select distinct coalesce(c.merged_into, c.id) from customer c
    where c.id in (
        select id from by_code union all select id from by_phone union all select id from by_email
        union all select id from by_domain union all select id from by_name
        union all select customer_id from contact_phone union all select customer_id from contact_email
    )
""")
_PARTIES = text("""
    select c.id, c.name, c.company_key, c.tax_number, c.phone, c.email, c.domain, c.address, c.city, p.phones, p.emails
    from customer c
    left join lateral (
        select array_agg(phone) filter (where phone is not null) as phones,
            array_agg(email) filter (where email is not null) as emails
        from (select phone, lower(email) as email from contact where customer_id = c.id limit 50) people
    ) p on true
    where c.id = any(cast(:ids as uuid[]))
""")


async def find_alike(session: AsyncSession, party: Party, *, but_not: str | None = None) -> list[tuple[str, Score]]:
    """Customers that it may be, the surest first, at most `ALIKE`. `but_not`: one that is not to be found itself."""
    asked = {
        "tax_number": party.tax_number, "phones": list(party.phones), "emails": list(party.emails),
        "domains": list(party.domains), "near": near_keys(party.key), "most": MOST,
    }  # fmt: skip
    ids = [str(row[0]) for row in await session.execute(_CANDIDATES, asked)]
    known = await parties(session, [one for one in ids if one != but_not])
    scored = ((one, asked_about(party, other)) for one, other in known.items())
    found = sorted(((one, score) for one, score in scored if score.points >= SHOWN), key=lambda it: -it[1].points)
    return found[:ALIKE]


async def parties(session: AsyncSession, ids: Sequence[str]) -> dict[str, Party]:
    """What is compared of customers, by id, with their contacts' numbers and addresses."""
    rows = await session.execute(_PARTIES, {"ids": list(ids)})
    return {
        str(row.id): Party(
            name=row.name, kept_key=row.company_key, tax_number=row.tax_number, domain=row.domain,
            address=row.address, city=row.city,
            phones=frozenset(filter(None, [row.phone, *(row.phones or ())])),
            emails=frozenset(filter(None, [row.email, *(row.emails or ())])),
        )
        for row in rows
    }  # fmt: skip


async def keep_pair(session: AsyncSession, one: str, other: str, *, by: str, note: str | None) -> None:
    """A pair that somebody kept apart, with the reason: whoever reviews duplicates has it before them."""
    first, second = sorted((one, other))
    known = await parties(session, [first, second])
    score = asked_about(known[first], known[second])
    pair = {
        "first_id": first, "second_id": second, "points": score.points, "reasons": list(score.reasons),
        "fingerprint": fingerprint(known[first], known[second]), "status": "open", "decided_by": by, "note": note,
    }  # fmt: skip
    await session.execute(insert(CustomerPair).values(pair).on_conflict_do_nothing())


def fingerprint(one: Party, other: Party) -> int:
    """Another number once either of them has changed."""
    return one.fingerprint ^ (other.fingerprint << 1)
