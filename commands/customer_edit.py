"""What is known of a customer, changed by whoever works on it: the product's fields and the company's own alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.billing import may_edit
from commands.customer_collision import insist, newly_like
from commands.customer_match import Match, told
from commands.idempotency import claim_once
from db.customer import Assignment, Customer
from db.customer_field import (
    CustomerChange,
    claim_unique,
    field_policy,
    keep_files,
    next_serials,
    values_of,
)
from db.customer_match import keep_pair
from db.customer_sight import CustomerSight
from db.document import added_by
from db.engine import Database
from db.live import announce
from db.person import OrgUnit, Person
from db.scope import customers_within
from domain.access import Action, Actor
from domain.customer_field import KEYS, CustomerFieldPolicy, Readable, Reading, complete, fields, for_reader, parse
from domain.customer_field import Field as OneField
from domain.field_value import decimal_text
from domain.refusal import Refused, forbidden, invalid, not_found
from domain.text import ON_ONE_LINE

Given = str | int | float | bool | list[str] | None


class CustomerEditBody(BaseModel):
    """`values` by the field's key, as a form has them: text, or a list where a field holds several; null empties one.
    Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    values: Annotated[dict[str, Given], Field(max_length=400)]
    kind: Annotated[str, StringConstraints(max_length=60)] | None = Field(None, description="Kind of customer.")
    based_on: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="As you got it with the fields: a change of what somebody changed since is refused."
    )
    reason: Annotated[str, StringConstraints(max_length=500), ON_ONE_LINE] | None = Field(
        None, description="Why it is another one than those it becomes like."
    )


@dataclass(frozen=True)
class Editable:
    """A customer as somebody may see and change it; `based_on` names this state of what they see."""

    customer: Customer
    policy: CustomerFieldPolicy
    readable: Readable
    values: dict[str, Any]

    @property
    def based_on(self) -> str:
        # Of open values only: from a hash over masked ones, these could be guessed.
        seen = {field.key: self.values.get(field.key) for field in self.readable.open}
        state = json.dumps([self.customer.kind, seen], sort_keys=True, ensure_ascii=False)
        return sha256(state.encode()).hexdigest()


async def editable(session: AsyncSession, actor: Actor, customer_id: str, *, lock: bool = False) -> Editable:
    """Raises Refused: 404, or 403 for who sees the customer and does not work on it."""
    query = select(Customer).where(Customer.id == customer_id, customers_within(actor))
    # Its key stays: a pair or contact that refers to it need not wait.
    customer = await session.scalar(query.with_for_update(of=Customer, key_share=True) if lock else query)
    if customer is None:
        raise not_found("customer")
    follows = await session.scalars(select(Assignment).where(Assignment.customer_id == customer_id))
    if not any(may_edit(actor, one) for one in follows):
        raise forbidden(Action.CUSTOMER_WORK)
    policy = await field_policy(session)
    return Editable(customer, policy, for_reader(actor, fields(policy)), values_of(customer))


