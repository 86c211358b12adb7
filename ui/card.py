"""Cards of the board: what a deal waits for, who and how long; where it may go; who moved it just now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from db.board import Card
from db.deal import Deal
from domain.access import person_in
from domain.pipeline import pipeline_kind
from locales import N_, translate
from ui.sla import ring
from ui.stage import Move
from ui.story import Story

JUST_NOW = timedelta(minutes=1)
STALLED = ("", "warn", "bad", "bad")
"""The state of a card by how far its deal has stalled."""

ROLE_ICONS = {"finance": "hand-coins", "cfo": "hand-coins", "legal": "scale"}


@dataclass(frozen=True)
class Foot:
    """The last line of a card: a text; a badge, where it has an icon; or a ring from `since` until `due`."""

    text: str = ""
    icon: str = ""
    state: str = ""
    since: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class CardView:
    """As the macro `ui.deal_card` shows it; `moves` is empty where the reader may not move it.

    `late` says by how much it is longer in its stage than expected, `stall` is warn or bad; `failed` actions are tried
    again.
    """

    id: str
    title: str
    customer: str
    customer_id: str
    amount: int
    currency: str
    closes: date | None
    owner: str
    owner_id: str
    stage: str
    version: int
    foot: Foot
    moves: list[Move]
    moved: str
    priority: int = 0
    late: str = ""
    stall: str = ""
    failed: int = 0

    @property
    def href(self) -> str:
        return f"/deals/{self.id}"


def people_on(cards: Iterable[Card]) -> set[str]:
    """Ids of everybody these cards name."""
    found: set[str] = set()
    for card in cards:
        found |= {card.deal.owner_id, *filter(None, [card.deal.moved_by])}
        keys = (key for p in card.processes for wait in p["waiting"] for key in wait["holders"])
        found |= {person for key in keys if (person := person_in(key))}
    return found


def pinned(card: Card) -> int | None:
    """The version of the pipeline that the deal runs under."""
    kind = pipeline_kind(card.deal.pipeline_key)
    return next((p["policies"].get(kind) for p in card.processes if p["kind"] == "deal"), None)


def card_view(card: Card, story: Story, *, may_move: bool) -> CardView:
    deal = card.deal
    return CardView(
        id=deal.id,
        title=deal.title,
        customer=card.customer,
        customer_id=deal.customer_id,
        amount=deal.amount,
        currency=deal.currency,
        closes=deal.close_on,
        owner=story.names.person(deal.owner_id),
        owner_id=deal.owner_id,
        stage=deal.stage,
        version=deal.version,
        foot=foot(card, story),
        moves=story.pipelines.moves(deal, pinned(card)) if may_move else [],
        moved=_moved(deal, story),
        priority=deal.priority,
        late=_late(deal, story),
        stall=STALLED[deal.stall],
        failed=sum(1 for action in deal.actions if action["error"]),
    )


def _late(deal: Deal, story: Story) -> str:
    """ "3 d over": how much longer it stands in its stage than deals usually do."""
    expected = story.pipelines.stage(deal.stage, deal.pipeline_key).expected
    over = datetime.now(UTC) - deal.stage_since - expected if expected else timedelta()
    if over <= timedelta():
        return ""
    said = translate(story.language).gettext(N_("%(time)s over"))
    return said % {"time": story.formats.span(over)}


def _moved(deal: Deal, story: Story) -> str:
    if deal.moved_by is None or datetime.now(UTC) - deal.stage_since > JUST_NOW:
        return ""
    said = translate(story.language).gettext(N_("Moved by %(name)s just now"))
    return said % {"name": story.names.person(deal.moved_by)}


def foot(card: Card, story: Story) -> Foot:
    """What the deal waits for, most pressing first: an approver, a contract, its owner; else the next step."""
    _, deal = translate(story.language).gettext, card.deal
    approval = _wait(card, "approval")
    if approval:
        return _approver(approval, story)
    if deal.contract_status == "draft":
        return _draft(_wait(card, "contract"), story)
    if deal.contract_status == "in_legal":
        return Foot(_(N_("With legal")), "scale")
    if deal.contract_status == "in_approval":
        return Foot(_(N_("In approval")), "shield-check")
    if deal.stalled_at:
        idle = datetime.now(UTC) - deal.active_at
        said = _(N_("No contact for %(days)s days")) % {"days": idle.days}
        if idle < timedelta(days=2):
            said = _(N_("No contact for %(time)s")) % {"time": story.formats.span(idle)}
        return Foot(said, "triangle-alert", STALLED[deal.stall] or "warn")
    if deal.contract_status == "approved":
        return Foot(_(N_("Contract approved")), "circle-check", "ok")
    if deal.contract_status == "signed":
        return Foot(_(N_("Contract signed")), "circle-check", "ok")
    if deal.unplanned:
        return Foot(deal.next_step or _(N_("No next step is planned")), "flag", "warn")
    if deal.next_step:
        return Foot(deal.next_step)
    wait = _wait(card, "deal")
    if wait and wait["due"]:
        return Foot(since=_at(wait["since"]), due=_at(wait["due"]))
    return Foot(_(N_("No next step is planned")))


def _wait(card: Card, kind: str) -> Mapping[str, Any] | None:
    return next((wait for p in card.processes if p["kind"] == kind for wait in p["waiting"]), None)


def _approver(wait: Mapping[str, Any], story: Story) -> Foot:
    """Regional manager, 6 h left: amber and red by the share of the time that is used."""
    _ = translate(story.language).gettext
    key = wait["holders"][0]
    role = "" if person_in(key) else key.split(":")[1]
    who = story.label("role", role) if role else story.names.holder(key)
    icon = ROLE_ICONS.get(role, "user")
    if not wait["due"]:
        return Foot(who, icon)
    since, due = _at(wait["since"]), _at(wait["due"])
    state = {"calm": "", "warn": "warn"}.get(ring(due, since).state, "bad")
    left = due - datetime.now(UTC)
    said = _(N_("%(who)s, overdue %(time)s")) if left < timedelta() else _(N_("%(who)s, %(time)s left"))
    return Foot(said % {"who": who, "time": story.formats.span(left)}, icon, state)


def _draft(wait: Mapping[str, Any] | None, story: Story) -> Foot:
    _ = translate(story.language).gettext
    version = wait["params"].get("version", 1) if wait else 1
    if version > 1:
        return Foot(_(N_("Returned: submit version %(no)s")) % {"no": version}, "undo-2", "warn")
    return Foot(_(N_("Contract to submit")), "file-text", "info")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
