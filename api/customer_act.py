"""One act on many customers: begun, and what it came to for each."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.customer_act import CustomerActBody
from db.customer_act import act_of, refusals_of
from domain.access import Action
from domain.ids import RecordId

router = APIRouter(
    prefix="/api/customers/acts", tags=["customers"], dependencies=[Depends(require(Action.CUSTOMER_READ))]
)


class ActRefusal(BaseModel):
    """`refused` is the refusal's code, with its `params`: this customer stays as it was."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: str
    refused: str = Field(validation_alias="code")
    params: dict[str, Any]


class CustomerActView(BaseModel):
    """`problem`: the code of why it ended before all were worked off."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    act: str
    status: str = Field(description="running, done")
    done: int = Field(description="Customers it was done for.")
    refused: int = Field(description="Customers it was not done for; the first 1,000 are listed in `refusals`.")
    problem: str | None
    created_at: datetime
    finished_at: datetime | None
    refusals: list[ActRefusal] = []


@router.post("", status_code=202)
async def act_on_customers(
    body: CustomerActBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> CustomerActView:
    """Assign, give back, claim, rank, tag or follow up many customers. Of those picked it is over with the answer; of
    `every` one that fits a process goes on with it."""
    return await show_act(await services.customer_acts.begin(actor, key, body), actor, services)


@router.get("/{act_id}")
async def show_act(act_id: RecordId, actor: CurrentActor, services: Provided) -> CustomerActView:
    """How far an act of yours is, and whom it was refused for."""
    async with services.db.session(actor.id) as session:
        view = CustomerActView.model_validate(await act_of(session, actor, act_id))
        kept = await refusals_of(session, actor, act_id)
    refusals = [ActRefusal.model_validate(refusal) for refusal, _ in kept]
    return view.model_copy(update={"refusals": refusals})
