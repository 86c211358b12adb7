"""What is done by itself when a deal enters or leaves a stage: each action once per visit, in the policy's order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from domain.access import Role
from domain.document import Duration, Key, Sentence, Strict

When = Literal["entry", "leave"]
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(hours=1)


class TaskAction(Strict):
    """A task with words of its own for the deal's owner, or for whoever holds a role in its region."""

    do: Literal["task"] = "task"
    title: Sentence
    who: Literal["owner"] | Role = "owner"
    within: Duration | None = None


class MailAction(Strict):
    """A letter to the customer's contact, from a template of the letter policy."""

    do: Literal["mail"] = "mail"
    template: Key


class QuoteAction(Strict):
    """A quote, unless one is alive; the deal's customer and amount are in it."""

    do: Literal["quote"] = "quote"
    template: Key | None = None


class ContractAction(Strict):
    """The deal's contract, unless one is alive."""

    do: Literal["contract"] = "contract"


class InvoiceDraftAction(Strict):
    """A draft of the invoice, which finance is asked to complete."""

    do: Literal["invoice_draft"] = "invoice_draft"


class PaymentReminderAction(Strict):
    """A task to agree with the customer when and how it is paid."""

    do: Literal["payment_reminder"] = "payment_reminder"
    who: Literal["owner"] | Role = Role.FINANCE
    within: Duration | None = timedelta(days=7)


class FieldAction(Strict):
    """Writes a field of the deal: its priority (0 to 3), or its next step."""

    do: Literal["field"] = "field"
    field: Literal["priority", "next_step"]
    value: int | Annotated[str, StringConstraints(max_length=500)]

    @model_validator(mode="after")
    def value_fits_the_field(self) -> Self:
        fits = type(self.value) is int and 0 <= self.value <= 3 if self.field == "priority" else bool(self.value)
        if not fits or (self.field == "next_step" and not isinstance(self.value, str)):
            raise PydanticCustomError("field_value", "The value does not fit the field.")
        return self


class WebhookAction(Strict):
    """A signed message to another system, which an administrator registered under this key."""

    do: Literal["webhook"] = "webhook"
    target: Key


StageAction = Annotated[
    TaskAction
    | MailAction
    | QuoteAction
    | ContractAction
    | InvoiceDraftAction
    | PaymentReminderAction
    | FieldAction
    | WebhookAction,
    Field(discriminator="do"),
]
KINDS = ("task", "mail", "quote", "contract", "invoice_draft", "payment_reminder", "field", "webhook")


class DueAction(BaseModel):
    """An action that a visit asked for and that is not done yet; it is dropped once it is.

    `key` (`3/entry/0`: visit, when, place in the policy) makes it one; `id` is the id of the record it makes.
    While `error` is set it failed, and is tried again at `retry_at`.
    """

    key: str
    id: str
    stage: str
    when: When
    action: StageAction
    attempts: int = 0
    error: str | None = None
    retry_at: datetime | None = None

    @property
    def kind(self) -> str:
        return self.action.do

    def failed(self, error: str, now: datetime) -> None:
        """Tried again after 10, 20, 40 ... seconds, at most every hour, until it is done or given up."""
        self.error, self.attempts = error[:300], self.attempts + 1
        self.retry_at = now + min(FIRST_RETRY * 2 ** min(self.attempts - 1, 12), LONGEST_RETRY)

    def is_due(self, now: datetime) -> bool:
        return self.retry_at is None or self.retry_at <= now


def told(due: DueAction) -> dict[str, Any]:
    """What events and pages say of it."""
    return {"action": due.kind, "stage": due.stage, "when": due.when}
