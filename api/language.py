"""Which language a request is answered in."""

from __future__ import annotations

from starlette.requests import Request

from locales import negotiate
from locales.formats import Formats
from settings import Settings


def language_of(request: Request, own: str | None = None) -> str:
    """What the address asks for, one's own setting, the cookie, what the browser asks for, the company's."""
    viewer = getattr(request.state, "viewer", None)
    wishes = [
        request.query_params.get("lang"),
        own or (viewer.language if viewer else None),
        request.cookies.get("lang"),
    ]
    return negotiate(wishes, request.headers.get("accept-language"), settings_of(request).language)


def formats_of(request: Request) -> Formats:
    viewer = getattr(request.state, "viewer", None)
    settings = settings_of(request)
    return Formats(language_of(request), (viewer.zone if viewer else "") or settings.zone, settings.currency)


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
