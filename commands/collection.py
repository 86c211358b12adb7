"""Collections: payments come in, are taken back or moved; what else is booked, agreed and asked for on them."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_name

from activities.collection import CollectionState
from commands.desk import Desk
from commands.temporal import ProcessEnded, update_id
from db.collection import Collection
from db.scope import visible
from domain.access import Action, Actor
from domain.process import Answer, Command
from domain.refusal import invalid
from workflows.collection import CollectionStart, CollectionWorkflow, collection_workflow_id
from workflows.collection_message import (
    AskApproval,
    ChangePlan,
    CreditNote,
    MovePayment,
    OpenDispute,
    PlannedRow,
    PromiseToPay,
    RecordEvent,
    RecordPayment,
    ResolveDispute,
    ReversePayment,
    UseSurplus,
)

EARLIEST = date(2000, 1, 1)
"""Money received before is a slip in the year."""


class CollectionCommands:
    """Every act answers 404 where this person may not see the collection, 403 where they may not work it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # --- payments -------------------------------------------------------------------------------------------------

    async def record_payment(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, received_on: date,
        reference: str | None = None, paid_before: int | None = None, currency: str | None = None,
        rate: str | None = None, counted: int | None = None, instalment_id: str | None = None,
        surplus: bool = False, source: str = "hand",
    ) -> Answer:  # fmt: skip
        """The one way a payment comes in; the answer's result has its `payment_id`.

        `amount` is in minor units of `currency` (None: the collection's); the rest as `RecordPayment` says. `surplus`
        takes also what is more than owed, and opens a closed collection again for it. `paid_before` is what was paid
        when this payment was written down: Refused (409) where another has come since, which may be the same one.
        Raises Refused (422) also for money that is yet to be received.
        """
        self._came(received_on)
        if currency is not None:
            _known(currency)
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.record_payment, RecordPayment, reopens=surplus,
            amount=amount, received_on=received_on, reference=reference, paid_before=paid_before, currency=currency,
            rate=rate, counted=counted, instalment_id=instalment_id, surplus=surplus, source=source,
        )  # fmt: skip

    async def reverse_payment(
        self, actor: Actor, key: str, collection_id: str, payment_id: str, *, reason: str
    ) -> Answer:
        """The bank took it back, or it was recorded in error: what it paid is owed again, also after the end."""
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.reverse_payment, ReversePayment, reopens=True,
            payment_id=payment_id, reason=reason,
        )  # fmt: skip

    async def move_payment(
        self, actor: Actor, key: str, collection_id: str, payment_id: str, *, to: str, reason: str
    ) -> Answer:
        """It belonged to the collection `to`, of the same currency and still open."""
        await self._target(actor, collection_id, to)
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.move_payment, MovePayment, reopens=True,
            payment_id=payment_id, to=to, reason=reason,
        )  # fmt: skip

    async def use_surplus(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, instalment_id: str | None = None,
        to: str | None = None,
    ) -> Answer:  # fmt: skip
        """The customer's credit pays instalments here, or goes `to` another collection of the same customer."""
        if to is not None:
            await self._target(actor, collection_id, to, same_customer=True)
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.use_surplus, UseSurplus,
            amount=amount, instalment_id=instalment_id, to=to,
        )  # fmt: skip

    # --- less is owed ---------------------------------------------------------------------------------------------

    async def credit_note(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, reason: str,
        instalment_id: str | None = None, version: int | None = None,
    ) -> Answer:  # fmt: skip
        """Less is owed, for a reason; what had been paid of it becomes the customer's credit."""
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.credit_note, CreditNote, reopens=True,
            amount=amount, reason=reason, instalment_id=instalment_id, version=version,
        )  # fmt: skip

    async def write_off(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, reason: str,
        instalment_id: str | None = None, version: int | None = None,
    ) -> Answer:  # fmt: skip
        """Asks for an approval; the result has `request_id` and `approval_id`."""
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.ask_approval, AskApproval,
            what="write_off", amount=amount, reason=reason, instalment_id=instalment_id, version=version,
        )  # fmt: skip

    async def refund(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, reason: str, version: int | None = None
    ) -> Answer:
        """Asks for an approval to pay the customer's credit out."""
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.ask_approval, AskApproval,
            what="refund", amount=amount, reason=reason, instalment_id=None, version=version,
        )  # fmt: skip

    # --- what is agreed -------------------------------------------------------------------------------------------

    async def promise(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, promised_on: date,
        contact_id: str | None = None, note: str | None = None,
    ) -> Answer:  # fmt: skip
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.promise_to_pay, PromiseToPay,
            amount=amount, promised_on=promised_on, contact_id=contact_id, note=note,
        )  # fmt: skip

    async def dispute(
        self, actor: Actor, key: str, collection_id: str, *, reason: str, instalment_id: str | None = None,
        note: str | None = None,
    ) -> Answer:  # fmt: skip
        """Stops the clock until it is resolved."""
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.open_dispute, OpenDispute,
            reason=reason, instalment_id=instalment_id, note=note,
        )  # fmt: skip

    async def resolve(self, actor: Actor, key: str, collection_id: str, dispute_id: str, *, resolution: str) -> Answer:
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.resolve_dispute, ResolveDispute,
            dispute_id=dispute_id, resolution=resolution,
        )  # fmt: skip

    async def change_plan(
        self, actor: Actor, key: str, collection_id: str, *, rows: list[PlannedRow], version: int
    ) -> Answer:
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.change_plan, ChangePlan,
            rows=[row.model_dump(mode="json") for row in rows], version=version,
        )  # fmt: skip

    async def record_event(self, actor: Actor, key: str, collection_id: str, *, event: str, on: date) -> Answer:
        """Something happened that instalments fall due after, such as the delivery."""
        self._came(on, "on")
        return await self._act(
            actor, key, collection_id, CollectionWorkflow.record_event, RecordEvent, event=event, on=on
        )

    # --- how ------------------------------------------------------------------------------------------------------

    async def _act(
        self, actor: Actor, key: str, collection_id: str, update: Any, message: type[Command], *,
        reopens: bool = False, **fields: Any,
    ) -> Answer:  # fmt: skip
        try:
            return await self.desk.update(actor, key, "collection", collection_id, update, message, **fields)
        except ProcessEnded:
            start = await self._final(actor, collection_id) if reopens else None
            if start is None:
                raise
        command = message(actor=actor, key=update_id(actor, key), **fields)
        return await self.desk.processes.open(
            CollectionWorkflow.run, start, collection_workflow_id(collection_id), update, command, again=True
        )

    async def _final(self, actor: Actor, collection_id: str) -> CollectionStart | None:
        """A closed collection as it ended, to go on from; None where this person may not work it."""
        async with self.desk.db.session(actor.id) as session:
            row: Collection = await visible(session, actor, "collection", collection_id)
        if row.final is None or not actor.reaches(Action.COLLECTION_WORK, owner=row.owner_id, region=row.region_id):
            return None
        return CollectionStart.reopening(CollectionState.model_validate_json(json.dumps(row.final)))

    async def _target(self, actor: Actor, collection_id: str, to: str, *, same_customer: bool = False) -> None:
        async with self.desk.db.session(actor.id) as session:
            own: Collection = await visible(session, actor, "collection", collection_id)
            other: Collection = await visible(session, actor, "collection", to)
        if own.id == other.id:
            raise invalid("to_itself", "to")
        if other.currency != own.currency:
            raise invalid("other_currency", "to")
        if same_customer and other.customer_id != own.customer_id:
            raise invalid("other_customer", "to")
        if other.closed_at is not None:
            raise invalid("collection_closed", "to")

    def _came(self, day: date, field: str = "received_on") -> None:
        if day < EARLIEST:
            raise invalid("date_too_early", field)
        if day > datetime.now(ZoneInfo(self.desk.settings.zone)).date():
            raise invalid("date_in_future", field)


def _known(currency: str) -> None:
    if get_currency_name(currency, locale="en") == currency:
        raise invalid("currency_unknown", "currency")
