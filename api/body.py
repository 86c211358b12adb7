"""What a request may carry, whatever the route: a size, text that can be stored, a key where something is made."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import FORMS
from domain.refusal import invalid
from domain.text import is_storable

LARGEST = 26 * 1024 * 1024
"""Bytes of a body with a file: a document of 25 MB and what is sent around it."""
LARGEST_TEXT = 512 * 1024
"""Bytes of any other body: it is read as a whole before anybody is known, so it must be read quickly."""
LARGEST_SENT = 64 * 1024 * 1024
"""Bytes of a body with files from somebody not signed in: more than is kept (commands/ticket_file.py), so that the form
itself can say so, with what was typed still in it. It goes to the disk as it comes."""
SENT = ("/f/", "/t/")
LARGEST_IMPORT = 4 * 1024 * 1024 * 1024 + 1024 * 1024
"""Bytes of a body with a file of customers: it goes to the disk as it comes."""
IMPORTS = ("/api/customer-imports", "/customers/import")
KEY = re.compile(r"[\x21-\x7e]{8,200}")


class BodyLimit:
    """ASGI middleware: too large a body is refused (413) as it comes, so that memory holds what is allowed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            files = headers.get("content-type", "").lower().startswith("multipart/")
            limit = _limit(scope["path"]) if files else LARGEST_TEXT
            receive = _limited(receive, headers.get("content-length", ""), limit)
        await self.app(scope, receive, send)


def _limit(path: str) -> int:
    if path in IMPORTS:
        return LARGEST_IMPORT
    return LARGEST_SENT if path.startswith(SENT) else LARGEST


def _limited(receive: Receive, announced: str, limit: int) -> Receive:
    too_large = HTTPException(413)
    size = int(announced) if announced.isdigit() else 0
    came = 0

    async def limited() -> Message:
        nonlocal came
        if size > limit:
            raise too_large
        message = await receive()
        came += len(message.get("body", b""))
        if came > limit:
            raise too_large
        return message

    return limited


async def text_is_storable(request: Request) -> None:
    """Raises Refused (422) for text that PostgreSQL cannot keep: NUL characters and halves of surrogate pairs.

    Said here, since a process would only find out after it had accepted the command.
    """
    _check(dict(request.path_params))
    _check(request.query_params.multi_items())
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith(FORMS):
        _check((await request.form()).multi_items())
    elif await request.body():  # whatever it is called: what can be read as JSON may be taken as JSON
        _check(await _json(request))


async def _json(request: Request) -> Any:
    """None for what is not JSON, or too deep: the route says so better."""
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def _check(body: Any) -> None:
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if not is_storable(value):
                raise invalid("text_not_storable", "body")
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value


async def idempotency_key(
    request: Request,
    header: Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=200)] = None,
) -> str:
    """What makes sending twice the same as once: a header, or the field `idempotency_key` of a form.

    Raises Refused (422) key_missing.
    """
    key: Any = header
    if key is None and request.headers.get("content-type", "").lower().startswith(FORMS):
        key = (await request.form()).get("idempotency_key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise invalid("key_missing", "Idempotency-Key")
    return key


IdempotencyKey = Annotated[str, Depends(idempotency_key)]
