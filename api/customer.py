"""Customers: listed, and one with contacts, followers and what is under way."""

from datetime import datetime

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided
from api.signpost import follow_signpost
from commands.billing import BillingBody
from commands.contact import ContactBody
from db.customer import Contact
from db.customer_case import customer_case
from db.customer_field import readable_by
from domain.customer_field import Readable
from domain.follow_up import ContactRole
from domain.ids import RecordId

router = APIRouter(prefix="/api/customers", tags=["customers"], dependencies=[Depends(follow_signpost)])


class CustomerView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    number: int
    name: str
    created_at: datetime


class ContactView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    phone: str | None
    email: str | None
    title: str | None
    role: ContactRole | None


class FollowerView(BaseModel):
    """Who follows the customer in a region; `owner_id` null: nobody just now."""

    model_config = ConfigDict(from_attributes=True)

    region_id: str
    owner_id: str | None
    since: datetime


class CustomerCaseView(CustomerView):
    contacts: list[ContactView]
    followers: list[FollowerView]
    deals: list[str] = Field(description="Ids of the newest 50 you may see.")
    contracts: list[str] = Field(description="Ids of the newest 50 you may see.")
    collections: list[str] = Field(description="Ids of those with money still owed.")


@router.put("/{customer_id}/billing", status_code=204)
async def change_billing(
    customer_id: RecordId, body: BillingBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """Replace how a customer is invoiced."""
    await services.billing.edit(actor, key, customer_id, body)
    return Response(status_code=204)


class ContactAdded(BaseModel):
    id: str


@router.post("/{customer_id}/contacts", status_code=201)
async def add_contact(
    customer_id: RecordId, body: ContactBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> ContactAdded:
    """Somebody at the customer who is not among their contacts yet."""
    return ContactAdded(id=await services.contacts.add(actor, key, customer_id, body))


@router.put("/{customer_id}/contacts/{contact_id}", status_code=204)
async def change_contact(
    customer_id: RecordId, contact_id: RecordId, body: ContactBody, key: IdempotencyKey, actor: CurrentActor,
    services: Provided,
) -> Response:  # fmt: skip
    """Replace what is known of a contact. A number or an address that is masked or hidden from you stays where it is
    sent empty or as you see it."""
    await services.contacts.change(actor, key, customer_id, contact_id, body)
    return Response(status_code=204)


@router.get("/{customer_id}")
async def get_customer(customer_id: RecordId, actor: CurrentActor, services: Provided) -> CustomerCaseView:
    """One customer, as far as you may see."""
    async with services.db.session(actor.id) as session:
        case = await customer_case(session, actor, customer_id)
        readable = await readable_by(session, actor)
    return CustomerCaseView(
        **CustomerView.model_validate(case.customer).model_dump(),
        contacts=[_contact(one, readable) for one in case.contacts],
        followers=[FollowerView.model_validate(follower) for follower in case.followers],
        deals=[deal.id for deal in case.deals],
        contracts=[contract.id for contract in case.contracts],
        collections=[collection.id for collection in case.collections],
    )


def _contact(contact: Contact, readable: Readable) -> ContactView:
    shown = ContactView.model_validate(contact)
    reached = {"phone": readable.reached("phone", contact.phone), "email": readable.reached("email", contact.email)}
    return shown.model_copy(update=reached)
