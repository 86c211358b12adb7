"""The working calendars in force, kept ready for arithmetic until another version is published."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from db.policy import current_policy
from domain.calendar import CalendarPolicy
from domain.policy import digest, load
from domain.working_time import WorkingTime

OFFICE = "office"
"""The calendar that counts where none is named, or the named one is no more."""


class Calendars:
    """The calendars of one version of the policy; each keeps the days it has worked out."""

    def __init__(self, policy: CalendarPolicy) -> None:
        self._clocks = {key: WorkingTime(calendar) for key, calendar in policy.calendars.items()}

    def named(self, key: str) -> WorkingTime | None:
        return self._clocks.get(key)

    def working_time(self, key: str | None) -> WorkingTime:
        return self._clocks.get(key or OFFICE) or self._clocks.get(OFFICE) or next(iter(self._clocks.values()))


_kept: dict[str, Calendars] = {}


async def calendars(session: AsyncSession) -> Calendars:
    _, document = await current_policy(session, CalendarPolicy.kind)
    content = digest(document)
    if content not in _kept:
        _kept.clear()
        _kept[content] = Calendars(load(CalendarPolicy, document))
    return _kept[content]
