"""What people do on a collection from its page: one route, and for each act what its form says and what it calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.collection import PaymentBody
from api.collection_act import (
    CreditBody,
    DisputeBody,
    EventBody,
    MoveBody,
    PlanBody,
    PromiseBody,
    RefundBody,
    ResolutionBody,
    ReversalBody,
    SurplusBody,
)
from api.services import Provided, Services
from commands.collection import CollectionCommands
from db.collection import Collection
from db.collection_case import CollectionCase
from db.scope import within
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.payment_plan import MOST_PARTS
from domain.process import Answer
from domain.refusal import Refused, invalid, not_found
from locales import N_
from ui.acting import body, done, say, typed
from ui.collection_record import record
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import page
from ui.shell import own_path

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))])

SAID_IN_FORM = frozenset({
    "paid_meanwhile", "stale_version", "request_open", "payment_ended", "surplus_spent", "transfer_not_reversed",
    "collection_paid", "disputed_already", "dispute_resolved",
})  # fmt: skip
"""Refusals (409) that the form they came from says itself, with the collection as it is now around it."""


@dataclass
class Asked:
    """A form on its way to its command."""

    services: Services
    actor: Actor
    key: str
    case: CollectionCase
    form: dict[str, str]

    @property
    def id(self) -> str:
        return self.case.collection.id

    @property
    def commands(self) -> CollectionCommands:
        return self.services.collections

    def amount(self, name: str = "amount", currency: str = "") -> int:
        if not self.form.get(name):
            raise invalid("field_needed", name)
        amount = parse_amount(self.form[name], currency or self.case.collection.currency, name)
        if amount <= 0:
            raise invalid("amount_positive", name)
        return amount

    @property
    def version(self) -> int | None:
        seen = self.form.get("version", "")[:9]
        return int(seen) if seen.isdecimal() else None

    async def collection(self, name: str = "to") -> str:
        """The id behind the number of another collection, as far as this person may see it."""
        number = self.form.get(name, "").upper()
        if not number:
            raise invalid("field_needed", name)
        async with self.services.db.session(self.actor.id) as session:
            query = select(Collection.id).where(within(self.actor, "collection"), Collection.number == number)
            found: str | None = await session.scalar(query)
        if found is None:
            raise invalid("collection_unknown", name)
        return found


async def _payment(asked: Asked) -> Answer:
    form, own = asked.form, asked.case.collection.currency
    currency = (form.get("currency") or own).upper()
    more: dict[str, Any] = {"amount": asked.amount(currency=currency), "surplus": form.get("surplus") == "1"}
    if currency != own:
        more["currency"] = currency
        if form.get("counted"):
            more["counted"] = asked.amount("counted")
    if (seen := form.get("paid_before", "")[:20]).isdecimal():
        more["paid_before"] = int(seen)
    names = ("received_on", "reference", "instalment_id", *(("rate",) if currency != own else ()))
    payment = body(PaymentBody, form, *names, **more)
    return await asked.commands.record_payment(asked.actor, asked.key, asked.id, **payment.model_dump())


async def _reverse(asked: Asked) -> Answer:
    reversal = body(ReversalBody, asked.form, "reason")
    payment = asked.form.get("payment_id", "")
    return await asked.commands.reverse_payment(asked.actor, asked.key, asked.id, payment, reason=reversal.reason)


async def _move(asked: Asked) -> Answer:
    move = body(MoveBody, asked.form, "reason", to=await asked.collection())
    payment = asked.form.get("payment_id", "")
    return await asked.commands.move_payment(asked.actor, asked.key, asked.id, payment, to=move.to, reason=move.reason)


async def _surplus(asked: Asked) -> Answer:
    surplus = body(SurplusBody, asked.form, "instalment_id", "to", amount=asked.amount())
    return await asked.commands.use_surplus(asked.actor, asked.key, asked.id, **surplus.model_dump())


async def _credit(asked: Asked) -> Answer:
    credit = body(CreditBody, asked.form, "reason", "instalment_id", amount=asked.amount(), version=asked.version)
    return await asked.commands.credit_note(asked.actor, asked.key, asked.id, **credit.model_dump())


async def _write_off(asked: Asked) -> Answer:
    wanted = body(CreditBody, asked.form, "reason", "instalment_id", amount=asked.amount(), version=asked.version)
    return await asked.commands.write_off(asked.actor, asked.key, asked.id, **wanted.model_dump())


async def _refund(asked: Asked) -> Answer:
    wanted = body(RefundBody, asked.form, "reason", amount=asked.amount(), version=asked.version)
    return await asked.commands.refund(asked.actor, asked.key, asked.id, **wanted.model_dump())


async def _promise(asked: Asked) -> Answer:
    promise = body(PromiseBody, asked.form, "promised_on", "contact_id", "note", amount=asked.amount())
    return await asked.commands.promise(asked.actor, asked.key, asked.id, **promise.model_dump())


async def _dispute(asked: Asked) -> Answer:
    dispute = body(DisputeBody, asked.form, "reason", "instalment_id", "note")
    return await asked.commands.dispute(asked.actor, asked.key, asked.id, **dispute.model_dump())


async def _resolve(asked: Asked) -> Answer:
    resolution = body(ResolutionBody, asked.form, "resolution").resolution
    dispute = asked.form.get("dispute_id", "")
    return await asked.commands.resolve(asked.actor, asked.key, asked.id, dispute, resolution=resolution)


async def _event(asked: Asked) -> Answer:
    event = body(EventBody, asked.form, "event", "on")
    return await asked.commands.record_event(asked.actor, asked.key, asked.id, event=event.event, on=event.on)


async def _plan(asked: Asked) -> Answer:
    """Rows are numbered in the form; a row without an amount is left out."""
    form, rows = asked.form, []
    for no in range(MOST_PARTS):
        if not form.get(f"amount.{no}"):
            continue
        row: dict[str, Any] = {"id": form.get(f"id.{no}") or None}
        try:
            row["amount"] = asked.amount(f"amount.{no}")
        except Refused as refused:
            raise invalid(refused.code, "rows", **refused.params) from None
        if (event := form.get(f"event.{no}", "day")) == "day":
            row["due_on"] = form.get(f"due_on.{no}") or None
        else:
            days = form.get(f"days.{no}") or "0"
            row |= {"event": event, "days": int(days) if days.isdecimal() and len(days) < 5 else -1}
        rows.append(row)
    plan = PlanBody.model_validate({"rows": rows, "version": asked.version or 0})
    return await asked.commands.change_plan(asked.actor, asked.key, asked.id, rows=plan.planned, version=plan.version)


@dataclass(frozen=True)
class Act:
    run: Callable[[Asked], Awaitable[Answer]]
    said: str


ACTS: dict[str, Act] = {
    "payments": Act(_payment, N_("%(amount)s recorded.")),
    "reverse": Act(_reverse, N_("The payment is reversed.")),
    "move": Act(_move, N_("The payment goes to the other collection.")),
    "surplus": Act(_surplus, N_("The customer's credit is used.")),
    "credit": Act(_credit, N_("The credit note is booked.")),
    "write-off": Act(_write_off, N_("The write-off waits for its approval.")),
    "refund": Act(_refund, N_("The refund waits for its approval.")),
    "promise": Act(_promise, N_("The promise is noted; overdue levels wait for it.")),
    "dispute": Act(_dispute, N_("The dispute is noted; the clock stands still.")),
    "resolve": Act(_resolve, N_("The dispute is resolved; the clock goes on.")),
    "event": Act(_event, N_("Noted: what falls due after it has its day.")),
    "plan": Act(_plan, N_("The plan is changed.")),
}


@router.post("/collections/{collection_id}/{act}")
async def act(
    request: Request, collection_id: RecordId, act: str, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    if act not in ACTS:
        raise not_found("act")
    form = await typed(request)
    context = await record(request, actor, services, collection_id, beside=False)
    case: CollectionCase = context["plan"]
    url = own_path(form.get("next", ""))
    url = url if url.startswith("/collections") else f"/collections/{collection_id}"
    try:
        answer = await ACTS[act].run(Asked(services, actor, key, case, form))
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422 and error.code not in SAID_IN_FORM:
            raise
        status = error.status if isinstance(error, Refused) else 422
        again = {"typed": form, "errors": mistakes(request, error), "dialog": act, "next": url}
        return await page(request, "collection/page.html", status=status, **{**context, **again})
    return done(request, url, answer, _said(request, act, case, form))


def _said(request: Request, act: str, case: CollectionCase, form: dict[str, str]) -> str:
    if act != "payments":
        return say(request, ACTS[act].said)
    currency = (form.get("currency") or case.collection.currency).upper()
    amount = pages_of(request).formats(request).money(parse_amount(form["amount"], currency), currency)
    return say(request, ACTS[act].said, amount=amount)
