"""Whether a customer is known already (撞单), as far as the one who asks may know; and pairs that somebody looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.customer_match import MatchRun
from commands.desk import Desk
from commands.idempotency import claim_once
from db.customer import Assignment, Customer
from db.customer_match import find_alike
from db.customer_pair import announce_run, open_pair
from db.customer_sight import CustomerSight
from db.lead_match import Place, places
from db.scope import customers_within
from domain.access import Action, Actor, Scope
from domain.contact import phone_number
from domain.customer_match import Party, Score, code_of, domain_of
from domain.ids import RecordId
from domain.person import email_address
from domain.refusal import Refused, not_found
from domain.text import ON_ONE_LINE
from workflows.customer_match import MATCHING, CustomerMatchWorkflow

KEPT_IN: dict[str, frozenset[str]] = {
    "tax_number": frozenset({"tax_number"}), "phone": frozenset({"phone", "contacts"}),
    "email": frozenset({"email", "contacts"}), "domain": frozenset({"domain", "email", "contacts"}),
    "address": frozenset({"address"}), "near_address": frozenset({"address"}),
}  # fmt: skip
"""What a pool may hide, by what it would tell of; names are shown in every pool."""


class Match(NamedTuple):
    """A customer that it may be. Unless it is `seen`, id, title and number stay empty; whose it is in another region
    is not said. `pooled`: it lies in a pool of `region_id` that one sees; where that is all one sees, id and title are
    there only if something that the pool shows is alike."""

    id: str
    points: int
    level: Literal["certain", "likely", "possible", "unlike"]
    reasons: tuple[str, ...]
    seen: bool
    title: str
    number: str
    owner_id: str | None
    region_id: str | None
    pooled: bool = False

    @property
    def same_code(self) -> bool:
        return "tax_number" in self.reasons


class Dismissal(BaseModel):
    """Two customers that are not one, and why."""

    model_config = ConfigDict(extra="forbid")

    first_id: RecordId
    second_id: RecordId
    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] = ""


class CustomerMatches:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.db = desk.db
        self.country = desk.settings.country

    def party(self, typed: Mapping[str, Any]) -> Party:
        """Who is asked about, from what was typed by field. Raises Refused (422) for a number or address."""
        phones = [typed.get("phone"), typed.get("contact_phone")]
        emails = [typed.get("email"), typed.get("contact_email")]
        return Party(
            name=typed.get("name") or "", tax_number=code_of(typed.get("tax_number")),
            phones=frozenset(phone_number(one, self.country) for one in phones if one),
            emails=frozenset(email_address(one) for one in emails if one),
            domain=domain_of(typed.get("domain") or "") or None, address=typed.get("address"), city=typed.get("city"),
        )  # fmt: skip

    async def match(self, actor: Actor, typed: Mapping[str, Any]) -> list[Match]:
        """What this would be a duplicate of, the surest first. Raises Refused: 403, 422."""
        actor.require(Action.CUSTOMER_READ)
        party = self.party(typed)
        async with self.db.session(actor.id) as session:
            return await told(session, actor, await find_alike(session, party))

    async def dismiss(self, actor: Actor, key: str, body: Dismissal) -> None:
        """Not shown again until one of them changes. Raises Refused: 403, 404 for a pair that is not open to them."""
        actor.require(Action.CUSTOMER_MERGE)
        async with self.db.session(actor.id) as session:
            subject = f"customer/{body.first_id}"
            if not (await claim_once(session, actor, key, "DismissPair", subject, body.model_dump())).fresh:
                return
            pair = await open_pair(session, actor, *sorted((body.first_id, body.second_id)))
            if pair is None:
                raise not_found("customer_pair")
            pair.status, pair.decided_by, pair.decided_at = "dismissed", actor.id, datetime.now(UTC)
            pair.note = body.note or pair.note

    async def look(self, actor: Actor, key: str) -> None:
        """Compares all customers now. Raises Refused: 403, 409 match_runs where that is under way."""
        actor.require(Action.CUSTOMER_MERGE)
        async with self.db.session(actor.id) as session:
            claimed = await claim_once(session, actor, key, "MatchCustomers", "customer-match", {})
            if not claimed.fresh:
                return
        processes = self.desk.processes
        try:
            await processes.client.start_workflow(
                CustomerMatchWorkflow.run, MatchRun(run_id=claimed.id, by=actor.id), id=f"{MATCHING}/now",
                task_queue=processes.task_queue, id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            )  # fmt: skip
        except WorkflowAlreadyStartedError:
            raise Refused("match_runs", 409) from None
        async with self.db.session(actor.id) as session:
            await announce_run(session, claimed.id, actor.id)


async def told(session: AsyncSession, actor: Actor, found: Sequence[tuple[str, Score]]) -> list[Match]:
    """What may be said of customers that were found."""
    ids = [one for one, _ in found]
    whole = select(Customer.id).where(Customer.id.in_(ids), customers_within(actor))
    seen = set(await session.scalars(whole))
    sight = await CustomerSight.of(session, actor)
    lying = await sight.lying(session, [one for one in ids if one not in seen])
    there: dict[str, list[Place]] = {}
    for place in await places(session, "customer", ids):
        there.setdefault(place.id, []).append(place)
    return [
        _pooled(one, score, lying[one], sight.pools.hidden(lying[one]), there[one][0].title)
        if one in lying
        else _match(actor, one, score, one in seen, there.get(one, []))
        for one, score in found
    ]


def _match(actor: Actor, customer_id: str, score: Score, seen: bool, where: Sequence[Place]) -> Match:
    near = [place for place in where if place.region_id in actor.regions]
    place = next(iter(near or where), None)
    everywhere = actor.scope(Action.CUSTOMER_READ) is Scope.ALL
    ours = seen or everywhere or bool(near)
    return Match(
        id=customer_id if seen else "", points=score.points, level=score.level, reasons=score.reasons, seen=seen,
        title=place.title if place and seen else "", number=place.number if place and seen else "",
        owner_id=place.owner_id if place and ours else None, region_id=place.region_id if place else None,
        pooled=seen and place is not None and place.region_id is not None and place.owner_id is None,
    )  # fmt: skip


def _pooled(customer_id: str, score: Score, place: Assignment, hidden: Sequence[str], title: str) -> Match:
    """Whose number it is that the pool hides, nobody learns by asking for the number."""
    open_to_all = any(KEPT_IN.get(reason, frozenset()).isdisjoint(hidden) for reason in score.shared)
    return Match(
        id=customer_id if open_to_all else "", points=score.points, level=score.level, reasons=score.reasons,
        seen=False, title=title if open_to_all else "", number="", owner_id=None, region_id=place.region_id,
        pooled=True,
    )  # fmt: skip
