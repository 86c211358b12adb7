"""How a page route answers: with a whole page, or with one named block of it for htmx.

A route ends with `return await page(request, "deal/page.html", deal=deal)`, or with
`return await respond(request, "inbox/page.html", "rows", tasks=tasks)`, which gives htmx only that block.
docs/ui.md has the conventions.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ui.environment import pages_of
from ui.toast import COOKIE, redirect, toasted

__all__ = ["fragment", "page", "redirect", "respond", "toasted", "wants_fragment"]

HEADERS = {"Vary": "HX-Request", "Cache-Control": "no-store"}


async def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The whole page."""
    pages = pages_of(request)
    around = await pages.around(request)
    html = pages.write(request, template, None, {**pages.shared(request), **around, **context})
    answer = HTMLResponse(html, status, HEADERS)
    if around["toast"]:
        answer.delete_cookie(COOKIE)
    return answer


async def fragment(request: Request, template: str, block: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """One named block of the page, alone. It sees what the route passes, not what the template sets outside it."""
    pages = pages_of(request)
    html = pages.write(request, template, block, {**pages.shared(request), **context})
    return HTMLResponse(html, status, HEADERS)


async def respond(request: Request, template: str, block: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The block when htmx asks for a part, else the page: one address, two renderings."""
    if wants_fragment(request):
        return await fragment(request, template, block, status=status, **context)
    return await page(request, template, status=status, **context)


def refreshed(request: Request) -> bool:
    """Whether a part of the page reads itself anew, which somebody has before them already."""
    return "hx-trigger" in request.headers and request.headers["hx-trigger"] == request.headers.get("hx-target")


def wants_fragment(request: Request) -> bool:
    """Not when htmx restores a page from history: that needs all of it."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
