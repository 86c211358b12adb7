"""What a collection is started with, what it is told, and what it tells when it ends."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.collection import CollectionState, CollectionTerms
    from domain.process import Command


def collection_workflow_id(collection_id: str) -> str:
    return f"collection/{collection_id}"


class CollectionStart(BaseModel):
    """`number` is the order's."""

    collection_id: str
    order_id: str
    deal_id: str
    line_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    currency: str
    number: str = ""
    terms: CollectionTerms | None
    state: CollectionState | None = None
    reopened: bool = False

    @classmethod
    def reopening(cls, state: CollectionState) -> Self:
        """Goes on from how a collection ended."""
        fields = {
            "order_id", "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency",
            "number",
        }  # fmt: skip
        going_on = state.model_copy(update={"closed_at": None, "outcome": None})
        return cls(
            collection_id=state.record_id, terms=None, state=going_on, reopened=True,
            **state.model_dump(include=fields),
        )  # fmt: skip


class CollectionEnded(BaseModel):
    collection_id: str


class RecordPayment(Command):
    """`amount` in minor units of `currency` (None: the collection's); it pays the oldest instalments first,
    `instalment_id` before them.

    For another currency `rate` is a decimal, one of its units in the collection's; `counted` is what the payment
    settles there (None: its worth at that rate). `surplus`: what is more than owed is kept as the customer's.
    `paid_before` is the sum that its recorder saw as paid; None: it is not compared.
    """

    amount: int
    currency: str | None = None
    rate: str | None = None
    counted: int | None = None
    received_on: date
    reference: str | None = None
    paid_before: int | None = None
    instalment_id: str | None = None
    surplus: bool = False
    source: str = "hand"


class ReversePayment(Command):
    """The bank took it back, or it was recorded in error."""

    payment_id: str
    reason: str


class MovePayment(Command):
    """It belonged to the collection `to`."""

    payment_id: str
    to: str
    reason: str


class UseSurplus(Command):
    """Pays instalments of this collection with the surplus, or (`to`) goes to another collection of the customer."""

    amount: int
    instalment_id: str | None = None
    to: str | None = None


class CreditNote(Command):
    """`version` is the one its writer saw."""

    amount: int
    reason: str
    instalment_id: str | None = None
    version: int | None = None


class AskApproval(Command):
    """`what`: write_off or refund. It is done once it is approved."""

    what: str
    amount: int
    reason: str
    instalment_id: str | None = None
    version: int | None = None


class PromiseToPay(Command):
    """By the end of the day `promised_on`; takes the place of a promise that is open."""

    amount: int
    promised_on: date
    contact_id: str | None = None
    note: str | None = None


class OpenDispute(Command):
    """`reason` is one of `domain.dunning.REASONS`; `instalment_id` None: all that is owed."""

    reason: str
    instalment_id: str | None = None
    note: str | None = None


class ResolveDispute(Command):
    dispute_id: str
    resolution: str


class PlannedRow(BaseModel):
    """An instalment as it is to be; `id` None: a new one. Due on a day, or `days` after an `event`."""

    id: str | None = None
    amount: int
    due_on: date | None = None
    event: str | None = None
    days: int = 0


class ChangePlan(Command):
    """All instalments as they are to be; `version` is the one its author saw."""

    rows: list[PlannedRow]
    version: int


class RecordEvent(Command):
    """Something happened that instalments fall due after (`domain.payment_plan.EVENTS`)."""

    event: str
    on: date
