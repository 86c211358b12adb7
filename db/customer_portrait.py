"""The portrait of a customer, what tier it seems to be of, and the news to those whom customers came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.actor import actor_of
from db.customer import Contact, Customer, contacts_of
from db.customer_assignment import Assigned
from db.customer_field import readable_by
from db.customer_reader import seen_values
from db.customer_tier import CustomerTierHint
from db.deal import Deal
from db.follow_up import FollowUp
from db.lead import Lead
from db.lead_origin import LeadTouch
from db.notification import tell
from db.ownership_history import ChangeOfHands
from domain.access import Action, Actor, person_key
from domain.customer_portrait import History, Step, next_step
from domain.customer_tier import Known, Suggestion, lately, suggest
from domain.process import Notice

KEEN = frozenset({"interested"})
COLD = frozenset({"not_interested"})
LOST = frozenset({"wrong_person"})
SINGLY = 3
"""So many at once are told one by one, with their portraits; more as one list."""


@dataclass(frozen=True)
class Portrait:
    name: str
    values: Mapping[str, Any]
    people: Sequence[str]
    history: History
    step: Step
    suggestion: Suggestion
    deals: bool

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What stands in a mail: (code of the fact, value); codes have words in `locales`."""
        one = {key: str(self.values.get(key) or "") for key in ("industry", "province", "city", "source", "phone")}
        place = " ".join(part for part in (one["province"], one["city"]) if part)
        told = [("industry", one["industry"]), ("place", place), ("source", one["source"])]
        told += [("campaigns", ", ".join(self.history.campaigns)), ("phone", one["phone"])]
        people = [("contact", said) for said in self.people]
        history = [("follow_ups", str(self.history.follow_ups))]
        if self.deals:
            history.append(("open_deals", str(self.history.open_deals)))
        return [(code, value) for code, value in [*told, *people, *history] if value]


async def portrait_of(session: AsyncSession, actor: Actor, customer_id: str, now: datetime) -> Portrait:
    """As far as this person may see it; who sees no deals is told nothing that they alone say."""
    customer = await session.get_one(Customer, customer_id)
    readable = await readable_by(session, actor)
    contacts = await contacts_of(session, customer_id)
    known = (await known_of(session, [customer_id], now))[customer_id]
    deals = actor.scope(Action.DEAL_READ) is not None
    if not deals:
        known = known._replace(open_deals=0, open_amount=0, won=0)
    history = await _history(session, customer_id, contacts, known)
    said = suggest(known, keen=KEEN, cold=COLD, lost=LOST)
    parts = [(one.name, one.title, readable.reached("phone", one.phone)) for one in contacts[:3]]
    people = [" ".join(filter(None, told)) for told in parts]
    values = seen_values(customer, readable)
    return Portrait(customer.name, values, people, history, next_step(history), said, deals)


async def _history(
    session: AsyncSession, customer_id: str, contacts: Sequence[Contact], known: Known
) -> History:  # fmt: skip
    done = select(FollowUp, func.count().over()).where(FollowUp.customer_id == customer_id)
    last, count = (await session.execute(done.order_by(FollowUp.at.desc()).limit(1))).one_or_none() or (None, 0)
    owners = select(func.count(ChangeOfHands.to_id.distinct())).where(ChangeOfHands.customer_id == customer_id)
    named = func.array_agg(LeadTouch.campaign.distinct()).filter(LeadTouch.campaign.is_not(None))
    turned = select(func.max(Lead.created_at), named).outerjoin(LeadTouch, LeadTouch.lead_id == Lead.id)
    lead_at, campaigns = (await session.execute(turned.where(Lead.customer_id == customer_id))).one()
    return History(
        follow_ups=count, last_at=last.at if last else None, outcome=last.outcome if last else None,
        next_at=last.next_at if last else None, owners=await session.scalar(owners) or 0, open_deals=known.open_deals,
        won=known.won, lead_at=lead_at, campaigns=tuple(filter(None, campaigns or ())),
        reached=any(one.phone or one.email for one in contacts),
    )  # fmt: skip


