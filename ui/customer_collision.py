"""What a customer is like that somebody enters or changes (撞单), as the forms show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request

from api.language import language_of
from api.services import Services
from commands.customer_match import Match
from domain.access import Actor
from ui.names import names


async def collisions(
    request: Request, actor: Actor, services: Services, found: Sequence[Match]
) -> list[dict[str, Any]]:
    async with services.db.session(actor.id) as session:
        called = await names(session, language_of(request), [one.owner_id for one in found])
    return [_shown(one, called.person(one.owner_id), called.unit(one.region_id)) for one in found]


def _shown(match: Match, owner: str, region: str) -> dict[str, Any]:
    pool = f"/pool/{match.id}/{match.region_id}" if match.id else "/pool"
    href = f"/customers/{match.id}" if match.seen else pool if match.pooled else ""
    return {**match._asdict(), "same_code": match.same_code, "owner": owner, "region": region, "href": href}
