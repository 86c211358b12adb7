"""Other ways in: signed webhooks with their mapping and a try-out, and the addresses that mail makes leads of."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.language import language_of
from api.lead_hook import HookKey
from api.services import Provided, Services
from commands.lead_form import MANAGED
from commands.lead_hook import Hooks
from commands.lead_record import OWN_FIELDS
from commands.ticket_hook import FIELDS
from db.lead_form import regions
from db.lead_hook import LeadHook, list_hooks, list_mailboxes
from domain.access import Actor
from domain.json_path import paths_of
from domain.refusal import Refused
from locales import N_, translate
from ui.acting import say, typed
from ui.form import mistakes
from ui.lead_form_list import Manager, makeable
from ui.lead_upload import NAMES
from ui.names import names
from ui.render import page, redirect

router = APIRouter(prefix="/leads/hooks", include_in_schema=False)
OWN = "x_"
TICKET_NAMES = {
    "message": N_("Message"), "subject": N_("Subject"), "name": N_("Contact"), "email": N_("E-mail"),
    "phone": N_("Phone"), "thread": N_("Conversation in their system"), "serial_number": N_("Serial number"),
    "fault_code": N_("Fault code"), "product": N_("Product"), "kind": N_("Kind"), "priority": N_("Priority"),
    "language": N_("Language"),
}  # fmt: skip
OWN_MOST = 5
"""Empty lines for fields of one's own that the page offers."""

Address = Annotated[str, Path(max_length=254)]


@router.get("")
async def show_list(request: Request, actor: Manager, services: Provided) -> HTMLResponse:
    return await _list(request, actor, services)


@router.post("")
async def add(request: Request, actor: Manager, services: Provided) -> Response:
    """The secret is shown once, on the page that answers."""
    form = await typed(request)
    try:
        hooks = _making(services, form.get("makes") or makeable(actor)[0])
        made = await hooks.add(
            actor, name=form.get("name", ""), region_id=form.get("region_id", ""), source=form.get("source", ""),
            campaign=form.get("campaign") or None,
        )  # fmt: skip
    except Refused as error:
        if error.status != 422:
            raise
        return await _list(request, actor, services, new=form, error=error)
    return await _page(request, services, await hooks.find(actor, made.key), secret=made.secret)


@router.post("/mail")
async def open_box(request: Request, actor: Manager, services: Provided) -> Response:
    form = await typed(request)
    try:
        await services.lead_mail.open_box(
            actor, address=form.get("address", ""), region_id=form.get("region_id", ""),
            source=form.get("source", ""), campaign=form.get("campaign") or None,
        )  # fmt: skip
    except Refused as error:
        if error.status != 422:
            raise
        return await _list(request, actor, services, box=form, error=error)
    return redirect(request, "/leads/hooks", say(request, N_("Saved.")))


@router.post("/mail/{address}/close")
async def close_box(request: Request, address: Address, actor: Manager, services: Provided) -> Response:
    await services.lead_mail.close_box(actor, address)
    return redirect(request, "/leads/hooks", say(request, N_("Mail to this address makes no more leads.")))


@router.get("/{key}")
async def show(request: Request, key: HookKey, actor: Manager, services: Provided) -> HTMLResponse:
    return await _page(request, services, await (await _of(services, key)).find(actor, key))


@router.post("/{key}")
async def change(request: Request, key: HookKey, actor: Manager, services: Provided) -> Response:
    """`act`: save, or try, which only shows what the sample would come to."""
    hooks = await _of(services, key)
    hook = await hooks.find(actor, key)
    form = await typed(request)
    mapping = _mapping(form, hooks)
    try:
        if form.get("act") == "try":
            tried = hooks.try_out(mapping, form.get("sample", ""))
            return await _page(request, services, hook, form=form, mapping=mapping, tried=tried)
        await hooks.change(
            actor, key, name=form.get("name", ""), source=form.get("source", ""), mapping=mapping,
            campaign=form.get("campaign") or None, sample=form.get("sample", ""), active="active" in form,
        )  # fmt: skip
    except Refused as error:
        if error.status != 422:
            raise
        return await _page(request, services, hook, form=form, mapping=mapping, error=error)
    return redirect(request, f"/leads/hooks/{key}", say(request, N_("Saved.")))


