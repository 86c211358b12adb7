"""Every error as RFC 9457 problem+json: a stable type, a sentence to act on, the field at fault. Pages get a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from temporalio.service import RPCError, RPCStatusCode

from api.language import formats_of, language_of
from api.services import services_of
from db.person import Person
from domain.ids import is_id
from domain.refusal import Refused
from locales import N_, translate
from locales.refusals import refusal_text
from locales.validation import fault_text

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 2
"""Seconds: what restarts a killed PostgreSQL or Temporal server takes about as long."""
AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED})

HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "media_type"}
SOMEBODY = N_("Somebody")
PLACES = frozenset({"body", "query", "path", "header", "cookie"})


class Fault(BaseModel):
    """One field that cannot be used as it is."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """`code` is the last part of `type`; `params` are the figures and names that `detail` speaks of."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, Any] = {}
    errors: list[Fault] = []


ErrorPage = Callable[[Request, Problem], Awaitable[Response]]
"""How a problem looks to somebody who asked for a page; set as `app.state.error_page`."""


def install(app: FastAPI) -> None:
    """The handlers of everything that may be raised in a request."""
    app.exception_handler(Refused)(_refused)
    app.exception_handler(RequestValidationError)(_not_valid)
    app.exception_handler(HTTPException)(_http)
    for away in (OperationalError, InterfaceError, PoolTimeout, RPCError):
        app.exception_handler(away)(_away)
    app.exception_handler(DataError)(_not_storable)
    app.exception_handler(Exception)(_unforeseen)


async def answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    params: dict[str, Any] | None = None,
    errors: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"/problems/{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        params=jsonable_encoder(params or {}),
        errors=errors or [],
    )
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if page is not None and wants_page(request):
        response = await page(request, problem)
        response.headers.update(headers or {})
        return response
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    if request.url.path.startswith("/api/"):
        return False
    return "hx-request" in request.headers or "text/html" in request.headers.get("accept", "")


def faults_of(error: RequestValidationError | ValidationError, language: str) -> list[Fault]:
    """One per field, in the reader's words. A field is named as its form or JSON names it: `lines.0.amount`."""
    return [
        Fault(
            field=".".join(str(part) for part in fault["loc"] if part not in PLACES) or "body",
            code=fault["type"],
            detail=fault_text(fault["type"], fault.get("ctx", {}), language),
        )
        for fault in error.errors()
    ]


def worded(request: Request, refused: Refused) -> str:
    return refusal_text(refused, language_of(request), formats_of(request))


async def named(request: Request, refused: Refused) -> Refused:
    """The refusal with the name of whoever was faster: processes know people by id, which stays as `by_id`."""
    if "by" not in refused.params:
        return refused
    by, language = refused.params["by"], language_of(request)
    async with services_of(request).db.session() as session:
        person = await session.get(Person, by) if is_id(str(by)) else None
    name = person.called(language) if person else translate(language).gettext(SOMEBODY)
    return Refused(refused.code, refused.status, field=refused.field, **refused.params | {"by": name, "by_id": by})


async def _refused(request: Request, refused: Refused) -> Response:
    refused = await named(request, refused)
    detail = worded(request, refused)
    errors = [Fault(field=refused.field, code=refused.code, detail=detail)] if refused.field else []
    headers = {}
    if refused.status in (429, 503):
        headers["Retry-After"] = str(refused.params.get("seconds", RETRY_AFTER))
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return await answer(
        request, refused.status, refused.code, detail, params=refused.params, errors=errors, headers=headers
    )


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    if wants_page(request) and all(fault["loc"][0] == "path" for fault in error.errors()):
        return await _http(request, HTTPException(404))  # an address that somebody typed, or cut short
    faults = faults_of(error, language_of(request))
    refused = Refused("invalid", 422, fields=", ".join(fault.field for fault in faults))
    return await answer(request, 422, "invalid", worded(request, refused), errors=faults)


async def _http(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: no such route, a method it does not take, a body that is too large."""
    code = HTTP_CODES.get(error.status_code, "bad_request")
    detail = worded(request, Refused(code, error.status_code))
    return await answer(request, error.status_code, code, detail, headers=dict(error.headers or {}))


async def _away(request: Request, error: Exception) -> Response:
    """PostgreSQL or Temporal is not there just now: nothing is wrong with the request."""
    if isinstance(error, RPCError) and error.status not in AWAY:
        return await _unforeseen(request, error)
    log.warning("away", path=request.url.path, error=repr(error))
    return await _refused(request, Refused("away", 503))


async def _not_storable(request: Request, error: DataError) -> Response:
    log.warning("not storable", path=request.url.path, error=str(error.orig))
    return await _refused(request, Refused("invalid", 422, fields="body"))


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Says nothing of what happened but the number under which the log tells all of it."""
    number = uuid4().hex[:12]
    log.error("unforeseen error", number=number, method=request.method, path=request.url.path, exc_info=error)
    return await _refused(request, Refused("unforeseen", 500, number=number))
