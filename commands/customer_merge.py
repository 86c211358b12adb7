"""Several customers made into one, and made several again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim_once
from db import ownership
from db.audit import record
from db.base import new_id
from db.contact_double import join, part, part_from, somebodies
from db.customer import Assignment, Contact, Customer
from db.customer_merge import (
    CustomerMerge,
    assignment_kept,
    drop_assignment,
    locked,
    move_rows,
    move_rows_back,
    point,
    point_back,
    put_assignment,
)
from db.engine import Database, take_time
from db.scope import customers_within
from db.ticket_tier import serve_by, tell_tickets
from domain.access import Action, Actor
from domain.contact_double import doubles
from domain.customer_field import BUILT_IN
from domain.customer_merge import OWN, Owned, Values, left_over, merged, owned
from domain.customer_pool import How
from domain.ids import RecordId
from domain.refusal import Refused, invalid, not_found

TIER = "service_tier"
BILLING = ("invoice_title", "billing_address", "billing_phone", "bank_name", "bank_account", "language", TIER)
COLUMNS = (*(field.key for field in BUILT_IN if field.key != "tags"), *BILLING)
"""The columns that each come from one of the customers; tags are kept of all."""
MOST = 20
LONGEST = 30
"""Seconds for a statement: who merges the same as somebody else waits for that merge, and is told of it."""
CLOCK = ("tier", "followed_at", "dealt_at", "locked_until")
"""What an assignment keeps of the one who goes on with it."""


class MergeBody(BaseModel):
    """`fields`: whose value is taken, by field; without one the survivor's, or the first there is. `owners`: the
    customer whose owner goes on, by region, where several people follow them. `seen`: `updated_at` of each as it was
    shown."""

    model_config = ConfigDict(extra="forbid")

    merged: Annotated[list[RecordId], Field(min_length=1, max_length=MOST)]
    fields: dict[str, RecordId] = {}
    owners: dict[RecordId, RecordId] = {}
    seen: dict[RecordId, datetime] = {}


class Undone(BaseModel):
    """`kept`: what stays as it is because somebody changed it since, each {what, name}."""

    kept: list[dict[str, Any]] = []


class MergeCommands:
    def __init__(self, db: Database) -> None:
        self.db = db

    async def merge(self, actor: Actor, key: str, survivor_id: str, body: MergeBody) -> str:
        """One transaction; the merge's id. Raises Refused: 404, 403 merge_other_region, 409 customer_merged or
        outdated, 422 merge_twice or merge_owner_needed."""
        actor.require(Action.CUSTOMER_MERGE)
        ids = [survivor_id, *dict.fromkeys(body.merged)]
        if len(set(ids)) < len(ids):
            raise invalid("merge_twice", "merged")
        async with self.db.session(actor.id) as session:
            await take_time(session, LONGEST)
            asked = body.model_dump(mode="json")
            claimed = await claim_once(session, actor, key, "MergeCustomers", f"customer/{survivor_id}", asked)
            if not claimed.fresh:
                return claimed.id
            customers = await self._held(session, actor, ids)
            for one, when in body.seen.items():
                if one in customers and customers[one].updated_at != when:
                    raise Refused("outdated", 409)
            follows = await _may_merge(session, actor, ids)
            chosen = _owners(owned([(one.customer_id, one.region_id, one.owner_id) for one in follows]), body.owners)
            await self._carry_out(
                session, actor, claimed.id, [customers[one] for one in ids], body.fields, chosen,
                [(one.customer_id, one.region_id) for one in follows],
            )  # fmt: skip
            return claimed.id

    async def undo(self, actor: Actor, key: str, merge_id: str) -> Undone:
        """Everything back, unless it was changed since. Raises Refused: 404, 403, 409 merge_undone or merge_later."""
        actor.require(Action.CUSTOMER_MERGE)
        async with self.db.session(actor.id) as session:
            await take_time(session, LONGEST)
            merge = await session.get(CustomerMerge, merge_id, with_for_update=True)
            if merge is None:
                raise not_found("customer_merge")
            claimed = await claim_once(session, actor, key, "UndoMerge", f"customer_merge/{merge_id}", {})
            if not claimed.fresh:
                return Undone(kept=merge.kept or [])
            customers = await locked(session, [merge.survivor_id, *merge.merged])
            survivor = customers[merge.survivor_id]
            if merge.undone_at is not None:
                raise Refused("merge_undone", 409)
            if survivor.merged_into is not None:
                raise Refused("merge_later", 409)
            await _may_merge(session, actor, [merge.survivor_id])
            kept, tier_back = _take_back_values(survivor, merge)
            kept += await _take_back_assignments(session, actor, merge)
            lost = 0
            for one in merge.merged:
                lost += await move_rows_back(session, merge.id, one, merge.survivor_id)
            await part(session, [merge.survivor_id, *merge.merged])
            if lost:
                kept.append({"what": "rows", "name": str(lost)})
            await _serve_alike(session, actor, survivor, tier_back)
            for one in merge.merged:
                await tell_tickets(session, one, customers[one].service_tier, actor.id)
            kept += await _take_back_contacts(session, merge)
            await point_back(session, merge)
            merge.undone_at, merge.undone_by, merge.kept = datetime.now(UTC), actor.id, kept
            return Undone(kept=kept)

    async def _held(self, session: AsyncSession, actor: Actor, ids: Sequence[str]) -> dict[str, Customer]:
        customers = await locked(session, ids)
        if len(customers) < len(ids):
            raise not_found("customer")
        for one in customers.values():
            if one.merged_into is not None:
                raise Refused("customer_merged", 409, name=one.name)
        seen = select(Customer.id).where(Customer.id.in_(ids), customers_within(actor))
        if len((await session.scalars(seen)).all()) < len(ids):
            raise not_found("customer")
        return customers

    async def _carry_out(
        self, session: AsyncSession, actor: Actor, merge_id: str, customers: Sequence[Customer],
        fields: Mapping[str, str], chosen: Mapping[str, str], places: Sequence[tuple[str, str]],
    ) -> None:  # fmt: skip
        survivor, others = customers[0], customers[1:]
        these = [values_of(one) for one in customers]
        changed = merged(these, fields)
        before = {name: these[0].value(name) if name != "tags" else list(survivor.tags) for name in changed}
        people = await somebodies(session, [one.id for one in customers])
        contacts = await _add_contacts(session, merge_id, customers, left_over(these, changed))
        _give(survivor, changed)
        signposts = await point(session, [one.id for one in others], survivor.id)
        session.add(
            CustomerMerge(
                id=merge_id, survivor_id=survivor.id, merged=[one.id for one in others], by=actor.id, before=before,
                after=changed | {"contacts": contacts}, assignments=[], signposts=signposts,
            )
        )  # fmt: skip
        await session.flush()
        await ownership.write_first(session, places)
        for one in others:
            await move_rows(session, merge_id, one.id, survivor.id)
            await record(session, actor.id, "MergedInto", f"customer/{one.id}")
        staying = [one for one in people if one.customer_id == survivor.id]
        await join(session, doubles(staying, people[len(staying) :]))
        await _serve_alike(session, actor, survivor, changed.get(TIER))
        kept = await _join_assignments(session, actor, survivor.id, [one.id for one in others], chosen)
        await session.execute(update(CustomerMerge).where(CustomerMerge.id == merge_id).values(assignments=kept))


def values_of(customer: Customer) -> Values:
    """A customer as `domain.customer_merge` compares it."""
    fields = {name: getattr(customer, name) for name in COLUMNS}
    return Values(customer.id, fields | {OWN + key: value for key, value in customer.custom.items()}, customer.tags)


def _give(customer: Customer, values: Mapping[str, Any]) -> None:
    own = {key.removeprefix(OWN): value for key, value in values.items() if key.startswith(OWN)}
    if own:
        kept = {**customer.custom, **own}
        customer.custom = {key: value for key, value in kept.items() if value is not None}
    for key, value in values.items():
        if not key.startswith(OWN) and key != TIER:  # tickets hear of a tier: _serve_alike
            setattr(customer, key, value)


async def _serve_alike(session: AsyncSession, actor: Actor, customer: Customer, tier: str | None) -> None:
    """Gives the customer another tier, if any; its tickets, those that just came among them, all run by its tier."""
    if tier is None or not await serve_by(session, customer.id, tier, actor.id):
        await tell_tickets(session, customer.id, customer.service_tier, actor.id)


async def _may_merge(session: AsyncSession, actor: Actor, ids: Sequence[str]) -> list[Assignment]:
    """Their assignments, the survivor's first; whoever merges answers for every region that follows one of them."""
    query = select(Assignment).where(Assignment.customer_id.in_(ids))
    query = query.order_by(Assignment.customer_id, Assignment.region_id).with_for_update()
    follows = sorted(await session.scalars(query), key=lambda one: (ids.index(one.customer_id), one.region_id))
    for one in follows:
        if not actor.reaches(Action.CUSTOMER_MERGE, owner=one.owner_id, region=one.region_id):
            raise Refused("merge_other_region", 403)
    return follows