@router.post("/{key}/secret")
async def renew(request: Request, key: HookKey, actor: Manager, services: Provided) -> HTMLResponse:
    hooks = await _of(services, key)
    made = await hooks.renew(actor, key)
    return await _page(request, services, await hooks.find(actor, key), secret=made.secret)


def _making(services: Services, makes: str) -> Hooks:
    return services.ticket_hooks if makes == "ticket" else services.lead_hooks


async def _of(services: Services, key: str) -> Hooks:
    async with services.db.session() as session:
        hook = await session.get(LeadHook, key)
    return _making(services, hook.makes if hook else "lead")


def _mapping(form: dict[str, str], hooks: Hooks) -> dict[str, str]:
    """Fields that have a path, and those of one's own that have a key and a path."""
    found = {field: form[f"path-{field}"] for field in hooks.fields if form.get(f"path-{field}")}
    for no in range(60):
        key, path = form.get(f"own-{no}", ""), form.get(f"own-path-{no}", "")
        if key and path:
            found[key if key.startswith(OWN) else OWN + key] = path
    return found


async def _list(
    request: Request, actor: Actor, services: Services, *, new: dict[str, str] | None = None,
    box: dict[str, str] | None = None, error: Refused | None = None,
) -> HTMLResponse:  # fmt: skip
    makes = makeable(actor)

    def mine(region_id: str, *kinds: str) -> bool:
        actions = [MANAGED[one] for one in kinds or makes if one in makes]
        return any(actor.reaches(action, owner=None, region=region_id) for action in actions)

    async with services.db.session(actor.id) as session:
        hooks = [hook for hook in await list_hooks(session) if mine(hook.region_id, hook.makes)]
        boxes = [one for one in await list_mailboxes(session) if mine(one.region_id, "lead")]
        places = [(u.id, u.called(language_of(request))) for u in await regions(session) if mine(u.id)]
        called = await names(session, language_of(request), [])
    listening = services.settings.intake_smtp_port or services.settings.intake_imap_url
    return await page(
        request, "lead/hooks.html", status=error.status if error else 200, hooks=hooks, boxes=boxes, places=places,
        names=called, makes=makes, service=services.settings, new=new, box=box,
        errors=mistakes(request, error) if error else {}, listening=bool(listening),
    )  # fmt: skip


async def _page(
    request: Request, services: Services, hook: LeadHook, *, form: dict[str, str] | None = None,
    mapping: dict[str, str] | None = None, tried: dict[str, str] | None = None, secret: str = "",
    error: Refused | None = None,
) -> HTMLResponse:  # fmt: skip
    paths = hook.mapping if mapping is None else mapping
    own = [(key, path) for key, path in paths.items() if key.startswith(OWN)]
    shown = form or {
        "name": hook.name, "source": hook.source, "campaign": hook.campaign or "", "sample": hook.sample,
        **({"active": "1"} if hook.active else {}),
    }  # fmt: skip
    return await page(
        request, "lead/hook.html", status=error.status if error else 200, hook=hook, typed=shown, paths=paths,
        own=[*own, *([("", "")] * OWN_MOST)][: max(len(own) + 2, OWN_MOST)], fields=_fields(request, hook.makes),
        places=_places(shown.get("sample", "")), tried=tried, secret=secret,
        address=f"{services.settings.base_url}/api/hooks/{hook.makes}s/{hook.key}",
        errors={error.field or "": next(iter(mistakes(request, error).values()))} if error else {},
    )  # fmt: skip


def _fields(request: Request, makes: str) -> list[tuple[str, str]]:
    say_it = translate(language_of(request)).gettext
    fields, called = (FIELDS, TICKET_NAMES) if makes == "ticket" else (OWN_FIELDS, NAMES)
    return [(field, say_it(called[field]) if field in called else field) for field in fields]


def _places(sample: str) -> list[tuple[str, str]]:
    """The places of the sample's values, to choose a path from."""
    try:
        return paths_of(json.loads(sample)) if sample else []
    except (ValueError, RecursionError):
        return []
