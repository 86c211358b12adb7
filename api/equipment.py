"""Customers' equipment: found, entered, changed."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.equipment import EquipmentBody, equipment_in_sight
from db.equipment_list import list_equipment
from domain.access import Action
from domain.document import Duration
from domain.ids import RecordId

router = APIRouter(prefix="/api/equipment", tags=["equipment"], dependencies=[Depends(require(Action.EQUIPMENT_READ))])


class EquipmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    customer_id: str
    region_id: str
    serial_number: str
    model: str
    product: str | None
    place: str | None
    warranty_until: date | None
    every: Duration | None = Field(description="The maintenance cycle, ISO 8601.")
    next_at: datetime | None = Field(description="When the next maintenance is due.")
    active: bool
    version: int


class NewEquipment(EquipmentBody):
    customer_id: RecordId


class EquipmentMade(BaseModel):
    id: str


class EquipmentSearch(BaseModel):
    text: str = Field("", max_length=100, description="Of the serial number, the model or the customer's name.")
    customer_id: RecordId | None = None


@router.get("")
async def find_equipment(
    search: Annotated[EquipmentSearch, Query()], actor: CurrentActor, services: Provided
) -> list[EquipmentView]:
    """Equipment of customers you may see, 200 at most, what is due for maintenance first."""
    async with services.db.session(actor.id) as session:
        found = await list_equipment(
            session, actor, text=search.text, customer_id=search.customer_id, limit=200
        )  # fmt: skip
    return [EquipmentView.model_validate(one.equipment) for one in found]


@router.post("", status_code=201)
async def add_equipment(
    body: NewEquipment, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> EquipmentMade:
    """Enter a machine at a customer's. Its maintenance is asked for by itself when it is due."""
    about = EquipmentBody.model_validate(body.model_dump(exclude={"customer_id"}))
    return EquipmentMade(id=await services.equipment.add(actor, key, body.customer_id, about))


@router.get("/{equipment_id}")
async def get_equipment(equipment_id: RecordId, actor: CurrentActor, services: Provided) -> EquipmentView:
    async with services.db.session(actor.id) as session:
        return EquipmentView.model_validate(await equipment_in_sight(session, actor, equipment_id))


@router.put("/{equipment_id}", status_code=204)
async def change_equipment(
    equipment_id: RecordId, body: EquipmentBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    await services.equipment.change(actor, key, equipment_id, body)
    return Response(status_code=204)