class CustomerEdits:
    def __init__(self, db: Database, zone: str, country: str) -> None:
        self.db = db
        self.zone = zone
        self.country = country

    async def edit(self, actor: Actor, key: str, customer_id: str, body: CustomerEditBody) -> None:
        """Raises Refused: 404; 403; 409 `customer_changed` where somebody was faster, `customer_known` or
        `customer_alike` for who becomes like another one, as on entry; 422 naming the field: what cannot be read,
        `field_needed`, `field_taken`, `field_unknown`, `field_closed` for several values that are masked."""
        async with self.db.session(actor.id) as session:
            now = await editable(session, actor, customer_id, lock=True)
            asked = body.model_dump(mode="json")
            made = await claim_once(session, actor, key, "EditCustomer", f"customer/{customer_id}", asked)
            if not made.fresh:
                return
            if body.based_on is not None and body.based_on != now.based_on:
                raise Refused("customer_changed", 409, by=await self._changed_by(session, customer_id))
            kind = self._kind(now, body.kind)
            after = await self._after(session, actor, now, body)
            complete(now.readable.open, kind, after)
            found = await newly_like(session, customer_id, now.values, after)
            await insist(session, actor, found, body.reason)
            await self.keep(session, actor, now, kind, after)
            await session.flush()
            for one, _ in found:
                await keep_pair(session, customer_id, one, by=actor.id, note=body.reason)

    async def alike(self, actor: Actor, customer_id: str, body: CustomerEditBody) -> list[Match]:
        """Whom it would become like; nothing is kept. Raises Refused: 404; 403; 422."""
        async with self.db.session(actor.id) as session:
            now = await editable(session, actor, customer_id)
            after = await self._after(session, actor, now, body)
            return await told(session, actor, await newly_like(session, customer_id, now.values, after))

    async def _after(
        self, session: AsyncSession, actor: Actor, now: Editable, body: CustomerEditBody
    ) -> dict[str, Any]:  # fmt: skip
        """All values as they are to be."""
        typed = await read(session, actor, now.readable, body.values, Reading(self.zone, self.country), now.values)
        return {key: value for key, value in (now.values | typed).items() if value not in (None, "", [])}

    async def tag(self, actor: Actor, key: str, customer_id: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Tags beside those it has, and without some of them. Raises Refused: 404; 403; 422 `field_closed`."""
        async with self.db.session(actor.id) as session:
            now = await editable(session, actor, customer_id, lock=True)
            asked = {"add": list(add), "remove": list(remove)}
            made = await claim_once(session, actor, key, "EditCustomer", f"customer/{customer_id}", asked)
            if not made.fresh:
                return
            if all(field.key != "tags" for field in now.readable.open):
                raise invalid("field_closed", "tags")
            tags = [one for one in dict.fromkeys([*now.customer.tags, *add]) if one not in {*remove}]
            after = {name: value for name, value in now.values.items() if name != "tags"}
            await self.keep(session, actor, now, now.customer.kind, after | ({"tags": tags} if tags else {}))

    async def keep(self, session: AsyncSession, actor: Actor, now: Editable, kind: str, after: dict[str, Any]) -> None:
        """Writes the values, with their history, in the caller's transaction. Raises Refused (422) `field_taken`."""
        customer, known = now.customer, fields(now.policy)
        today = datetime.now(UTC).astimezone(ZoneInfo(self.zone)).date()
        for field in known:
            if field.type == "serial" and field.has(kind) and field.key not in after:
                after[field.key] = (await next_serials(session, field, 1, today))[0]
        changed = {key for key in after.keys() | now.values.keys() if after.get(key) != now.values.get(key)}
        if not changed and kind == customer.kind:
            return
        await claim_unique(session, customer.id, known, after)
        for field in known:
            if field.type == "files" and field.key in changed:
                await keep_files(session, customer.id, field.key, after.get(field.key) or [])
        for key in KEYS:
            setattr(customer, key, after.get(key) or ([] if key == "tags" else None))
        customer.custom = {key: value for key, value in after.items() if key not in KEYS}
        before = {key: now.values.get(key) for key in changed}
        if kind != customer.kind:
            before["kind"], after["kind"], customer.kind = customer.kind, kind, kind
            changed.add("kind")
        change = CustomerChange(
            customer_id=customer.id, by=actor.id, before=before, after={key: after.get(key) for key in changed}
        )
        session.add(change)
        await announce(session, "customer", customer.id, int(datetime.now(UTC).timestamp()))

    def _kind(self, now: Editable, wanted: str | None) -> str:
        if wanted is None or wanted == now.customer.kind:
            return now.customer.kind
        if wanted not in {kind.key for kind in now.policy.kinds}:
            raise invalid("choice_unknown", "kind")
        return wanted

    async def _changed_by(self, session: AsyncSession, customer_id: str) -> str:
        last = select(CustomerChange.by).where(CustomerChange.customer_id == customer_id)
        return await session.scalar(last.order_by(CustomerChange.at.desc()).limit(1)) or ""


async def begin_fields(session: AsyncSession, customer: Customer, known: Iterable[OneField], zone: str) -> None:
    """What a new customer's fields need beside its row: unique values are taken, serial numbers counted.

    Raises Refused (422) `field_taken`.
    """
    known, today = list(known), datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    serials = {
        field.key: (await next_serials(session, field, 1, today))[0]
        for field in known
        if field.type == "serial" and field.has(customer.kind) and field.key not in customer.custom
    }
    if serials:
        customer.custom = customer.custom | serials
    await claim_unique(session, customer.id, known, values_of(customer))


async def read(
    session: AsyncSession, actor: Actor, readable: Readable, given: Mapping[str, Given], reading: Reading,
    was: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The values to keep of what was typed, by key, without those that are masked and left alone. What a value refers
    to must be there where it is not as it `was`.

    Raises Refused (422) naming the field.
    """
    typed: dict[str, Any] = {}
    for key, value in given.items():
        field = readable.field(key)
        if field is None:
            raise invalid("field_unknown", "values", name=key)
        if readable.left(key, value, was.get(key)):
            continue
        if field not in readable.writable:
            raise invalid("field_closed", key)
        typed[key] = parse(field, _text(value), await _meaning(session, actor, field, value, reading))
        if typed[key] is not None and typed[key] != was.get(key):
            await _check(session, actor, field, was.get(key), typed[key])
    return typed


def _text(value: Given) -> str | list[str]:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return decimal_text(value)
    return value


async def _meaning(session: AsyncSession, actor: Actor, field: OneField, value: Given, reading: Reading) -> Reading:
    """Another customer may be typed by number or exact name, as far as the writer sees it."""
    if field.type != "customer" or not isinstance(value, str) or not value.strip():
        return reading
    asked = value.strip()
    number = asked.lstrip("#")
    same = Customer.number == int(number) if number.isdecimal() and len(number) < 18 else Customer.name == asked
    sight = await CustomerSight.of(session, actor)
    found = (await session.scalars(select(Customer.id).where(same, sight.within()).limit(2))).all()
    return Reading(reading.zone, reading.country, customers={asked.lower(): found[0]} if len(found) == 1 else {})


async def _check(session: AsyncSession, actor: Actor, field: OneField, was: Any, value: Any) -> None:
    """Whether what a new value refers to is there, and the writer may refer to it."""
    named = [value] if isinstance(value, str) else value
    match field.type:
        case "choice" | "choices":
            known = [was] if isinstance(was, str) else was or []
            retired = {option.value for option in field.options if option.retired}
            if retired & (set(named) - set(known)):
                raise invalid("choice_unknown", field.key)
            return
        case "files":
            # A file that was there already may have been sent in by somebody else.
            if not await added_by(session, actor.id, set(named) - set(was or ())):
                raise invalid("field_file_unknown", field.key)
            return
        case "person" | "people":
            query, code = select(func.count()).where(Person.id.in_(named), Person.active), "person_unknown"
        case "department":
            query, code = select(func.count()).where(OrgUnit.id.in_(named)), "unit_unknown"
        case "customer":
            sight = await CustomerSight.of(session, actor)
            query, code = select(func.count()).where(Customer.id.in_(named), sight.within()), "customer_unknown"
        case _:
            return
    if await session.scalar(query) != len(named):
        raise invalid(code, field.key)
