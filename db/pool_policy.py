"""The pool policy in force, ready for use, and the stamp that says by which rules a customer's date was reckoned."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.calendar import calendars
from db.person import OrgUnit
from db.policy import Policy, current_policy, in_force
from domain.calendar import CalendarPolicy
from domain.customer_pool import PoolPolicy
from domain.policy import digest, load
from domain.working_time import WorkingTime


class Rules(NamedTuple):
    """`stamp` changes with every version of the policy, and of the calendar where the policy counts by one."""

    policy: PoolPolicy
    clock: WorkingTime | None
    stamp: int


_kept: dict[str, PoolPolicy] = {}


async def rules_in_force(session: AsyncSession) -> Rules:
    version, document = await current_policy(session, PoolPolicy.kind)
    content = digest(document)
    if content not in _kept:
        _kept.clear()
        _kept[content] = load(PoolPolicy, document)
    policy = _kept[content]
    if policy.calendar is None:
        return Rules(policy, None, version * 1_000_000)
    counted = in_force().where(Policy.kind == CalendarPolicy.kind).with_only_columns(Policy.version).limit(1)
    calendar = await session.scalar(counted)
    clock = (await calendars(session)).working_time(policy.calendar)
    return Rules(policy, clock, version * 1_000_000 + (calendar or 0))


async def region_codes(session: AsyncSession) -> dict[str, str]:
    """The codes of the regions by their ids: policies name regions by code."""
    query = select(OrgUnit.id, OrgUnit.code).where(OrgUnit.kind == "region")
    return dict((await session.execute(query)).all())


async def counts_by_calendar(session: AsyncSession) -> bool:
    """Whether a new calendar changes when customers go back."""
    named = await session.scalar(
        select(func.count()).where(Policy.kind == PoolPolicy.kind, Policy.document["calendar"].astext.is_not(None))
    )
    return bool(named)
