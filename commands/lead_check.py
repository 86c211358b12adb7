"""Whether a lead about to be taken in collides with what there is (撞单), as far as the one who asks may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.lead_intake import NewLead
from db.customer import Assignment
from db.customer_sight import CustomerSight
from db.lead_match import Place, find_alike, places
from domain.access import Action, Actor
from domain.lead_match import Kind, Likeness, likeness, recognise, strongest

KEPT_IN: dict[str, frozenset[str]] = {
    "phone": frozenset({"phone", "contacts"}), "email": frozenset({"email", "contacts"}),
    "name": frozenset({"contacts"}),
}  # fmt: skip
"""What a pool may hide, by what it would tell of; what companies are called is shown in every pool."""
READ = {"lead": Action.LEAD_READ, "customer": Action.CUSTOMER_READ}


@dataclass(frozen=True)
class Collision:
    """What exists, what is shared, and whose it is. Unless it is `seen`, title, number and stage stay empty.
    `pooled`: a customer that one sees only for lying in a pool of `region_id`; id and title are there if something that
    the pool shows is shared."""

    kind: Kind
    id: str
    why: tuple[str, ...]
    certain: bool
    seen: bool
    title: str
    number: str
    stage: str
    owner_id: str | None
    region_id: str | None
    pooled: bool = False


@dataclass(frozen=True)
class Checked:
    """`same`: it would be attached to what exists, if it were sent without a word."""

    collisions: list[Collision]
    same: bool


class LeadCheck:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def check(self, actor: Actor, lead: NewLead) -> Checked:
        """What a lead with these particulars is like; each record once, the surest first. Raises Refused (403)."""
        actor.require(Action.LEAD_CREATE)
        async with self.desk.db.session(actor.id) as session:
            known = await find_alike(session, lead.somebody)
            found = strongest(like for one in known if (like := likeness(lead.somebody, one)))
            there: dict[tuple[str, str], list[Place]] = {}
            for kind in ("lead", "customer"):
                for place in await places(session, kind, [like.id for like in found if like.kind == kind]):
                    there.setdefault((kind, place.id), []).append(place)
            customers = [like.id for like in found if like.kind == "customer"]
            pooled = await _lying(session, actor, customers) if customers else {}
        outcome = recognise(lead.somebody, known)
        collisions = [
            _pooled(like, *pooled[like.id], there[like.kind, like.id][0].title)
            if like.kind == "customer" and like.id in pooled
            else _collision(actor, like, there.get((like.kind, like.id), []))
            for like in found
        ]
        return Checked(collisions, outcome.lead_id is not None or outcome.customer_id is not None)


def _collision(actor: Actor, like: Likeness, where: list[Place]) -> Collision:
    def reached(place: Place) -> bool:
        return actor.reaches(READ[like.kind], owner=place.owner_id, region=place.region_id)

    place = next(filter(reached, where), where[0] if where else None)
    seen = place is not None and reached(place)
    return Collision(
        like.kind, like.id if seen else "", like.why, like.certain, seen,
        title=place.title if place and seen else "", number=place.number if place and seen else "",
        stage=place.stage if place and seen else "", owner_id=place.owner_id if place else None,
        region_id=place.region_id if place else None,
    )  # fmt: skip


async def _lying(
    session: AsyncSession, actor: Actor, customers: Sequence[str]
) -> dict[str, tuple[Assignment, Sequence[str]]]:
    """Those seen for lying in a pool only: where, and what is hidden there."""
    sight = await CustomerSight.of(session, actor)
    lying = await sight.lying(session, customers)
    return {one: (place, sight.pools.hidden(place)) for one, place in lying.items()}


def _pooled(like: Likeness, place: Assignment, hidden: Sequence[str], title: str) -> Collision:
    """Whose number it is that the pool hides, nobody learns by asking for the number."""
    open_to_all = any(KEPT_IN.get(part, frozenset()).isdisjoint(hidden) for part in like.why)
    return Collision(
        like.kind, like.id if open_to_all else "", like.why, like.certain, seen=False,
        title=title if open_to_all else "", number="", stage="", owner_id=None, region_id=place.region_id, pooled=True,
    )  # fmt: skip
