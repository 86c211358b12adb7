"""One's own account: who one is here, language and zone, password, second factor, tokens for programs."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Path, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, SignedInActor, Visiting, session_secret
from api.services import Provided, Services
from commands.account import TOKEN_DAYS_MAX, Preferences
from db.person import member, people_by_id
from db.sign_in import list_tokens
from domain.access import Actor
from domain.ids import RecordId
from domain.person import PASSWORD_MIN
from domain.refusal import Refused
from locales import N_, translate
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import page
from ui.toast import redirect

router = APIRouter(prefix="/me", include_in_schema=False)

Typed = Annotated[str, Form(max_length=1000)]
ZONES = [(zone, zone) for zone in sorted(available_timezones())]


@router.get("")
async def me(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _show(request, actor, services)


async def _show(request: Request, actor: Actor, services: Services, *, status: int = 200, **more: Any) -> HTMLResponse:
    """`more`: the `errors` of a form, and a token just `made`."""
    async with services.db.session(actor.id) as session:
        known = await member(session, actor.id)
        tokens = await list_tokens(session, actor.id)
        manager_id = known.person.manager_id
        manager = (await people_by_id(session, [manager_id]))[manager_id] if manager_id else None
    context = {"errors": {}, "made": ""} | more
    return await page(
        request,
        "account/page.html",
        status=status,
        me=known,
        manager=manager,
        tokens=tokens,
        zones=ZONES,
        company_zone=services.settings.zone,
        days_most=TOKEN_DAYS_MAX,
        **context,
    )


@router.post("/preferences")
async def prefer(
    request: Request, actor: CurrentActor, services: Provided, language: Typed = "", zone: Typed = "", theme: Typed = ""
) -> Response:
    try:
        wishes = Preferences.model_validate(
            {"language": language or None, "zone": zone or None, "theme": theme or "auto"}
        )
        await services.account.prefer(actor, wishes)
    except (Refused, ValidationError) as error:
        return await _show(request, actor, services, status=422, errors=mistakes(request, error))
    return _done(request, N_("Saved."))


@router.post("/mail")
async def choose_mail(request: Request, actor: CurrentActor, services: Provided, mail: Typed = "") -> Response:
    try:
        await services.account.prefer(actor, Preferences.model_validate({"mail": mail}))
    except ValidationError as error:
        return await _show(request, actor, services, status=422, errors=mistakes(request, error))
    return _done(request, N_("Saved."))


@router.get("/password")
async def ask_password(request: Request, actor: SignedInActor) -> HTMLResponse:
    return await page(request, "account/password.html", errors={}, least=PASSWORD_MIN)


@router.post("/password")
async def change_password(
    request: Request,
    visitor: Visiting,
    actor: SignedInActor,
    services: Provided,
    current: Typed = "",
    new: Typed = "",
    again: Typed = "",
) -> Response:
    try:
        if new != again:
            raise Refused("password_differs", 422, field="again")
        await services.account.change_password(actor, visitor, current, new, session_secret=session_secret(request))
    except Refused as refused:
        errors = mistakes(request, refused)
        return await page(request, "account/password.html", status=refused.status, errors=errors, least=PASSWORD_MIN)
    return _done(request, N_("Your password is changed. Other browsers are signed out."))


@router.get("/second-factor")
async def offer_second_factor(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    offer = await services.account.offer_second_factor(actor)
    return await page(request, "account/second_factor.html", offer=offer, errors={})


@router.post("/second-factor")
async def enable_second_factor(
    request: Request, actor: CurrentActor, services: Provided, note: Typed = "", code: Typed = ""
) -> Response:
    try:
        await services.account.enable_second_factor(actor, note, code)
    except Refused as refused:
        offer = await services.account.offer_second_factor(actor, note)
        errors = mistakes(request, refused)
        return await page(request, "account/second_factor.html", status=refused.status, offer=offer, errors=errors)
    return _done(request, N_("The second factor is on. You will be asked for a code when you sign in."))


@router.post("/second-factor/off")
async def disable_second_factor(
    request: Request, visitor: Visiting, actor: CurrentActor, services: Provided, current: Typed = ""
) -> Response:
    try:
        await services.account.disable_second_factor(actor, visitor, current)
    except Refused as refused:
        return await _show(request, actor, services, status=refused.status, errors=mistakes(request, refused))
    return _done(request, N_("The second factor is off."))


@router.post("/tokens")
async def create_token(
    request: Request, actor: CurrentActor, services: Provided, name: Typed = "", days: Typed = ""
) -> Response:
    """Answers with the page itself, since the token is shown this once."""
    try:
        if days and not days.isdecimal():
            raise Refused("days_range", 422, field="days", most=TOKEN_DAYS_MAX)
        made = await services.account.create_token(actor, name, int(days) if days else None)
    except Refused as refused:
        return await _show(request, actor, services, status=refused.status, errors=mistakes(request, refused))
    return await _show(request, actor, services, made=made)


@router.post("/tokens/{token_id}/revoke")
async def revoke_token(
    request: Request, token_id: Annotated[RecordId, Path()], actor: CurrentActor, services: Provided
) -> Response:
    await services.account.revoke_token(actor, token_id)
    return _done(request, N_("The token no longer works."))


def _done(request: Request, text: str) -> Response:
    language = pages_of(request).language(request)
    return redirect(request, "/me", translate(language).gettext(text))
