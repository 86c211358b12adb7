"""For what watches over the app: alive, ready, and figures for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.services import Services, services_of
from db.ops import backlogs, open_cases, open_tasks

log = structlog.get_logger()

REQUESTS = Counter("http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("http_request_seconds", "Seconds until the answer began.", ["method", "route"])
OUTBOX = Gauge("throughline_outbox_waiting", "Entries that wait to be done outside.", ["kind"])
CASES = Gauge("throughline_open_cases", "Cases under way.", ["kind"])
TASKS = Gauge("throughline_open_tasks", "Human tasks that are open.")
PATIENCE = 2.0
"""Seconds a part may take to answer before it counts as away."""


async def alive(request: Request) -> Response:
    """Whether this process answers at all; it asks nobody else."""
    return PlainTextResponse("alive")


async def ready(request: Request) -> Response:
    """Whether PostgreSQL and Temporal answer: 200, or 503 saying which does not."""
    services = services_of(request)
    answers = await asyncio.gather(_answers(_ask_database(services)), _answers(_ask_temporal(services)))
    parts = dict(zip(("database", "temporal"), answers, strict=True))
    return JSONResponse(parts, 200 if all(answer == "ok" for answer in answers) else 503)


async def metrics(request: Request) -> Response:
    """Requests of this process by route and what it uses; cases, tasks and the outbox, as far as PostgreSQL answers."""
    await _answers(_count(services_of(request)))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = (Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics))
"""Plain routes, without the application's dependencies: whoever asks, no session is looked up for it."""


async def _count(services: Services) -> None:
    async with services.db.session() as session:
        waiting, cases, tasks = await backlogs(session), await open_cases(session), await open_tasks(session)
    OUTBOX.clear()
    for backlog in waiting:
        OUTBOX.labels(backlog.kind).set(backlog.waiting)
    CASES.clear()
    for kind, count in cases.items():
        CASES.labels(kind).set(count)
    TASKS.set(tasks)


async def _ask_database(services: Services) -> None:
    async with services.db.session() as session:
        await session.execute(text("select 1"))


async def _ask_temporal(services: Services) -> None:
    if not await services.temporal.service_client.check_health():
        raise ConnectionError


async def _answers(question: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(question, PATIENCE)
    except Exception as error:  # whatever it is, the part cannot be worked with
        log.warning("part away", error=repr(error))
        return "away"
    return "ok"


class Metrics:
    """ASGI middleware: counts each request, and the seconds until its answer begins (a stream may last for hours)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unknown")
                SECONDS.labels(scope["method"], route).observe(time.perf_counter() - began)
                REQUESTS.labels(scope["method"], route, message["status"]).inc()
            await send(message)

        await self.app(scope, receive, counted if scope["type"] == "http" else send)
