"""The list of customers: searched, filtered, sorted, in columns one chooses, under views one keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.problem import worded
from api.services import Provided
from db.customer_list import figures
from db.customer_page import EMPTY, Page, count, page
from db.customer_reader import CustomerReader, reader_of, seen_values
from db.customer_view import drop_view, keep_view, views
from domain.access import Action, Actor
from domain.customer_field import Readable
from domain.ids import RecordId, is_id
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say
from ui.customer_columns import Column, cell, chosen, nearest, offered, people_in
from ui.customer_selection import Selection, chips, values_in
from ui.environment import pages_of
from ui.names import Names, names
from ui.render import fragment, redirect, respond

router = APIRouter(prefix="/customers", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_READ))])
PAGE = 50


@router.get("")
async def list_page(
    request: Request, asked: Annotated[Selection, Query()], actor: CurrentActor, services: Provided
) -> Response:
    """A filter that cannot be used is said above an empty list, so that it can be taken away."""
    if asked.column:
        return redirect(request, asked.but(columns=",".join(asked.column)))
    formats = pages_of(request).formats(request)
    found, rows, error = EMPTY, _Rows(), ""
    async with services.db.session(actor.id) as session:
        reader = await reader_of(session, actor, services.settings.zone, datetime.now(UTC), asked.filter)
        columns = offered(reader.readable, formats, money=actor.scope(Action.COLLECTION_READ) is not None)
        shown = chosen(asked.columns, columns)
        kept = await views(session, actor)
        people = [*(view.owner_id for view in kept), *filter(is_id, values_in(asked.filter))]
        called = await names(session, formats.language, people)
        try:
            sought = asked.sought(reader.looking, reader.facts, reader.reading)
            found = await page(session, sought, after=asked.after, before=asked.before, limit=PAGE)
            rows = await _rows(session, reader, found, shown)
            called = await called.with_people(session, rows.people)
        except Refused as refused:
            if refused.status != 422:
                raise
            error = worded(request, refused)
    return await respond(
        request, "customer/list.html", "rows", status=422 if error else 200,
        asked=asked, found=found, rows=rows, columns=shown, offered=columns, names=called, error=error,
        cells=_cells(found, rows, shown, reader.readable, request, called),
        chips=chips(asked, reader.facts, called), views=kept, me=actor.id,
        own_regions=[(unit.id, unit.called(formats.language)) for unit in called.units.values()
                     if unit.kind == "region" and unit.id in actor.regions],
        follows=actor.scope(Action.CUSTOMER_WORK) is not None, claims=actor.scope(Action.CUSTOMER_CLAIM) is not None,
        works=actor.scope(Action.CUSTOMER_WORK) is not None,
        creates=actor.scope(Action.CUSTOMER_CREATE) is not None, nearest=nearest,
        exports=actor.scope(Action.CUSTOMER_EXPORT) is not None, acts=_acts(request, actor),
    )  # fmt: skip


ACTS = (
    ("assign", Action.CUSTOMER_ASSIGN, N_("Give to somebody"), "user-plus"),
    ("claim", Action.CUSTOMER_CLAIM, N_("Claim"), "hand"),
    ("follow-up", Action.CUSTOMER_WORK, N_("Log follow-up"), "phone"),
    ("tier", Action.CUSTOMER_WORK, N_("Set the tier"), "badge-check"),
    ("tags", Action.CUSTOMER_WORK, N_("Set tags"), "pencil"),
    ("give-back", Action.CUSTOMER_WORK, N_("Give back to the pool"), "undo-2"),
    ("merge", Action.CUSTOMER_MERGE, N_("Merge"), "merge"),
    ("export", Action.CUSTOMER_EXPORT, N_("Export"), "download"),
)
"""What may be done with selected rows."""


def _acts(request: Request, actor: Actor) -> list[tuple[str, str, str]]:
    return [(act, say(request, words), icon) for act, needs, words, icon in ACTS if actor.scope(needs) is not None]


@dataclass(frozen=True)
class _Rows:
    sums: Any = None
    people: frozenset[str] = frozenset()
    hidden: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of customers seen for lying in a pool only: what it hides until they are claimed."""


async def _rows(session: AsyncSession, reader: CustomerReader, found: Page, columns: Sequence[Column]) -> _Rows:
    customers = [row.customer for row in found.rows]
    ids = [one.id for one in customers]
    sums = await figures(session, reader.sight, ids)
    owners = {one.owner_id for followers in sums.followers.values() for one in followers if one.owner_id}
    hidden = await reader.sight.hidden(session, ids)
    return _Rows(sums, frozenset(owners | people_in(customers, columns)), hidden)


def _cells(
    found: Page, rows: _Rows, columns: Sequence[Column], readable: Readable, request: Request, called: Names
) -> dict[tuple[str, str], str]:
    """What own and built-in fields hold, by customer and column."""
    fields = [(column.key, column.field) for column in columns if column.field is not None]
    if not fields:
        return {}
    formats = pages_of(request).formats(request)
    known = {one: called.person(one) for one in called.people} | {one: called.unit(one) for one in called.units}
    cells = {}
    for row in found.rows:
        values = seen_values(row.customer, readable, rows.hidden.get(row.customer.id, ()))
        for key, field_ in fields:
            cells[row.customer.id, key] = cell(field_, values, readable, formats, known)
    return cells


@router.get("/count")
async def how_many(
    request: Request, asked: Annotated[Selection, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    """Asked for once the list is there, which does not wait for it."""
    async with services.db.session(actor.id) as session:
        reader = await reader_of(session, actor, services.settings.zone, datetime.now(UTC), asked.filter)
        number = await count(session, asked.sought(reader.looking, reader.facts, reader.reading))
    return await fragment(request, "customer/count.html", "count", count=number)


@router.post("/views")
async def keep(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    name: Annotated[str, Form(max_length=60)],
    address: Annotated[str, Form(max_length=8_000)] = "",
    region_id: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    if not name.strip():
        raise invalid("field_needed", "name")
    kept = selection_of(address)
    async with services.db.session(actor.id) as session:
        await keep_view(session, actor, name.strip(), urlencode(kept.kept), region_id or None)
    return redirect(request, kept.but(), say(request, N_("Kept as “%(name)s”."), name=name.strip()))


@router.post("/views/{view_id}/drop")
async def drop(request: Request, view_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    async with services.db.session(actor.id) as session:
        await drop_view(session, actor, view_id)
    return redirect(request, "/customers", say(request, N_("The view was removed.")))


def selection_of(address: str) -> Selection:
    """As an address of the list may say it. Raises Refused (422) for anything else."""
    try:
        said = dict(parse_qsl(address.partition("?")[2] or address))
        return Selection.model_validate(said).model_copy(update={"after": "", "before": ""})
    except ValidationError:
        raise invalid("bad_request", "address") from None
