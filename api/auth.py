"""Who asks. One dependency of the whole application finds out, so that no route can forget to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from api.language import language_of, settings_of
from api.services import services_of
from commands.credentials import Visitor
from commands.sign_in import SESSION_LIFE
from db.sign_in import SignedIn
from domain.access import Action, Actor, Role, Scope
from domain.refusal import Refused
from settings import Settings

READING = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FOREIGN_SCRIPTS = ("/temporal/", "/temporal-codec/")
"""Where the Temporal UI's scripts send to. They know no token of ours: that they come from our own pages must do."""


@dataclass(frozen=True)
class Viewer:
    """The signed-in person as pages know them (ui.viewer.Viewer)."""

    id: str
    name: str
    email: str
    roles: frozenset[Role]
    regions: frozenset[str]
    language: str
    zone: str
    theme: str
    holder_keys: frozenset[str]
    must_change_password: bool
    second_factor: bool


async def identify(request: Request) -> None:
    """Sets `viewer` and `actor` (None where nobody signed in) and `csrf` on `request.state`.

    Raises Refused (403) csrf for a form that this session did not send.
    """
    request.state.viewer = request.state.actor = None
    request.state.csrf = ""
    bearer = _bearer(request)
    secret = bearer or session_secret(request)
    found = await services_of(request).sign_in.find(secret) if secret else None
    if found is None:
        return
    request.state.viewer, request.state.actor = _viewer(request, found), found.actor
    if found.csrf is not None:
        request.state.csrf = found.csrf
        if request.method not in READING:
            same_origin(request)
            if request.url.path.startswith(FOREIGN_SCRIPTS):
                return
            if not secrets.compare_digest((await _sent_csrf(request)).encode(), found.csrf.encode()):
                raise Refused("csrf", 403)


def _viewer(request: Request, found: SignedIn) -> Viewer:
    person, actor = found.person, found.actor
    return Viewer(
        id=person.id,
        name=person.called(language_of(request, person.language)),
        email=person.email,
        roles=actor.roles,
        regions=actor.regions,
        language=person.language or "",
        zone=person.zone or "",
        theme="" if person.theme == "auto" else person.theme,
        holder_keys=actor.keys_at_hand,
        must_change_password=person.password_temporary,
        second_factor=person.totp_secret is not None,
    )


def session_secret(request: Request) -> str | None:
    return request.cookies.get(cookie_name(settings_of(request)))


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


async def _sent_csrf(request: Request) -> str:
    if "x-csrf-token" in request.headers:
        return request.headers["x-csrf-token"]
    if not request.headers.get("content-type", "").lower().startswith(FORMS):
        return ""
    sent = (await request.form()).get("_csrf")
    return sent if isinstance(sent, str) else ""


def same_origin(request: Request) -> None:
    """Raises Refused (403) for what another site's page sent. A browser says so; a program says nothing."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if origin == "null" and site == "same-origin":
        origin = None  # a page of ours that sends no referrer
    ours = {request.headers.get("host"), urlsplit(settings_of(request).base_url).netloc}
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc not in ours):
        raise Refused("csrf", 403)


async def signed_in(request: Request) -> Actor:
    """Raises Refused (401) signed_out."""
    actor: Actor | None = request.state.actor
    if actor is None:
        raise Refused("signed_out", 401)
    return actor


async def current_actor(request: Request, actor: Annotated[Actor, Depends(signed_in)]) -> Actor:
    """Also Refused (403) until a password from an administrator is replaced by one's own."""
    if request.state.viewer.must_change_password:
        raise Refused("password_temporary", 403)
    return actor


SignedInActor = Annotated[Actor, Depends(signed_in)]
CurrentActor = Annotated[Actor, Depends(current_actor)]


def require(action: Action) -> Callable[[Actor], Scope]:
    """For `Depends(require(Action.X))`: Refused (403) where no role of the actor allows it, else how far it reaches."""

    def required(actor: CurrentActor) -> Scope:
        return actor.require(action)

    return required


def visitor_of(request: Request) -> Visitor:
    """The address is the proxy's where uvicorn does not trust it (`--forwarded-allow-ips`)."""
    return Visitor(request.client.host if request.client else "unknown", request.headers.get("user-agent"))


Visiting = Annotated[Visitor, Depends(visitor_of)]


def cookie_name(settings: Settings) -> str:
    """With the prefix, browsers take the cookie from this very host only, and only over https."""
    return "__Host-session" if settings.secure else "session"


def keep_session(answer: Response, settings: Settings, secret: str) -> None:
    answer.set_cookie(
        cookie_name(settings),
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.secure,
    )


def forget_session(answer: Response, settings: Settings) -> None:
    answer.delete_cookie(cookie_name(settings), httponly=True, samesite="lax", secure=settings.secure)
