"""The pages about money that comes in, as tabs: each reader has those they may open."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.language import language_of
from db.bank_list import count_doubts
from domain.access import Action, Actor
from locales import N_, translate

PAGES = (
    ("list", N_("List"), "/collections", Action.COLLECTION_READ),
    ("board", N_("Board"), "/collections/board", Action.COLLECTION_READ),
    ("expected", N_("Expected"), "/collections/expected", Action.COLLECTION_READ),
    ("ageing", N_("Ageing"), "/collections/ageing", Action.COLLECTION_READ),
    ("statements", N_("Bank statements"), "/collections/statements", Action.COLLECTION_WORK),
    ("doubts", N_("To be decided"), "/collections/doubts", Action.COLLECTION_WORK),
)


async def areas(request: Request, session: AsyncSession, actor: Actor, current: str) -> list[dict[str, Any]]:
    """For `ui.tabs`."""
    say = translate(language_of(request)).gettext
    found = [
        {"key": key, "label": say(label), "href": href, "current": key == current}
        for key, label, href, needs in PAGES
        if actor.scope(needs) is not None
    ]
    for tab in found:
        if tab["key"] == "doubts":
            tab["count"] = await count_doubts(session)
    return found
