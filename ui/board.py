"""The deals as a board, a table, and a forecast by month: three views of one selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from operator import itemgetter
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db import board
from db.board import Card, ColumnSum, Wanted
from db.board_view import views
from db.customer import Customer
from db.person import OrgUnit
from db.pipeline import Pinned
from domain.access import Action, Actor, Scope
from domain.pipeline import SALES, pipeline_kind
from settings import Settings
from ui.card import CardView, card_view, people_on, pinned
from ui.environment import pages_of
from ui.forecast import forecast
from ui.names import names
from ui.render import respond, wants_fragment
from ui.selection import Selection, period
from ui.stage import Pipelines, StageView, pipelines
from ui.story import Story

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])

COLUMN = 20
"""Cards a column shows at first; the next come as somebody scrolls to its end."""
MORE = 40
PAGE = 50


@dataclass(frozen=True)
class Column:
    """As the macros `ui.column` and `ui.folded` show it. `sum` in minor units; `cards` are the first of `count`."""

    stage: StageView
    count: int = 0
    sum: int = 0
    cards: Sequence[CardView] = ()

    @property
    def key(self) -> str:
        return self.stage.key

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def swatch(self) -> str:
        return self.stage.swatch

    @property
    def chance(self) -> float:
        return self.stage.chance

    @property
    def known(self) -> bool:
        return self.stage.known

    @property
    def more(self) -> int:
        return self.count - len(self.cards)

    @property
    def weighted(self) -> int:
        return round(self.sum * self.chance)


@router.get("")
async def show(
    request: Request, selection: Annotated[Selection, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    today = datetime.now(ZoneInfo(services.settings.zone)).date()
    async with services.db.session(actor.id) as session:
        known = await pipelines(session, pages_of(request).language(request), key=selection.pipeline or SALES)
        wanted = selection.wanted(known.key, services.settings.currency, today)
        look = Look(request, session, actor, services.settings, today, selection, wanted, known)
        template, block, context = await getattr(look, selection.view)()
    return await respond(request, template, block, selection=selection, oob=wants_fragment(request), **context)


Shown = tuple[str, str, Mapping[str, Any]]
"""Template, its block for htmx, and what it shows."""


@dataclass(frozen=True)
class Look:
    """One look at a selection. `known` are the pipelines in force, the one looked at among them."""

    request: Request
    session: AsyncSession
    actor: Actor
    settings: Settings
    today: date
    selection: Selection
    wanted: Wanted
    known: Pipelines

    async def board(self) -> Shown:
        sums = await self._sums()
        limits = {key: self.selection.limits.get(key, COLUMN) for key in _columns(self.known, sums)}
        cards = await board.cards(self.session, self.actor, self.wanted, limits)
        story = await self._story([card for column in cards.values() for card in column])
        columns = [_column(story, key, sums, self._views(cards[key], story)) for key in limits]
        return "deal/board.html", "board", {**await self._around(columns, story), "next_cards": MORE}

    async def table(self) -> Shown:
        columns, story = await self._columns_alone()
        stage = self.selection.stage
        wanted = replace(self.wanted, stages=[stage] if stage else [column.key for column in columns])
        ended = bool(stage) and story.pipelines.stage(stage).kind != "open"
        found = await board.deal_list(
            self.session, self.actor, wanted, sort=self.selection.sort, descending=self.selection.down,
            after=self.selection.after or None, closed=ended, limit=PAGE + 1,
        )  # fmt: skip
        people = await names(self.session, story.language, [deal.owner_id for deal, _ in found])
        return "deal/table.html", "rows", {
            "logs": self.actor.scope(Action.DEAL_WORK) is not None,
            **await self._around(columns, story),
            "people": people,
            "deals": found[:PAGE],
            "next": found[PAGE - 1][0].id if len(found) > PAGE else "",
        }  # fmt: skip

    async def forecast(self) -> Shown:
        columns, story = await self._columns_alone()
        stages = [column.stage for column in columns]
        months = forecast(await board.by_month(self.session, self.actor, self.wanted), stages, self.today)
        return "deal/forecast.html", "months", {**await self._around(columns, story), "months": months}

    async def _columns_alone(self) -> tuple[list[Column], Story]:
        """Without their cards: for the sums above, and the stages to choose from."""
        sums, story = await self._sums(), await self._story([])
        return [_column(story, key, sums, []) for key in _columns(story.pipelines, sums)], story

    async def _sums(self) -> dict[str, ColumnSum]:
        return {found.stage: found for found in await board.column_sums(self.session, self.actor, self.wanted)}

    async def _story(self, cards: Sequence[Card]) -> Story:
        formats = pages_of(self.request).formats(self.request)
        versions = {Pinned(self.known.key, version) for card in cards if (version := pinned(card))}
        return Story(
            formats=formats,
            names=await names(self.session, formats.language, people_on(cards)),
            pipelines=await self.known.with_versions(self.session, versions),
            currency=self.settings.currency,
        )

    def _views(self, cards: Sequence[Card], story: Story) -> list[CardView]:
        return [
            card_view(
                card,
                story,
                may_move=self.actor.reaches(Action.DEAL_WORK, owner=card.deal.owner_id, region=card.deal.region_id),
            )
            for card in cards
        ]

    async def _around(self, columns: Sequence[Column], story: Story) -> dict[str, Any]:
        """What every view shows: the filters with their choices, the sums above, what was won, the saved views."""
        ids = await board.owners(self.session, self.actor, self.known.key)
        kept = await views(self.session, self.actor)
        people = await story.names.with_people(self.session, [*ids, *(view.owner_id for view in kept)])
        ended = await self._ended(story)
        customer = await self.session.get(Customer, self.selection.customer) if self.selection.customer else None
        return {
            "columns": columns,
            "won": ended["won"],
            "lost": ended["lost"],
            "pipeline_kind": pipeline_kind(self.known.key),
            "story": story,
            "owners": sorted(((id_, people.person(id_)) for id_ in ids), key=itemgetter(1)),
            "regions": self._regions(story),
            "customer": customer,
            "views": kept,
            "people_named": people,
            "own_regions": [(one, people.unit(one)) for one in sorted(self.actor.regions) if people.unit(one)],
            "me": self.actor.id,
            "may_create": self.actor.scope(Action.DEAL_CREATE) is not None and not self.known.current.retired,
            "manages_pipelines": self.actor.scope(Action.POLICY_MANAGE) is not None,
        }

    def _regions(self, story: Story) -> list[OrgUnit]:
        """Those whose deals this person may see, where there are several to choose from."""
        wide = self.actor.scope(Action.DEAL_READ) == Scope.ALL
        units = story.names.units.values()
        return [unit for unit in units if unit.kind == "region" and (wide or unit.id in self.actor.regions)]

    async def _ended(self, story: Story) -> dict[str, Column]:
        """Won and lost in the month or quarter looked at, whether the money is in or not."""
        stages = [stage for stage in story.pipelines.stages() if stage.kind in ("won", "lost")]
        begins = datetime.combine(period(self.selection.closes, self.today)[0], time(), ZoneInfo(self.settings.zone))
        wanted = replace(self.wanted, closes_from=None, closes_to=None)
        found = await board.ended_since(self.session, self.actor, wanted, [stage.key for stage in stages], begins)
        return {stage.kind: Column(stage, found[stage.key].deals, found[stage.key].amount) for stage in stages}


def _columns(ours: Pipelines, sums: Iterable[str]) -> list[str]:
    """The open stages of today's pipeline, then those that only deals of an older version still stand in."""
    stages = ours.stages()
    strange = set(sums) - {stage.key for stage in stages}
    return [*(stage.key for stage in stages if stage.kind == "open"), *sorted(strange)]


def _column(story: Story, key: str, sums: Mapping[str, ColumnSum], cards: Sequence[CardView]) -> Column:
    found = sums.get(key, ColumnSum(key, 0, 0))
    return Column(story.pipelines.stage(key), found.deals, found.amount, cards)
