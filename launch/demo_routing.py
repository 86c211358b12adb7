"""The demo company's support: what its agents can do, and when they are on duty."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from db.shift import Shift, save_shift, set_skills
from domain.calendar import WEEKDAYS, Span, Week, Weekday
from domain.shift import ShiftDetails

ABLE = {
    "gao.fei": ({"repair": 3, "complaints": 2}, {"zh_CN": 3, "en": 2}),
    "song.dan": ({"repair": 2, "complaints": 3}, {"zh_CN": 3, "en": 3}),
}
HOURS: dict[str, tuple[dict[Weekday, tuple[Span, ...]], tuple[str, ...]]] = {
    "白班 Day": ({day: (Span(start="08:00", end="20:00"),) for day in WEEKDAYS}, ("gao.fei", "song.dan")),
    "夜班 Night": (
        {day: (Span(start="00:00", end="08:00"), Span(start="20:00", end="24:00")) for day in WEEKDAYS},
        ("song.dan",),
    ),
}


async def load_routing(session: AsyncSession, ids: dict[str, str], zone: str) -> None:
    """Where nobody has said otherwise since."""
    for name, (week, people) in HOURS.items():
        shift_id = str(uuid5(UUID(ids["east-support"]), f"shift/{name}"))
        if await session.get(Shift, shift_id) is not None:
            continue
        details = ShiftDetails(
            name=name,
            unit_id=ids["east-support"],
            zone=zone,
            week=Week.model_validate(week),
            people=[ids[one] for one in people],
        )
        await save_shift(session, shift_id, details, ids["shen.yu"], datetime.now(UTC))
        for person in people:
            await set_skills(session, ids[person], *ABLE[person])
