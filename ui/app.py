"""The whole application: the JSON edge of `api`, and the pages over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request

from api import app as edge
from api.services import services_of
from commands.account import Preferences
from db.notification_list import count_unread
from db.task import count_turns
from db.ticket_list import count_mine_due
from settings import Settings
from ui import environment, errors, kit
from ui.csp import SecurityHeaders
from ui.live import LiveHub
from ui.pages import ROUTERS
from ui.search import search_records
from ui.shell import Shell

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_app(settings: Settings) -> FastAPI:
    """Opens its services when it is started. RuntimeError, in one sentence, when the pages' assets are missing."""
    app = edge.create_app(settings)
    environment.install(app, settings, counts=turns)
    errors.install(app)
    app.add_middleware(SecurityHeaders, https=settings.secure)
    hub = app.state.live = LiveHub()
    app.router.lifespan_context = with_live_updates(app.router.lifespan_context, hub)
    for router in (*ROUTERS, hub.router, Shell(save_preferences, search_records).router):
        app.include_router(router)
    if settings.development:
        app.include_router(kit.router)
    return app


def with_live_updates(lifespan: Lifespan, hub: LiveHub) -> Lifespan:
    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[Any]:
        async with lifespan(app) as state:
            hub.start(app.state.services.db.url)
            try:
                yield state
            finally:
                await hub.stop()

    return live


async def turns(request: Request) -> Mapping[str, int]:
    """The rail's figures: what the person who asks is to do now."""
    actor = request.state.actor
    async with services_of(request).db.session(actor.id) as session:
        counted = await count_turns(session, actor, datetime.now(UTC))
        unread = await count_unread(session, actor.id)
        soon, late = await count_mine_due(session, actor, datetime.now(UTC))
    return {
        "inbox": counted.approvals,
        "inbox_overdue": counted.approvals_late,
        "tasks": counted.tasks,
        "tasks_overdue": counted.tasks_late,
        "tickets": soon,
        "tickets_overdue": late,
        "notifications": unread,
    }


async def save_preferences(request: Request, chosen: dict[str, str]) -> None:
    await services_of(request).account.prefer(request.state.actor, Preferences.model_validate(chosen))
