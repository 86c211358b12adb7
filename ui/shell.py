"""What the frame around every page asks the server for: the rail's figures, the palette's hits, language and theme."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from domain.refusal import Refused, invalid
from locales import LANGUAGES
from ui.environment import pages_of
from ui.render import fragment
from ui.viewer import viewer_of

THEMES = ("auto", "light", "dark")
A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Hit:
    """One record the palette found. `detail` says what kind of thing it is, and whose."""

    title: str
    detail: str
    href: str
    icon: str


Search = Callable[[Request, str], Awaitable[Sequence[Hit]]]
"""The records that fit a text, among those that whoever asks may see."""

SavePreferences = Callable[[Request, dict[str, str]], Awaitable[None]]
"""Keeps {"language": ...} or {"theme": ...} in the settings of the person who asks."""


@dataclass
class Shell:
    save_preferences: SavePreferences | None = None
    search: Search | None = None

    @property
    def router(self) -> APIRouter:
        router = APIRouter(prefix="/ui", include_in_schema=False)
        router.get("/rail")(self.rail)
        router.get("/palette")(self.palette)
        router.post("/preferences")(self.preferences)
        return router

    async def rail(self, request: Request) -> HTMLResponse:
        if viewer_of(request) is None:
            raise Refused("signed_out", 401)
        return await fragment(request, "base.html", "rail", **await pages_of(request).around(request))

    async def palette(self, request: Request, q: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
        if viewer_of(request) is None:
            raise Refused("signed_out", 401)
        text = q.strip()
        hits = await self.search(request, text) if self.search and text else []
        return await fragment(request, "shell/hits.html", "hits", hits=hits)

    async def preferences(
        self,
        request: Request,
        language: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "",
        go_on: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        """Kept in a cookie too, so that the sign-in page already speaks it."""
        if language and language not in LANGUAGES:
            raise invalid("unknown_language", "language")
        if theme and theme not in THEMES:
            raise invalid("unknown_theme", "theme")
        chosen = {name: value for name, value in (("language", language), ("theme", theme)) if value}
        if chosen and self.save_preferences and viewer_of(request):
            await self.save_preferences(request, chosen)
        answer: Response = RedirectResponse(own_path(go_on), 303)
        if "hx-request" in request.headers:
            answer = Response(status_code=204)
        for cookie, value in (("lang", language), ("theme", theme)):
            if value:
                answer.set_cookie(cookie, value, max_age=A_YEAR, samesite="lax", httponly=True)
        return answer


def own_path(url: str) -> str:
    """Only a path of ours: a form must not send people elsewhere."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or not url.startswith("/") or url.startswith(("//", "/\\")):
        return "/"
    return url
