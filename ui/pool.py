"""The pool of customers, and one's own by when they go back to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.extension import asked_of
from db.lead_form import regions
from db.pool import COUNTED, Entry, Narrowed, Place, PoolReader, count_due, list_due
from db.pool_policy import rules_in_force
from domain.access import Action, Scope
from domain.customer_pool import BACK, TIERS, Tier
from domain.ids import RecordId
from domain.pool_claim import may_claim
from domain.refusal import not_found
from ui.environment import pages_of
from ui.names import names
from ui.render import redirect, respond

router = APIRouter(prefix="/pool", include_in_schema=False)
books = APIRouter(prefix="/books", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_WORK))])
PAGE = 50
PLACE = "^([0-9a-f-]{36}~[0-9a-f-]{36})?$"


def place_of(text: str) -> Place:
    customer, _, region = text.partition("~")
    return customer, region


def text_of(place: Place) -> str:
    return "~".join(place)


class PoolFilter(BaseModel):
    """The address of the list."""

    text: str = Field("", max_length=100)
    region: RecordId | None = None
    tier: Tier | None = None
    reason: str = Field("", pattern=f"^({'|'.join(BACK)}|new)?$")
    mine: bool = False
    pool: str = Field("", max_length=60)
    after: str = Field("", pattern=PLACE)

    @field_validator("region", "tier", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    @property
    def narrowed(self) -> dict[str, Any]:
        found = {"region": self.region, "tier": self.tier, "reason": self.reason, "mine": self.mine, "pool": self.pool}
        return {name: value for name, value in found.items() if value}

    def address(self, **other: Any) -> str:
        """Another state of the list, from its beginning unless `other` says so."""
        query = urlencode({name: value for name, value in (self.kept | other).items() if value})
        return f"/pool?{query}" if query else "/pool"

    @property
    def kept(self) -> dict[str, Any]:
        return ({"text": self.text} if self.text else {}) | self.narrowed

    @property
    def here(self) -> str:
        """This list at this place."""
        return self.address(after=self.after)


def list_at(address: str) -> str:
    """The pool as it was narrowed, at the place one was at; from its beginning where that is no address of it."""
    try:
        parts = urlsplit(address)
        return PoolFilter.model_validate(dict(parse_qsl(parts.query))).here if parts.path == "/pool" else "/pool"
    except ValueError:
        return "/pool"


@router.get("", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def pool_page(
    request: Request, asked: Annotated[PoolFilter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    now = services.pool.now()
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        after = place_of(asked.after) if asked.after else None
        narrowed = Narrowed(asked.region, asked.tier, asked.reason or None, asked.mine, asked.pool or None)
        found = await reader.page(session, narrowed, text=asked.text, after=after, limit=PAGE + 1)
        count = await reader.count(session, narrowed, text=asked.text)
        rows = [(entry, reader.shown(entry, now)) for entry in found[:PAGE]]
        called = await names(session, pages.language(request), {entry.place.last_owner_id for entry, _ in rows})
        claims = any(may_claim(pool, actor.roles) for pool in reader.policy.pools)
        every = actor.scope(Action.CUSTOMER_CLAIM) == Scope.ALL
        seen = [unit for unit in await regions(session) if every or unit.id in actor.regions]
        due = await count_due(session, actor.id, now)
    english = pages.language(request) == "en"
    pools = {pool.key: pool.name.en if english else pool.name.zh for pool in reader.policy.pools}
    return await respond(
        request, "pool/list.html", "rows", pools=pools, pool_of=lambda place: pools[reader.rules(place).key],
        asked=asked, rows=rows, names=called, count=count, counted=COUNTED, room=await services.pool.room(actor),
        claims=claims, assigns=actor.scope(Action.CUSTOMER_ASSIGN) is not None, regions=seen, tiers=TIERS, back=BACK,
        cooling=reader.policy.cooling_off, rest=reader.policy.rest, hidden=_hidden(rows), due=due, text_of=text_of,
        more=text_of((found[PAGE - 1].place.customer_id, found[PAGE - 1].place.region_id)) if len(found) > PAGE else "",
    )  # fmt: skip


def _hidden(rows: list[tuple[Entry, dict[str, Any]]]) -> list[str]:
    """What the rows of this page keep until they are claimed."""
    return sorted({key for _, shown in rows for key in shown["hidden"]})


class BookFilter(BaseModel):
    owner: RecordId | None = None
    after: str = Field("", pattern=PLACE)

    def address(self, **other: Any) -> str:
        asked = {"owner": self.owner, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/pool/mine?{query}" if query else "/pool/mine"


@router.get("/mine", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def book_page(
    request: Request, asked: Annotated[BookFilter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    """One's own customers by when they go back; a manager's look at the book of one of the region's people."""
    now = services.pool.now()
    owner = asked.owner or actor.id
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        after = place_of(asked.after) if asked.after else None
        within = None
        if owner != actor.id and actor.scope(Action.CUSTOMER_WORK) != Scope.ALL:
            if actor.scope(Action.CUSTOMER_WORK) != Scope.REGION:
                raise not_found("book")
            within = actor.regions
        found = await list_due(session, owner, within=within, after=after, limit=PAGE + 1)
        rules = await rules_in_force(session)
        due = await count_due(session, owner, now)
        called = await names(session, pages.language(request), {owner})
        rows = found[:PAGE]
        waiting = await asked_of(session, owner, {row.place.customer_id for row in rows})
    groups = _groups(rows, now)
    counts = groups_counted(groups, begun=after is not None, more=len(found) > PAGE)
    if within is None and counts["soon"] is None and asked.after == "":
        counts["soon"] = due
    return await respond(
        request, "pool/mine.html", "rows",
        asked=asked, groups=groups, counts=counts, waiting=waiting,
        rows=rows, owner=owner, own=owner == actor.id, names=called, due=due,
        room=await services.pool.room(actor), policy=rules.policy, tiers=TIERS, text_of=text_of,
        assigns=actor.scope(Action.CUSTOMER_ASSIGN) is not None,
        more=text_of((rows[-1].place.customer_id, rows[-1].place.region_id)) if len(found) > PAGE else "",
    )  # fmt: skip


def _groups(rows: list[Entry], now: datetime) -> dict[str, list[Entry]]:
    """Those warned of, those that go back later, and those that do not by themselves."""
    groups: dict[str, list[Entry]] = {"soon": [], "later": [], "never": []}
    for row in rows:
        place = row.place
        if place.due_at is None:
            groups["never"].append(row)
        else:
            soon = place.warned_at is not None or (place.warn_at is not None and place.warn_at <= now)
            groups["soon" if soon else "later"].append(row)
    return groups


def groups_counted(groups: dict[str, list[Entry]], *, begun: bool, more: bool) -> dict[str, int | None]:
    """How many each group has; None for one that begins on an earlier page (`begun`) or goes on on the next."""
    there = [key for key, entries in groups.items() if entries]
    cut = {*(there[:1] if begun else ()), *(there[-1:] if more else ())}
    return {key: None if key in cut else len(entries) for key, entries in groups.items()}


@books.get("/{owner_id}")
async def book(request: Request, owner_id: RecordId, actor: CurrentActor) -> Response:
    """Where a notice about a book leads."""
    return redirect(request, "/pool/mine" if owner_id == actor.id else f"/pool/mine?owner={owner_id}")
