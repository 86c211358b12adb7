"""Several customers made into one: each field from one of them, who goes on in each region; and that undone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.customer_merge import MOST, MergeBody, values_of
from db.customer import Customer
from db.customer_case import find_customer
from db.customer_field import readable_by
from db.customer_list import list_customers
from db.customer_match import find_alike, parties
from db.customer_merge_case import MergeCase, merge_case
from db.customer_pair import mergeable
from db.customer_reader import seen_values
from db.policy import current_policy
from domain.access import Action, Actor
from domain.customer_field import CustomerFieldPolicy, fields, for_reader, shown
from domain.customer_merge import OWN, choices, owned
from domain.field import Field
from domain.ids import RecordId, is_id
from domain.policy import load
from domain.refusal import Refused, invalid
from locales import N_, translate
from locales.formats import Formats
from ui.acting import say, typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect, respond

router = APIRouter(prefix="/customers", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_MERGE))])
LISTED = 20
"""Customers to pick from; more typing finds the others."""
Ids = Annotated[list[RecordId], Query(min_length=2, max_length=MOST)]
BILLED = {
    "invoice_title": N_("Invoice title"), "billing_address": N_("Address on the invoice"),
    "billing_phone": N_("Phone on the invoice"), "bank_name": N_("Bank"), "bank_account": N_("Account number"),
    "language": N_("Language of letters and quotes"), "service_tier": N_("Service tier"),
}  # fmt: skip


@router.get("/merge")
async def ask(
    request: Request, actor: CurrentActor, services: Provided, ids: Ids, at: RecordId | None = None
) -> HTMLResponse:
    """The first of `ids` stays; the others become signposts to it. `at`: the customer whose page one comes from."""
    return await _page(request, actor, services, ids, {"at": at or ""})


@router.get("/{customer_id}/merge-with", dependencies=[Depends(follow_signpost)])
async def choose(
    request: Request, customer_id: RecordId, actor: CurrentActor, services: Provided,
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:  # fmt: skip
    """Which customer is the same as this one: found by `q`, without it those that are alike."""
    async with services.db.session(actor.id) as session:
        mine = (await mergeable(session, actor, [customer_id])).get(customer_id)
        if mine is None:
            await find_customer(session, actor, customer_id)
            raise Refused("merge_other_region", 403)
        offered = await _offered(session, actor, mine, q.strip())
        readable = await readable_by(session, actor)
    cities = {one.id: seen_values(one, readable).get("city") for one, _ in offered}
    return await respond(
        request, "customer/merge_with.html", "picks", customer=mine, offered=offered, cities=cities, sought=q
    )


async def _offered(
    session: AsyncSession, actor: Actor, mine: Customer, text: str
) -> list[tuple[Customer, tuple[str, ...]]]:
    """Each with what it shares, where nothing is looked for."""
    found: dict[str, tuple[str, ...]]
    if text:
        found = {one.id: () for one in await list_customers(session, actor, text=text, limit=LISTED)}
    else:
        party = (await parties(session, [mine.id]))[mine.id]
        found = {one: score.reasons for one, score in await find_alike(session, party, but_not=mine.id)}
    may = await mergeable(session, actor, list(found))
    return [(may[one], reasons) for one, reasons in found.items() if one in may and one != mine.id]


@router.post("/merge")
async def merge(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    ids = [one for one in form.get("ids", "").split(",") if one]
    survivor = form.get("survivor") or (ids[0] if ids else "")
    try:
        await services.customer_merges.merge(actor, key, survivor, _body(form, ids, survivor))
    except ValidationError:
        raise invalid("field_unknown", "ids", name="ids") from None
    except Refused as refused:
        if refused.status not in (409, 422) or refused.code == "customer_merged":
            raise
        return await _page(request, actor, services, ids, form, refused)
    return redirect(request, f"/customers/{survivor}", say(request, N_("They are one customer now.")))


@router.post("/merges/{merge_id}/undo")
async def undo(
    request: Request, merge_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    undone = await services.customer_merges.undo(actor, key, merge_id)
    text = N_("The merge is undone. Some things stay as they are, because they were changed since.")
    said = say(request, text if undone.kept else N_("The merge is undone."))
    back = form.get("back", "")
    return redirect(request, back if back.startswith("/customers/") else "/customers/duplicates", said)


def _body(form: dict[str, str], ids: list[str], survivor: str) -> MergeBody:
    def chosen(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix) and value}

    return MergeBody.model_validate({
        "merged": [one for one in ids if one != survivor], "fields": chosen("f."), "owners": chosen("o."),
        "seen": {one: datetime.fromisoformat(at) for one, at in chosen("seen.").items()},
    })  # fmt: skip


async def _page(
    request: Request, actor: Actor, services: Services, ids: list[str], form: dict[str, str],
    error: Refused | None = None,
) -> HTMLResponse:  # fmt: skip
    language = language_of(request)
    async with services.db.session(actor.id) as session:
        case = await merge_case(session, actor, ids)
        policy = load(CustomerFieldPolicy, (await current_policy(session, CustomerFieldPolicy.kind))[1])
        called = await names(session, language, {one.owner_id for one in case.follows})
    differing = _choices(actor, policy, case, pages_of(request).formats(request))
    regions = owned([(one.customer_id, one.region_id, one.owner_id) for one in case.follows])
    return await page(
        request, "customer/merge.html", status=error.status if error else 200, case=case, typed=form,
        errors=mistakes(request, error) if error else {}, fields=differing,
        regions=regions, names=called, survivor=form.get("survivor") or ids[0],
        ids=",".join(one.id for one in case.customers),
        back=f"/customers/{form['at']}" if is_id(form.get("at", "")) else "/customers/duplicates",
    )  # fmt: skip


def _choices(actor: Actor, policy: CustomerFieldPolicy, case: MergeCase, formats: Formats) -> list[dict[str, Any]]:
    """Where they differ, with what may be shown of each value; a field that one may not see is the survivor's."""
    known: dict[str, Field] = {one.key: one for one in for_reader(actor, fields(policy)).open}
    words = translate(formats.language)
    found = []
    for choice in choices([values_of(one) for one in case.customers]):
        key = choice.key.removeprefix(OWN)
        field = known.get(key)
        if field is None and key not in BILLED:
            continue
        label = field.label.called(formats.language) if field else words.gettext(BILLED[key])
        values = {
            one: str(shown(field, value, formats)) if field else str(value) for one, value in choice.values.items()
        }
        found.append({"key": choice.key, "label": label, "values": values, "taken": choice.taken})
    return found
