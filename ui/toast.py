"""What an action's answer says on the page that follows: "Moved to Negotiation", with Undo where there is one."""

from __future__ import annotations

import json
from typing import Literal
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

COOKIE = "toast"

Kind = Literal["done", "bad", "info"]


def toasted(answer: Response, text: str, kind: Kind = "done", undo: str = "", acted: bool = False) -> Response:
    """Let the answer to an htmx request say `text`. `undo` is the path its Undo button posts to, for ten seconds.

    `acted`: something was changed, so what hears `live:acted` reads itself anew at once, stream or not.
    """
    said: dict[str, dict[str, str]] = {"toast": {"text": text, "kind": kind, "undo": undo}}
    if acted:
        said["live:acted"] = {}
    answer.headers["HX-Trigger"] = json.dumps(said)
    return answer


def redirect(request: Request, url: str, text: str = "", kind: Kind = "done", undo: str = "") -> Response:
    """After an action: go to the page that shows its result, which then says `text`."""
    answer: Response
    if "hx-request" in request.headers:
        answer = Response(status_code=204, headers={"HX-Redirect": url})
    else:
        answer = RedirectResponse(url, 303)
    if text:
        said = quote(json.dumps({"text": text, "kind": kind, "undo": undo}))
        answer.set_cookie(COOKIE, said, max_age=30, httponly=True, samesite="lax")
    return answer


def flashed(request: Request) -> dict[str, str] | None:
    """What the action before left to say, if it is still to be said."""
    try:
        said = json.loads(unquote(request.cookies.get(COOKIE, "")))
        toast = {name: str(said[name]) for name in ("text", "kind", "undo")}
    except (ValueError, KeyError, TypeError):
        return None
    if not toast["undo"].startswith("/"):
        toast["undo"] = ""
    return toast
