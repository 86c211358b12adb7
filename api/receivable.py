"""What customers owe: by age, by the week it is expected in, and a customer's statement of account."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided, Services
from db.receivable import By, Within, list_aged, sum_expected
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId

router = APIRouter(prefix="/api", tags=["collections"], dependencies=[Depends(require(Action.COLLECTION_READ))])


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AgedView(View):
    """`amounts` in minor units by how long they are overdue: `not_due`, `d30`, `d60`, `d90`, `older`."""

    id: str
    name: str
    currency: str
    amounts: Mapping[str, int]
    total: int


class ExpectedView(View):
    """`week` is a Monday; null for what nobody can date: `overdue`, `disputed`, or `waiting` for an event."""

    kind: Literal["due", "promised", "overdue", "disputed", "waiting"]
    week: date | None
    currency: str
    amount: int


class Looked(BaseModel):
    whose: Whose = Field("all", description="Within what you may see.")
    region: RecordId | None = None
    owner: RecordId | None = None
    customer: RecordId | None = None

    @property
    def within(self) -> Within:
        return Within(whose=self.whose, region=self.region, owner=self.owner, customer=self.customer)


class AgeingAsked(Looked):
    by: By = "customer"


class PostingView(View):
    """`amount` in minor units: what the customer owes grows by it, or falls; `balance` after it."""

    on: date
    kind: str
    number: str
    title: str
    collection_id: str
    note: str | None
    amount: int
    balance: int


class AccountView(View):
    currency: str
    opening: int
    closing: int
    postings: list[PostingView]


class StatementView(BaseModel):
    customer_id: str
    first: date | None
    last: date
    accounts: list[AccountView]


@router.get("/receivables/ageing")
async def get_ageing(
    request: Request, asked: Annotated[AgeingAsked, Query()], actor: CurrentActor, services: Provided
) -> list[AgedView]:
    """Open instalments by age; who owes most overdue money comes first, each currency by itself."""
    async with services.db.session(actor.id) as session:
        rows = await list_aged(session, actor, asked.within, asked.by, language_of(request), _today(services))
    return [AgedView.model_validate(row) for row in rows]


@router.get("/receivables/expected")
async def get_expected(
    asked: Annotated[Looked, Query()], actor: CurrentActor, services: Provided
) -> list[ExpectedView]:
    """Open instalments by the week in which their money is due, or was promised."""
    async with services.db.session(actor.id) as session:
        found = await sum_expected(session, actor, asked.within, _today(services))
    return [ExpectedView.model_validate(each) for each in found]


@router.get("/customers/{customer_id}/statement")
async def get_statement(
    customer_id: RecordId, actor: CurrentActor, services: Provided, first: date | None = None, last: date | None = None
) -> StatementView:
    """Every posting that changed what a customer owes, from `first` (the beginning) until `last` (today)."""
    statement = await services.customer_statements.read(actor, customer_id, first, last)
    accounts = [AccountView.model_validate(account) for account in statement.accounts]
    return StatementView(customer_id=customer_id, first=statement.first, last=statement.last, accounts=accounts)


def _today(services: Services) -> date:
    return datetime.now(ZoneInfo(services.settings.zone)).date()