def _owners(regions: Sequence[Owned], chosen: Mapping[str, str]) -> dict[str, str]:
    """The customer whose owner goes on, by region."""
    found = {}
    for one in regions:
        picked = chosen.get(one.region_id)
        if picked is not None and picked not in one.owners:
            raise invalid("merge_owner_needed", "owners")
        if picked is None and one.disputed:
            raise invalid("merge_owner_needed", "owners")
        found[one.region_id] = picked or next(iter(one.owners))
    return found


async def _add_contacts(
    session: AsyncSession, merge_id: str, customers: Sequence[Customer],
    left: Sequence[tuple[str, str | None, str | None]],
) -> list[str]:  # fmt: skip
    """Numbers and addresses that the survivor has no place for, unless one of the contacts has them."""
    ids = [one.id for one in customers]
    names = {one.id: one.name for one in customers}
    known = await session.execute(select(Contact.phone, Contact.email).where(Contact.customer_id.in_(ids)))
    reached = {value for row in known for value in row if value}
    made = []
    for customer_id, phone, email in left:
        if (phone in reached or phone is None) and (email in reached or email is None):
            continue
        contact = Contact(
            id=new_id(), customer_id=ids[0], name=names[customer_id][:80], phone=phone, email=email,
            origin=f"merge/{merge_id}/{customer_id}",
        )  # fmt: skip
        session.add(contact)
        made.append(contact.id)
    return made


