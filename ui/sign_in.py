"""Signing in, with a second step for those who have one, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import CurrentActor, SignedInActor, Visiting, forget_session, keep_session, same_origin, session_secret
from api.services import Provided
from commands.sign_in import CodeNeeded
from domain.refusal import Refused
from settings import Settings
from ui.form import mistakes
from ui.render import page
from ui.shell import own_path
from ui.viewer import viewer_of

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, Form(max_length=1000)]
Next = Annotated[str, Form(alias="next", max_length=2000)]


@router.get("/")
async def start(actor: CurrentActor) -> Response:
    """Where a day begins: with what waits for one."""
    return RedirectResponse("/inbox", 303)


@router.get("/sign-in")
async def ask(request: Request, go_on: Annotated[str, Query(alias="next", max_length=2000)] = "/") -> Response:
    if viewer_of(request) is not None:
        return RedirectResponse(own_path(go_on), 303)
    return await page(request, "sign_in/password.html", next=own_path(go_on), email="", errors={})


@router.post("/sign-in")
async def check_password(
    request: Request,
    visitor: Visiting,
    services: Provided,
    email: Typed = "",
    password: Typed = "",
    go_on: Next = "/",
) -> Response:
    same_origin(request)
    try:
        passed = await services.sign_in.with_password(visitor, email, password)
    except Refused as refused:
        return await page(
            request,
            "sign_in/password.html",
            status=refused.status,
            next=own_path(go_on),
            email=email,
            errors=mistakes(request, refused),
        )
    if isinstance(passed, CodeNeeded):
        return await page(request, "sign_in/code.html", next=own_path(go_on), note=passed.note, errors={})
    return _welcome(services.settings, passed, go_on)


@router.post("/sign-in/code")
async def check_code(
    request: Request, visitor: Visiting, services: Provided, note: Typed = "", code: Typed = "", go_on: Next = "/"
) -> Response:
    same_origin(request)
    try:
        secret = await services.sign_in.with_code(visitor, note, code)
    except Refused as refused:
        again = "sign_in/password.html" if refused.code == "sign_in_again" else "sign_in/code.html"
        return await page(
            request,
            again,
            status=refused.status,
            next=own_path(go_on),
            note=note,
            email="",
            errors=mistakes(request, refused),
        )
    return _welcome(services.settings, secret, go_on)


@router.post("/sign-out")
async def leave(request: Request, actor: SignedInActor, services: Provided) -> Response:
    answer = RedirectResponse("/sign-in", 303)
    if secret := session_secret(request):
        await services.sign_in.out(secret, actor.id)
    forget_session(answer, services.settings)
    return answer


def _welcome(settings: Settings, secret: str, go_on: str) -> Response:
    answer = RedirectResponse(own_path(go_on), 303)
    keep_session(answer, settings, secret)
    return answer