async def known_of(session: AsyncSession, customers: Sequence[str], now: datetime) -> dict[str, Known]:
    """What is to be weighed of each, read for all at once."""
    one = Customer
    facts = select(one.id, one.tax_number, one.phone, one.email, one.address, one.industry).where(one.id.in_(customers))
    reached = case((Contact.phone.is_not(None) | Contact.email.is_not(None), 1))
    once = func.count().filter(Contact.listed)
    contacts = await _by(session, customers, Contact.customer_id, once, func.count(reached).filter(Contact.listed))
    still = Deal.closed_at.is_(None)
    deals = await _by(
        session, customers, Deal.customer_id, func.count().filter(still),
        func.coalesce(func.sum(Deal.amount).filter(still), 0), func.count().filter(Deal.stage == "won"),
    )  # fmt: skip
    leads = await _by(session, customers, Lead.customer_id, func.count())
    outcomes = await _by(
        session, customers, FollowUp.customer_id,
        func.array_agg(FollowUp.outcome.distinct()).filter(FollowUp.at >= lately(now)),
    )  # fmt: skip
    found = {}
    for customer_id, code, phone, email, address, industry in await session.execute(facts):
        still_open, amount, won = deals.get(customer_id, (0, 0, 0))
        count, able = contacts.get(customer_id, (0, 0))
        found[customer_id] = Known(
            tax_number=bool(code), phone=bool(phone), email=bool(email), address=bool(address), industry=bool(industry),
            contacts=count, contacts_reached=able, open_deals=still_open, open_amount=int(amount), won=won,
            leads=leads.get(customer_id, (0,))[0], outcomes=tuple(outcomes.get(customer_id, (None,))[0] or ()),
        )  # fmt: skip
    return found


async def _by(session: AsyncSession, customers: Sequence[str], key: Any, *figures: Any) -> dict[str, Any]:
    query = select(key, *figures).where(key.in_(customers)).group_by(key)
    return {customer: figures for customer, *figures in await session.execute(query)}


async def weigh(session: AsyncSession, customers: Sequence[str], now: datetime) -> None:
    """Reckons the suggested tier of these customers anew, and keeps it for lists and reports."""
    rows = []
    for customer_id, known in (await known_of(session, customers, now)).items():
        said = suggest(known, keen=KEEN, cold=COLD, lost=LOST)
        reasons = [reason._asdict() for reason in said.reasons]
        rows.append(
            {"customer_id": customer_id, "score": said.score, "tier": said.tier, "reasons": reasons, "at": now}
        )  # fmt: skip
    if not rows:
        return
    made = insert(CustomerTierHint)
    kept = {name: made.excluded[name] for name in ("score", "tier", "reasons", "at")}
    await session.execute(made.on_conflict_do_update(index_elements=["customer_id"], set_=kept), rows)


async def tell_owners(session: AsyncSession, assigned: Sequence[Assigned], *, run_id: str | None = None) -> None:
    """Each new owner hears of their customers: of a few with the portrait of each, of many with one list of them."""
    by_owner: dict[str, list[str]] = {}
    for one in assigned:
        if one.owner_id:
            by_owner.setdefault(one.owner_id, []).append(one.customer_id)
    for owner, customers in sorted(by_owner.items()):
        if run_id is not None and len(customers) > SINGLY:
            await tell_of_many(session, owner, len(customers), run_id)
            continue
        reader = await actor_of(session, owner)
        for customer_id in customers:
            portrait = await portrait_of(session, reader, customer_id, datetime.now(UTC))
            told = {
                "title": portrait.name, "step": portrait.step, "suggested": portrait.suggestion.tier,
                "portrait": [list(line) for line in portrait.lines],
            }  # fmt: skip
            await _tell(session, f"{customer_id}/{owner}", "customer.arrived", owner, told, "customer", customer_id)


async def tell_of_many(session: AsyncSession, owner: str, num: int, run_id: str) -> None:
    """One list of all that an owner got by an allocation or import."""
    key, kind = f"{run_id}/{owner}", "customers.allocated"
    await _tell(session, key, kind, owner, {"num": num}, "allocation", f"{run_id}/mine")


async def _tell(
    session: AsyncSession, key: str, kind: str, person: str, params: dict[str, Any], record: str, record_id: str
) -> None:
    notice = Notice(
        id=str(uuid5(NAMESPACE_URL, f"{kind}/{key}")),
        kind=kind,
        holders=[person_key(person)],
        params=params,
        revision=0,
    )
    await tell(session, notice, kind=record, record_id=record_id)
