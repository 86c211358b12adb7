"""The health page: servers, workers, what waits, and which cases are stuck, each with the way to it in Temporal."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from api.auth import require
from api.services import Provided
from commands.health import look
from domain.access import Action
from ui.line import case_link
from ui.render import respond

router = APIRouter(prefix="/health", include_in_schema=False, dependencies=[Depends(require(Action.OPS))])


@router.get("")
async def show(request: Request, services: Provided) -> HTMLResponse:
    health = await look(services.settings, services.db, services.temporal)
    namespace = services.temporal.namespace

    def link(workflow_id: str) -> str:
        return case_link(namespace, workflow_id)

    return await respond(request, "health/page.html", "parts", health=health, link=link, seconds=_seconds)


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
