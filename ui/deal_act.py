"""What is done on a deal by a form of its own: people, competitors, files, and how the deal goes over to others.

Each act has one address: its form by GET, as a dialog or a page of its own, and the act by POST.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.deal import NoteBody
from api.deal_part import CompetitorBody, CopyBody, HandOverBody, PersonBody, ReopenBody, SplitBody
from api.document import chunks_of
from api.problem import named
from api.services import Provided, Services
from commands.contact import ContactBody
from commands.deal_transfer import SELLS
from db.colleague import sellers_in
from db.customer import Customer, contacts_of
from db.deal import Deal
from db.deal_part import parts_of
from db.person import Member
from db.scope import visible
from domain.access import Action, Actor
from domain.deal import ATTITUDES, COMPETITOR_STATUSES, HOWS, PARTS, PERSON_ROLES, RESULTS
from domain.ids import RecordId
from domain.money import parse_amount, plain_amount
from domain.process import Answer
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import appears, body, done, say, sent_file, typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import fragment, page, redirect, wants_fragment

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_WORK))])

Act = Literal[
    "follow-up", "person", "drop-person", "competitor", "drop-competitor", "file", "drop-file", "hand-over", "split",
    "copy", "reopen",
]  # fmt: skip
Form = dict[str, str]


class Done(NamedTuple):
    """`made`: the id of the deal it made, which is shown next."""

    answer: Answer
    made: str | None = None


class Doing(NamedTuple):
    services: Services
    actor: Actor
    key: str
    deal_id: str
    form: Form
    request: Request


TITLES: dict[Act, str] = {
    "follow-up": N_("Log a follow-up"),
    "person": N_("Person on the customer's side"),
    "drop-person": N_("Take this person off the deal?"),
    "competitor": N_("Competitor"),
    "drop-competitor": N_("Take this competitor off the deal?"),
    "file": N_("Add a file"),
    "drop-file": N_("Take this file off the deal?"),
    "hand-over": N_("Hand over to a colleague"),
    "split": N_("Split the deal"),
    "copy": N_("Copy the deal"),
    "reopen": N_("Reopen the deal"),
}

SAID: dict[Act, str] = {
    "follow-up": N_("The follow-up is logged."),
    "person": N_("The person is on the deal."),
    "drop-person": N_("The person is off the deal."),
    "competitor": N_("The competitor is noted."),
    "drop-competitor": N_("The competitor is off the deal."),
    "file": N_("The file is on the deal."),
    "drop-file": N_("The file is off the deal."),
    "hand-over": N_("The deal is handed over."),
    "split": N_("The part is a deal of its own."),
    "copy": N_("The copy is open."),
    "reopen": N_("The deal is open again."),
}


@router.get("/{deal_id}/{act}")
async def ask(
    request: Request,
    deal_id: RecordId,
    act: Act,
    actor: CurrentActor,
    services: Provided,
    which: Annotated[str, Query(max_length=36)] = "",
) -> HTMLResponse:
    """`which`: the person, competitor or file it is about; none: a new one."""
    return await _ask(request, actor, services, deal_id, act, which)


@router.post("/{deal_id}/{act}")
async def act(
    request: Request, deal_id: RecordId, act: Act, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    doing = Doing(services, actor, key, deal_id, form, request)
    try:
        answer, made = await DO[act](doing)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused):
            if error.status not in (409, 413, 422):
                raise
            error = await named(request, error)
        status = error.status if isinstance(error, Refused) else 422
        return await _ask(
            request, actor, services, deal_id, act, form.get("which", ""),
            status=status, typed=form, errors=mistakes(request, error),
        )  # fmt: skip
    said = say(request, SAID[act])
    if made is not None:
        await appears(services, actor, "deal", made)
        return redirect(request, f"/deals/{made}", said)
    if act == "hand-over" and not await _still_seen(services, actor, deal_id):
        return redirect(request, "/deals", said)
    return done(request, f"/deals/{deal_id}", answer, said)


async def _still_seen(services: Services, actor: Actor, deal_id: str) -> bool:
    """Who has given their own deal away no longer sees it."""
    async with services.db.session(actor.id) as session:
        try:
            await visible(session, actor, "deal", deal_id)
        except Refused:
            return False
    return True


# --- the acts ---------------------------------------------------------------------------------------------------------


async def _follow_up(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    note = body(NoteBody, form, "how", "note", "result", "next_step", "next_step_on")
    return Done(await services.deals.note(actor, key, deal_id, **note.model_dump()))


async def _person(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    contact: dict[str, Any] = {"contact_id": form["contact_id"]} if form.get("contact_id") else {}
    if not contact:
        if not form.get("name"):
            raise invalid("field_needed", "contact_id")
        contact = {"contact": body(ContactBody, form, "name", "title", "phone", "email")}
    person = body(PersonBody, form, "role", "attitude", "note", **contact)
    contact_id = person.contact_id
    if contact_id is None and person.contact is not None:
        contact_id = await services.deals.new_contact(actor, key, deal_id, person.contact)
    said = person.model_dump(include={"role", "attitude", "note"})
    return Done(await services.deals.keep_person(actor, key, deal_id, contact_id=contact_id or "", **said))


async def _drop_person(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    return Done(await services.deals.drop_person(actor, key, deal_id, contact_id=form.get("which", "")))


async def _competitor(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    which = {"competitor_id": form["which"]} if form.get("which") else {}
    kept = body(CompetitorBody, form, "name", "strengths", "status", **which)
    return Done(await services.deals.keep_competitor(actor, key, deal_id, **kept.model_dump()))


async def _drop_competitor(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    return Done(await services.deals.drop_competitor(actor, key, deal_id, competitor_id=form.get("which", "")))


async def _file(doing: Doing) -> Done:
    services, actor, key, deal_id, _, request = doing
    file = await sent_file(request)
    if file is None:
        raise invalid("field_needed", "file")
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "deal", deal_id)
    stored = await services.documents.add_file(actor, file.filename or "", chunks_of(file))
    return Done(await services.deals.keep_file(actor, key, deal_id, stored))


async def _drop_file(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    return Done(await services.deals.drop_file(actor, key, deal_id, file_id=form.get("which", "")))


async def _hand_over(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    if not form.get("to"):
        raise invalid("field_needed", "to")
    over = body(HandOverBody, form, "version", "to", "note")
    return Done(await services.deals.hand_over(actor, key, deal_id, **over.model_dump()))


async def _split(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    part = body(SplitBody, form, "version", "title", amount=_amount(doing))
    made, answer = await services.deals.split(actor, key, deal_id, **part.model_dump())
    return Done(answer, made)


async def _copy(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    chosen = [part for part in PARTS if form.get(part)]
    copied = body(CopyBody, form, "title", "close_on", amount=_amount(doing), parts=chosen)
    made, answer = await services.deals.copy(actor, key, deal_id, **copied.model_dump())
    return Done(answer, made)


async def _reopen(doing: Doing) -> Done:
    services, actor, key, deal_id, form, _ = doing
    note = body(ReopenBody, form, "note").note
    return Done(await services.deals.reopen(actor, key, deal_id, note=note))


def _amount(doing: Doing) -> int:
    if not doing.form.get("amount"):
        raise invalid("field_needed", "amount")
    return parse_amount(doing.form["amount"], doing.services.settings.currency)


DO: dict[Act, Callable[[Doing], Awaitable[Done]]] = {
    "follow-up": _follow_up, "person": _person, "drop-person": _drop_person, "competitor": _competitor,
    "drop-competitor": _drop_competitor, "file": _file, "drop-file": _drop_file, "hand-over": _hand_over,
    "split": _split, "copy": _copy, "reopen": _reopen,
}  # fmt: skip


# --- their forms ------------------------------------------------------------------------------------------------------


def _picks(request: Request, colleagues: list[Member], without: str) -> list[tuple[str, str]]:
    language = pages_of(request).language(request)
    return [
        (one.person.id, f"{one.person.called(language)} · {one.unit.called(language)}")
        for one in colleagues
        if one.person.id != without
    ]


async def _ask(
    request: Request,
    actor: Actor,
    services: Services,
    deal_id: str,
    act: Act,
    which: str,
    *,
    status: int = 200,
    typed: Form | None = None,
    errors: dict[str, str] | None = None,
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        deal: Deal = await visible(session, actor, "deal", deal_id)
        parts = await parts_of(session, deal_id)
        customer = await session.get_one(Customer, deal.customer_id)
        contacts = await contacts_of(session, deal.customer_id) if act == "person" else []
        colleagues = await sellers_in(session, deal.region_id, SELLS) if act == "hand-over" else []
    person = next((one for one in parts.people if one.part.contact_id == which), None)
    shown: dict[str, Any] = {
        "deal": deal, "customer": customer, "act": act, "which": which, "title": say(request, TITLES[act]),
        "person": person,
        "competitor": next((one for one in parts.competitors if one.id == which), None),
        "file": next((one for one in parts.files if one.id == which), None),
        "contacts": contacts, "picks": _picks(request, colleagues, deal.owner_id),
        "amount_typed": plain_amount(deal.amount, deal.currency),
        "roles": PERSON_ROLES, "attitudes": ATTITUDES, "statuses": COMPETITOR_STATUSES, "hows": HOWS,
        "results": RESULTS, "parts": PARTS, "typed": typed or {}, "errors": errors or {},
        "aside": wants_fragment(request),
    }  # fmt: skip
    if shown["aside"]:
        return await fragment(request, "deal/act/dialog.html", "dialog", status=status, **shown)
    return await page(request, "deal/act/page.html", status=status, **shown)
