"""What is done for a customer, written down in one transaction with what it means for whose the customer is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.billing import may_edit
from commands.idempotency import claim_once
from db.book import look_by
from db.customer import Assignment, Contact
from db.customer_case import find_customer
from db.customer_field import FOLLOW_UP, keep_files
from db.deal import Deal
from db.document import added_by
from db.engine import Database
from db.follow_up import FollowUp
from db.live import announce
from db.reckon import tended
from domain.access import Action, Actor
from domain.follow_up import How, Outcome
from domain.ids import RecordId
from domain.refusal import forbidden, invalid, not_found

MORNING = time(9)
"""When a next step planned for a day is due, in the company's zone."""
FURTHEST = timedelta(days=3 * 366)
Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class FollowUpBody(BaseModel):
    """`next_on` is that morning in the company's zone; `documents` are hashes of files that you sent in."""

    model_config = ConfigDict(extra="forbid")

    how: How = "call"
    outcome: Outcome = "reached"
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] = ""
    contact_id: RecordId | None = None
    region_id: RecordId | None = Field(None, description="For which region; left out: your own.")
    next_at: AwareDatetime | None = None
    next_on: date | None = None
    documents: Annotated[list[Hash], Field(max_length=10)] = []
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class FollowUps:
    def __init__(self, db: Database, zone: str) -> None:
        self.db = db
        self.zone = ZoneInfo(zone)

    async def add(self, actor: Actor, key: str, customer_id: str, body: FollowUpBody) -> str:
        """Its id, made once per key. What its author had planned next with the customer is done by it; the owner's
        own follow-up moves when the customer goes back to the pool.

        Raises Refused: 404, 403, 422.
        """
        actor.require(Action.CUSTOMER_WORK)
        now = datetime.now(UTC)
        next_at = self._next(body, now)
        async with self.db.session(actor.id) as session:
            await find_customer(session, actor, customer_id)
            region_id = await self._region(session, actor, customer_id, body.region_id)
            await self._check(session, actor, customer_id, body)
            asked = body.model_dump(mode="json", exclude_defaults=True)
            made = await claim_once(session, actor, key, "FollowUp", f"customer/{customer_id}", asked)
            if not made.fresh:
                return made.id
            await self._done_before(session, actor, customer_id, now)
            values = body.model_dump(exclude={"region_id", "next_on", "next_at"})
            row = FollowUp(
                id=made.id, customer_id=customer_id, region_id=region_id, by=actor.id, at=now, next_at=next_at,
                remind_at=next_at and self._reminder(next_at, now), **values
            )  # fmt: skip
            session.add(row)
            if row.remind_at is not None:
                await look_by(session, actor.id, row.remind_at)
            await keep_files(session, customer_id, FOLLOW_UP, body.documents)
            await self._tended(session, actor, customer_id, region_id, now)
            await announce(session, "customer", customer_id, int(now.timestamp()), owner=actor.id, region=region_id)
            return made.id

    async def finish(self, actor: Actor, follow_up_id: str) -> str:
        """Says that what was planned next need not be done any more: the customer's id. Raises Refused (404)."""
        async with self.db.session(actor.id) as session:
            row = await session.get(FollowUp, follow_up_id, with_for_update=True)
            if row is None or row.by != actor.id:
                raise not_found("follow_up")
            row.next_done_at = row.next_done_at or func.now()
            return row.customer_id

    def _next(self, body: FollowUpBody, now: datetime) -> datetime | None:
        planned = body.next_at
        if body.next_on is not None:
            planned = datetime.combine(body.next_on, MORNING, self.zone)
            if body.next_on < now.astimezone(self.zone).date():
                raise invalid("next_past", "next_on")
        if planned is None:
            return None
        where = "next_on" if body.next_on else "next_at"
        if planned - now > FURTHEST:
            raise invalid("next_too_far", where)
        if body.next_at is not None and planned < now:
            raise invalid("next_past", where)
        return planned.astimezone(UTC)

    def _reminder(self, next_at: datetime, now: datetime) -> datetime:
        """The morning of that day, where it is still to come."""
        morning = datetime.combine(next_at.astimezone(self.zone).date(), MORNING, self.zone).astimezone(UTC)
        return morning if now < morning < next_at else next_at

    async def _region(self, session: AsyncSession, actor: Actor, customer_id: str, wanted: str | None) -> str:
        """The region it counts for: where the customer is one's own, else where one works on it, else one's deal's."""
        found = select(Assignment).where(Assignment.customer_id == customer_id).order_by(Assignment.since)
        worked = [one for one in await session.scalars(found) if may_edit(actor, one)]
        if wanted is not None:
            worked = [one for one in worked if one.region_id == wanted]
        worked.sort(key=lambda one: one.owner_id != actor.id)
        if worked:
            return worked[0].region_id
        deals = select(Deal.region_id).where(
            Deal.customer_id == customer_id, Deal.owner_id == actor.id, Deal.closed_at.is_(None)
        )
        if wanted is None and (region_id := await session.scalar(deals.limit(1))) is not None:
            return str(region_id)
        raise forbidden(Action.CUSTOMER_WORK)

    async def _check(self, session: AsyncSession, actor: Actor, customer_id: str, body: FollowUpBody) -> None:
        if (body.latitude is None) != (body.longitude is None):
            raise invalid("location_unreadable", "place")
        if body.contact_id is not None:
            known = select(Contact.id).where(Contact.id == body.contact_id, Contact.customer_id == customer_id)
            if await session.scalar(known) is None:
                raise invalid("contact_unknown", "contact_id")
        if not await added_by(session, actor.id, body.documents):
            raise invalid("field_file_unknown", "file")

    async def _done_before(self, session: AsyncSession, actor: Actor, customer_id: str, now: datetime) -> None:
        open_ = (FollowUp.next_at.is_not(None), FollowUp.next_done_at.is_(None))
        mine = (FollowUp.customer_id == customer_id, FollowUp.by == actor.id)
        await session.execute(update(FollowUp).where(*mine, *open_).values(next_done_at=now))

    async def _tended(
        self, session: AsyncSession, actor: Actor, customer_id: str, region_id: str, now: datetime
    ) -> None:
        """Only what its owner does keeps a customer theirs."""
        await tended(session, customer_id, region_id, actor.id, now)
