"""Tells open pages that a record changed: ids and who may care only, delivered at commit."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import notify

CHANNEL = "ui"
LIMIT = 7_900
"""Bytes a notification may carry (PostgreSQL's limit is 8,000)."""


async def announce(
    session: AsyncSession, topic: str, record_id: str, revision: int, *,
    region: str | None = None, owner: str | None = None, line: str | None = None, holders: Sequence[str] = (),
) -> None:  # fmt: skip
    """`t` topic, `id` record, `v` revision, `r` region, `o` owner, `l` line, `h` keys of task holders."""
    signal = {"t": topic, "id": record_id, "v": revision, "r": region, "o": owner, "l": line, "h": list(holders)}
    payload = json.dumps(signal, separators=(",", ":"))
    if len(payload) > LIMIT:
        payload = json.dumps(signal | {"h": ["*"]}, separators=(",", ":"))
    notify(session, CHANNEL, payload)
