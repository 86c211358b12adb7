"""A customer entered by hand or by another system: refused where it is known for certain, kept with a reason where it
only looks like one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from commands.contact import ContactBody
from commands.customer_collision import insist, like, party_of
from commands.customer_edit import begin_fields
from commands.desk import Desk
from commands.idempotency import claim_once
from db import ownership
from db.customer import Assignment, Contact, Customer
from db.customer_assignment import assign_by_rule
from db.customer_field import field_policy
from db.customer_match import keep_pair
from db.customer_portrait import tell_owners
from db.lead import sellers
from db.lead_form import regions
from db.policy import current_policy
from domain.access import Action, Actor, Scope
from domain.customer_field import CustomerFieldPolicy, Reading, complete, fields, for_reader, parse
from domain.customer_match import domain_of
from domain.field import Field as CustomerField
from domain.ids import RecordId
from domain.policy import load
from domain.refusal import forbidden, invalid
from domain.text import ON_ONE_LINE

Typed = Annotated[str, Field(max_length=4000)]
MADE_HERE = frozenset({"formula", "serial", "files"})
"""Types of fields that come by themselves, or later."""


class NewCustomer(BaseModel):
    """`values` as they are typed, by the key of the field. `region` is a region's id, or its code; without an owner it
    lies in that region's pool. `reason`: why it is another one than those it is like."""

    model_config = ConfigDict(extra="forbid")

    values: dict[Annotated[str, Field(max_length=60)], Typed | list[Typed]] = Field(max_length=300)
    kind: Annotated[str, Field(max_length=60)] | None = None
    region: Annotated[str, StringConstraints(max_length=60)]
    owner_id: RecordId | None = None
    contact: ContactBody | None = None
    reason: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = None


class CustomerCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def create(self, actor: Actor, key: str, body: NewCustomer) -> str:
        """The customer's id, made once per key. Raises Refused: 403, 422, and 409 customer_known (the same credit
        code) or customer_alike (no reason is given why it is another)."""
        actor.require(Action.CUSTOMER_CREATE)
        country = self.desk.settings.country
        contact = body.contact.values(country) if body.contact else None
        async with self.desk.db.session(actor.id) as session:
            policy = load(CustomerFieldPolicy, (await current_policy(session, CustomerFieldPolicy.kind))[1])
            kind = body.kind or policy.kinds[0].key
            if kind not in {one.key for one in policy.kinds}:
                raise invalid("customer_kind_unknown", "kind", key=kind)
            reading = Reading(zone=self.desk.settings.zone, country=country)
            columns, custom = _read(actor, policy, kind, body.values, reading)
            region = await _region(session, actor, body.region)
            await _owner(session, actor, body.owner_id, region)
            claimed = await claim_once(session, actor, key, "CreateCustomer", "customer", body.model_dump())
            if not claimed.fresh:
                return claimed.id
            found = await like(session, party_of(columns, [contact] if contact else []))
            await insist(session, actor, found, body.reason)
            customer = Customer(id=claimed.id, kind=kind, custom=custom, origin=f"hand/{claimed.id}", **columns)
            session.add(customer)
            await session.flush()
            in_force = await field_policy(session)  # a field may have become unique since
            await begin_fields(session, customer, fields(in_force), self.desk.settings.zone)
            if contact:
                session.add(Contact(customer_id=customer.id, origin=f"contact/{customer.id}", **contact))
            await _assign(session, actor, customer.id, region, body.owner_id)
            await session.flush()
            for one, _ in found:
                await keep_pair(session, customer.id, one, by=actor.id, note=body.reason)
            return customer.id


def open_fields(actor: Actor, policy: CustomerFieldPolicy, kind: str) -> list[CustomerField]:
    """The fields of a kind of customer that this person may fill in."""
    known = for_reader(actor, fields(policy)).writable
    return [field for field in known if field.has(kind) and field.type not in MADE_HERE]


def _read(
    actor: Actor, policy: CustomerFieldPolicy, kind: str, typed: Mapping[str, str | list[str]], reading: Reading
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns, and own values by key. Raises Refused (422)."""
    able = {field.key: field for field in open_fields(actor, policy, kind)}
    for key in typed:
        if key not in able:
            raise invalid("customer_field_unknown", key, key=key)
    values = {key: parse(able[key], given, reading) for key, given in typed.items()}
    complete(able.values(), kind, values)
    there = {key: value for key, value in values.items() if value is not None}
    if there.get("domain"):
        there["domain"] = domain_of(there["domain"]) or None
    columns = {key: value for key, value in there.items() if able[key].builtin}
    return columns, {key: value for key, value in there.items() if not able[key].builtin}


async def _region(session: AsyncSession, actor: Actor, said: str) -> str:
    """The id of one that this person may enter customers into. Raises Refused (422), which tells which they are."""
    everywhere = actor.scope(Action.CUSTOMER_CREATE) is Scope.ALL
    able = [one for one in await regions(session) if everywhere or one.id in actor.regions]
    for one in able:
        if said in (one.id, one.code):
            return one.id
    raise invalid("region_unfit", "region", regions=", ".join(one.code for one in able))


async def _owner(session: AsyncSession, actor: Actor, owner_id: str | None, region_id: str) -> None:
    """Oneself, or somebody who sells in the region and whom one may give customers."""
    if owner_id is None or owner_id == actor.id:
        return
    if not actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id):
        raise forbidden(Action.CUSTOMER_ASSIGN)
    if owner_id not in await sellers(session, region_id):
        raise invalid("owner_unfit", "owner_id")


async def _assign(
    session: AsyncSession, actor: Actor, customer_id: str, region_id: str, owner_id: str | None
) -> None:  # fmt: skip
    """To who was chosen, and besides to whom the rules say; without either it lies in the region's pool."""
    now = datetime.now(UTC)
    place = insert(Assignment).values(customer_id=customer_id, region_id=region_id, since=now)
    if owner_id is not None:
        await session.execute(place)
        await ownership.move(session, [(customer_id, region_id)], to=owner_id, how="assigned", at=now, by=actor.id)
    ruled = await assign_by_rule(session, [customer_id], way="form", home=region_id, at=now)
    await session.execute(place.on_conflict_do_nothing())
    await tell_owners(session, [one for one in ruled if one.owner_id != actor.id])
