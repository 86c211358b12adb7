"""A customer that is like one there is already (撞单), on entry and on change: refused where it is known for certain,
kept with a reason where it only looks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from commands.customer_match import Match, told
from db.customer import contacts_of
from db.customer_match import find_alike
from domain.access import Actor
from domain.customer_match import Party, Score, keys_of
from domain.refusal import Refused

COMPARED = ("name", "tax_number", "phone", "email", "domain")
"""Fields that find others by themselves."""

Found = list[tuple[str, Score]]

_ONE_BY_ONE = text("""
    select pg_advisory_xact_lock(hashtextextended('customer/' || asked.key, 0))
    from unnest(cast(:keys as text[])) asked (key)
""")


def party_of(columns: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> Party:
    """As it is compared, from values as they are kept, its own and its contacts'."""
    everybody = [columns, *people]
    return Party(
        name=columns["name"], tax_number=columns.get("tax_number"), domain=columns.get("domain"),
        phones=frozenset(filter(None, [one.get("phone") for one in everybody])),
        emails=frozenset((one.get("email") or "").lower() for one in everybody) - {""},
        address=columns.get("address"), city=columns.get("city"),
    )  # fmt: skip


async def like(session: AsyncSession, party: Party, *, but_not: str | None = None) -> Found:
    """Those it is like. What shares its name, code, a number or an address is entered by one at a time: until the
    transaction ends nobody else looks for any of these, so that of two at once the second finds the first."""
    # Always in one order: two that share several never wait for each other.
    await session.execute(_ONE_BY_ONE, {"keys": sorted(keys_of(party))})
    return await find_alike(session, party, but_not=but_not)


async def newly_like(
    session: AsyncSession, customer_id: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Found:  # fmt: skip
    """Those a customer becomes like, or more like than it was, by a change of its values."""
    if all(before.get(key) == after.get(key) for key in COMPARED) or not after.get("name"):
        return []
    people = [{"phone": one.phone, "email": one.email} for one in await contacts_of(session, customer_id)]
    was = await find_alike(session, party_of(before, people), but_not=customer_id)
    points = {one: score.points for one, score in was}
    found = await like(session, party_of(after, people), but_not=customer_id)
    return [(one, score) for one, score in found if score.points > points.get(one, 0)]


async def insist(session: AsyncSession, actor: Actor, found: Found, reason: str | None) -> None:
    """Raises Refused (409): customer_known (the same credit code), customer_alike where no reason is given why it is
    another one."""
    known = await told(session, actor, found)
    same = next((one for one in known if one.same_code), None)
    if same is not None:
        raise Refused("customer_known", 409, field="tax_number", **_named(same))
    if known and not reason:
        raise Refused("customer_alike", 409, field="reason", **_named(known[0]))


def _named(match: Match) -> dict[str, Any]:
    """What a refusal says of the one there is."""
    return {"customer": match.id, "title": match.title, "owner": match.owner_id, "region": match.region_id}
