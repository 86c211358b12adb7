"""People and the units they belong to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db import person as people
from db.person import Member
from domain.access import Action, Role
from domain.ids import RecordId
from domain.person import PersonDetails

router = APIRouter(prefix="/api", tags=["people"])
PAGE = 50


class PersonView(BaseModel):
    """Roles are held in `regions`, company-wide ones everywhere."""

    id: str
    email: str
    name: str
    name_en: str | None
    unit_id: str
    manager_id: str | None
    roles: list[Role]
    regions: list[str]
    active: bool

    @classmethod
    def of(cls, member: Member) -> "PersonView":
        person = member.person
        return cls(
            id=person.id,
            email=person.email,
            name=person.name,
            name_en=person.name_en,
            unit_id=person.unit_id,
            manager_id=person.manager_id,
            roles=sorted(member.roles),
            regions=sorted(member.regions),
            active=person.active,
        )


class PeopleView(BaseModel):
    items: list[PersonView]
    next: str | None = Field(description="Send it as `after` for the people after these; null: there are none.")


class UnitView(BaseModel):
    id: str
    parent_id: str | None
    kind: str
    code: str
    name_zh: str
    name_en: str
    head_id: str | None


class StartPassword(BaseModel):
    """`password` is shown this once and replaced at first use; null where the key was sent before."""

    id: str
    password: str | None


class Search(BaseModel):
    text: str = Field("", max_length=100, description="Part of the name, or how the e-mail begins.")
    role: Role | None = None
    unit_id: RecordId | None = Field(None, description="The unit and all below it.")
    active: bool = True
    after: str | None = Field(None, max_length=254)


@router.get("/people", dependencies=[Depends(require(Action.PEOPLE_READ))])
async def list_people(search: Annotated[Search, Query()], actor: CurrentActor, services: Provided) -> PeopleView:
    """Who works here, 50 at a time, in order of e-mail."""
    async with services.db.session(actor.id) as session:
        found = await people.list_people(session, **search.model_dump(), limit=PAGE + 1)
    items = [PersonView.of(member) for member in found[:PAGE]]
    return PeopleView(items=items, next=items[-1].email if len(found) > PAGE else None)


@router.get("/units", dependencies=[Depends(require(Action.PEOPLE_READ))])
async def list_units(actor: CurrentActor, services: Provided) -> list[UnitView]:
    """The company's regions and teams."""
    async with services.db.session(actor.id) as session:
        return [UnitView.model_validate(unit, from_attributes=True) for unit in await people.units(session)]


@router.get("/people/{person_id}", dependencies=[Depends(require(Action.PEOPLE_READ))])
async def get_person(person_id: RecordId, actor: CurrentActor, services: Provided) -> PersonView:
    async with services.db.session(actor.id) as session:
        return PersonView.of(await people.member(session, person_id))


@router.post("/people", status_code=201)
async def create_person(
    details: PersonDetails, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> StartPassword:
    """Take somebody on. They sign in with the password you pass on, and choose their own."""
    person_id, password = await services.people.create(actor, key, details)
    return StartPassword(id=person_id, password=password)


@router.put("/people/{person_id}")
async def change_person(
    person_id: RecordId, details: PersonDetails, actor: CurrentActor, services: Provided
) -> PersonView:
    """Give somebody another name, e-mail, unit, manager or other roles: all of them are replaced."""
    await services.people.change(actor, person_id, details)
    return await get_person(person_id, actor, services)


class Active(BaseModel):
    active: bool


@router.put("/people/{person_id}/active", status_code=204)
async def set_active(person_id: RecordId, wish: Active, actor: CurrentActor, services: Provided) -> None:
    """See somebody off, or take them back. Who left is signed out everywhere at once."""
    await services.people.set_active(actor, person_id, wish.active)


@router.put("/people/{person_id}/start-password")
async def reset_sign_in(person_id: RecordId, actor: CurrentActor, services: Provided) -> StartPassword:
    """Let somebody in again who is locked out or lost their phone: a new start password, no second factor."""
    return StartPassword(id=person_id, password=await services.people.reset_sign_in(actor, person_id))
