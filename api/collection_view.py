"""Collections as the API answers with them. Amounts are in minor units."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class CollectionView(BaseModel):
    """Amounts are in minor units of `currency`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    order_id: str
    deal_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    paid: int
    currency: str
    credited: int
    written_off: int
    surplus: int = Field(description="What the customer has too much with us.")
    status: str = Field(description="open, overdue, paid or written_off.")
    level: int = Field(description="The highest overdue level of an open instalment; 0: none.")
    promised_on: date | None
    promised: int | None
    disputed_at: datetime | None
    service_hold: bool
    version: int = Field(description="Counts what people changed; acts on the plan ask for it.")
    next_due_on: date | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int = Field(description="Grows with every change.")


class CollectionsView(BaseModel):
    items: list[CollectionView]
    next: str | None = Field(description="Send it as `after` for the ones after these; null: there are none.")


class InstalmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    no: int
    amount: int
    paid: int
    credited: int
    written_off: int
    event: str | None = Field(description="What it falls due after; null: a day was agreed.")
    days: int = Field(description="So many days after the event.")
    due_on: date | None = Field(description="null: its event has not happened.")
    status: str = Field(description="waiting, planned, due, overdue, paid, credited or written_off.")
    level: int = Field(description="How many overdue levels it has reached.")
    disputed: bool
    paid_at: datetime | None


class PaymentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    amount: int
    currency: str
    value: int = Field(description="Its worth in the collection's currency.")
    counted: int = Field(description="What it pays there.")
    rate: str | None
    received_on: date
    reference: str | None
    source: str = Field(description="hand, api, bank or transfer.")
    status: str = Field(description="received, reversed or moved.")
    recorded_by: str
    recorded_at: datetime


class PromiseView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    amount: int
    promised_on: date
    contact_id: str | None
    note: str | None
    status: str = Field(description="open, kept, broken or withdrawn.")
    recorded_by: str
    recorded_at: datetime
    ended_at: datetime | None


class DisputeView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    instalment_id: str | None = Field(description="null: all that is owed.")
    reason: str
    note: str | None
    status: str = Field(description="open or resolved.")
    opened_by: str
    opened_at: datetime
    resolved_by: str | None
    resolved_at: datetime | None
    resolution: str | None


class RequestView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str = Field(description="write_off, refund or service_hold.")
    amount: int
    reason: str | None
    status: str = Field(description="in_approval, approved, returned, rejected or withdrawn.")
    approval_id: str
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None


class EntryView(BaseModel):
    """One side of a posting: the entries of a `posting_id` sum to zero in each currency."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    posting_id: str
    no: int
    kind: str
    account: str
    instalment_id: str | None
    payment_id: str | None
    amount: int = Field(description="A debit is positive.")
    currency: str
    booked_on: date
    booked_at: datetime
    booked_by: str
    note: str | None


class CaseView(CollectionView):
    instalments: list[InstalmentView]
    payments: list[PaymentView] = Field(description="The latest first.")
    promises: list[PromiseView]
    disputes: list[DisputeView]
    requests: list[RequestView]
    ledger: list[EntryView] = Field(description="The newest entries, the latest first.")
