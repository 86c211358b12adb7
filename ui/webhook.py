"""Outgoing webhooks: where messages to other systems go, how each was sent, and what may be done about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.webhook import WebhookTarget, deliveries, failing, targets
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.refusal import Refused, not_found
from locales import N_
from ui.acting import say, typed
from ui.form import mistakes
from ui.render import page, redirect

router = APIRouter(prefix="/webhooks", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])


@router.get("")
async def show_all(request: Request, actor: CurrentActor, services: Provided) -> Response:
    return await _list(request, actor, services)


@router.post("")
async def register(request: Request, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        target_id, secret = await services.webhooks.register(
            actor, key=form.get("key", ""), name=form.get("name", ""), url=form.get("url", "")
        )
    except Refused as refused:
        if refused.status != 422:
            raise
        return await _list(request, actor, services, form, mistakes(request, refused))
    return await _one(request, actor, services, target_id, secret=secret)


@router.get("/{target_id}")
async def show(request: Request, target_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    return await _one(request, actor, services, target_id)


@router.post("/{target_id}")
async def change(request: Request, target_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        await services.webhooks.change(actor, target_id, name=form.get("name", ""), url=form.get("url", ""))
    except Refused as refused:
        if refused.status != 422:
            raise
        return await _one(request, actor, services, target_id, typed=form, errors=mistakes(request, refused))
    return redirect(request, f"/webhooks/{target_id}", say(request, N_("The webhook is changed.")))


@router.post("/{target_id}/do")
async def act(
    request: Request,
    target_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    do: Annotated[str, Form(max_length=20)],
) -> Response:
    webhooks, here = services.webhooks, f"/webhooks/{target_id}"
    match do:
        case "try":
            await webhooks.try_out(actor, target_id)
            return redirect(request, here, say(request, N_("A trial message is on its way.")))
        case "pause" | "resume":
            await webhooks.pause(actor, target_id, active=do == "resume")
            return redirect(request, here)
        case "secret":
            secret = await webhooks.renew_secret(actor, target_id)
            return await _one(request, actor, services, target_id, secret=secret)
        case "remove":
            await webhooks.remove(actor, target_id)
            return redirect(request, "/webhooks", say(request, N_("The webhook was removed.")))
        case _:
            raise not_found("webhook")


@router.post("/deliveries/{delivery_id}/again")
async def again(request: Request, delivery_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    target_id = await services.webhooks.send_again(actor, delivery_id)
    return redirect(request, f"/webhooks/{target_id}", say(request, N_("It is sent again.")))


async def _list(
    request: Request,
    actor: Actor,
    services: Services,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    async with services.db.session(actor.id) as session:
        known, failed = await targets(session), await failing(session)
    return await page(
        request, "webhook/list.html", status=422 if errors else 200, targets=known, failed=failed, typed=form or {},
        errors=errors or {},
    )  # fmt: skip


async def _one(
    request: Request, actor: Actor, services: Services, target_id: str, *, secret: str = "",
    typed: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """`secret` is shown once: right after it was made."""
    async with services.db.session(actor.id) as session:
        target = await session.get(WebhookTarget, target_id)
        if target is None:
            raise not_found("webhook")
        sent = await deliveries(session, target_id)
    return await page(
        request, "webhook/page.html", status=422 if errors else 200, target=target, deliveries=sent, secret=secret,
        typed=typed or {"name": target.name, "url": target.url}, errors=errors or {},
    )  # fmt: skip