async def _join_assignments(
    session: AsyncSession, actor: Actor, survivor_id: str, others: Sequence[str], chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One for each region: its owner is the chosen customer's. What there was is kept for an undo."""
    kept: list[dict[str, Any]] = []
    for one in others:
        follows = await session.scalars(select(Assignment).where(Assignment.customer_id == one))
        for follow in follows.all():
            region = follow.region_id
            was = await assignment_kept(session, survivor_id, region)
            row = await assignment_kept(session, one, region)
            if was is None:
                moving = update(Assignment).where(Assignment.customer_id == one, Assignment.region_id == region)
                await session.execute(moving.values(customer_id=survivor_id))
            else:
                await drop_assignment(session, one, region)
                if chosen[region] == one and row is not None:
                    await _take_over(session, actor, survivor_id, region, row)
            kept.append({"region": region, "from": one, "was": was, "row": row, "owner": chosen[region]})
    for entry in kept:
        now = await assignment_kept(session, survivor_id, entry["region"]) or {}
        entry["owner"] = now.get("owner_id")
    return kept


async def _take_over(
    session: AsyncSession, actor: Actor, customer_id: str, region_id: str, row: Mapping[str, Any],
    how: How = "merged",
) -> None:  # fmt: skip
    """The survivor is whose the other was, with that one's tier and clock."""
    await ownership.move(
        session, [(customer_id, region_id)], to=row["owner_id"], how=how, at=datetime.now(UTC), by=actor.id,
        pool=row["pool"],
    )  # fmt: skip
    clock = {
        name: datetime.fromisoformat(value) if name != "tier" and (value := row[name]) else row[name] for name in CLOCK
    }
    here = (Assignment.customer_id == customer_id, Assignment.region_id == region_id)
    await session.execute(update(Assignment).where(*here).values(clock))


# --- taken back -------------------------------------------------------------------------------------------------------


def _take_back_values(survivor: Customer, merge: CustomerMerge) -> tuple[list[dict[str, Any]], str | None]:
    """What stays as it is, and the tier that the survivor had, where it is to have that again."""
    now = values_of(survivor)
    back, kept = {}, []
    for name, value in merge.before.items():
        current = list(survivor.tags) if name == "tags" else now.value(name)
        if current == merge.after.get(name):
            back[name] = value
        else:
            kept.append({"what": "field", "name": name})
    _give(survivor, back)
    return kept, back.get(TIER)


async def _take_back_assignments(session: AsyncSession, actor: Actor, merge: CustomerMerge) -> list[dict[str, Any]]:
    changed = set()
    for region, owner in {entry["region"]: entry["owner"] for entry in merge.assignments}.items():
        now = await assignment_kept(session, merge.survivor_id, region)
        if now is None or now["owner_id"] != owner:
            changed.add(region)
    for entry in reversed(merge.assignments):
        region, was = entry["region"], entry["was"]
        if was is None:
            here = (Assignment.customer_id == merge.survivor_id, Assignment.region_id == region)
            await session.execute(update(Assignment).where(*here).values(customer_id=entry["from"]))
            continue
        if region not in changed:
            await _take_over(session, actor, merge.survivor_id, region, was, "undone")
        await put_assignment(session, entry["row"])
    return [{"what": "owner", "name": region} for region in sorted(changed)]


async def _take_back_contacts(session: AsyncSession, merge: CustomerMerge) -> list[dict[str, Any]]:
    """Contacts that the merge made go; those that somebody has worked on stay."""
    kept = []
    made = merge.after.get("contacts", [])
    await part_from(session, made)
    rows = await session.scalars(select(Contact).where(Contact.id.in_(made)))
    names = set(await session.scalars(select(Customer.name).where(Customer.id.in_([merge.survivor_id, *merge.merged]))))
    for contact in rows.all():
        if contact.title is None and contact.name in {name[:80] for name in names}:
            await session.execute(delete(Contact).where(Contact.id == contact.id))
        else:
            kept.append({"what": "contact", "name": contact.name})
    return kept
