"""The Temporal UI behind the app: only operators reach it, and it never sees a cookie of ours."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.auth import READING, require, same_origin
from api.services import Provided
from domain.access import Action
from domain.refusal import Refused

PATH = "/temporal"
CSP = "; ".join((
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline'",  # its pages start themselves with inline scripts
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip

HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "content-length",
})  # fmt: skip
OURS = HOP_BY_HOP | {"host", "cookie", "authorization", "x-csrf-token", "forwarded", "x-forwarded-for"}
THEIRS = HOP_BY_HOP | {"set-cookie", "content-security-policy", "x-frame-options", "server", "date"}


@asynccontextmanager
async def reaching_temporal(app: FastAPI) -> AsyncIterator[None]:
    timeout = httpx.Timeout(10, read=None)  # the UI asks for long polls
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as app.state.temporal_ui:
        yield


router = APIRouter(
    include_in_schema=False, dependencies=[Depends(require(Action.OPS))], lifespan=reaching_temporal
)  # fmt: skip


@router.get(PATH)
async def enter() -> Response:
    return RedirectResponse(f"{PATH}/")


@router.api_route(PATH + "/{rest:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def pass_on(request: Request, services: Provided) -> Response:
    """Raises Refused: 404 where no Temporal UI is set up, 403 for what another site sent, 503 while it is away."""
    target = services.settings.temporal_ui_url
    if target is None:
        raise Refused("temporal_ui_none", 404)
    client: httpx.AsyncClient = request.app.state.temporal_ui
    asked = client.build_request(
        request.method,
        httpx.URL(target).copy_with(raw_path=_as_sent(request)),
        headers=_headers(request),
        content=None if request.method in READING else await request.body(),
    )
    try:
        answer = await client.send(asked, stream=True)
    except httpx.TransportError:
        raise Refused("away", 503) from None
    return StreamingResponse(
        answer.aiter_raw(),
        answer.status_code,
        {name: value for name, value in answer.headers.items() if name.lower() not in THEIRS}
        | {"Content-Security-Policy": CSP},
        background=BackgroundTask(answer.aclose),
    )


def _as_sent(request: Request) -> bytes:
    """Path and query byte for byte: a workflow's id may hold a slash, which stands in a path as %2F."""
    raw_path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return raw_path + b"?" + query if query else raw_path


def _headers(request: Request) -> dict[str, str]:
    headers = {name: value for name, value in request.headers.items() if name not in OURS}
    if request.method not in READING:
        same_origin(request)
        # Its own guard wants one token in a cookie and in a header; where the request comes from was checked here.
        token = secrets.token_urlsafe(16)
        headers |= {"cookie": f"_csrf={token}", "x-csrf-token": token}
    return headers
