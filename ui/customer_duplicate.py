"""Pairs of customers that may be one, the surest first: dismissed here, or merged field by field."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided
from commands.customer_match import Dismissal
from db.customer import Assignment, Customer
from db.customer_field import readable_by
from db.customer_pair import Place, count_pairs, last_run, list_pairs
from db.customer_reader import seen_values
from domain.access import Action
from domain.customer_match import Score
from domain.ids import PATTERN
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import body, say, typed
from ui.names import names
from ui.render import redirect, respond

router = APIRouter(
    prefix="/customers/duplicates", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_MERGE))]
)
PAGE = 30
TOLD = ("tax_number", "phone", "email", "domain", "city", "address")
"""What stands under the names of two that may be one."""
LONGEST = timedelta(hours=12)
"""A comparison that began longer ago was given up."""
_ID = PATTERN.strip("^$").replace("(", "(?:")
_AFTER = re.compile(rf"(\d{{1,3}})_({_ID})_({_ID})")


@router.get("")
async def show(
    request: Request, actor: CurrentActor, services: Provided, after: Annotated[str, Query(max_length=90)] = ""
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        pairs = await list_pairs(session, actor, after=_place(after), limit=PAGE + 1)
        counted = await count_pairs(session, actor)
        run = await last_run(session)
        ids = {one for pair in pairs for one in (pair.first_id, pair.second_id)}
        customers = {row.id: row for row in await session.scalars(select(Customer).where(Customer.id.in_(ids)))}
        readable = await readable_by(session, actor)
        seen = {key: seen_values(one, readable) for key, one in customers.items()}
        follows: dict[str, list[Assignment]] = {}
        for row in await session.scalars(select(Assignment).where(Assignment.customer_id.in_(ids))):
            follows.setdefault(row.customer_id, []).append(row)
        people = {row.owner_id for rows in follows.values() for row in rows} | {pair.decided_by for pair in pairs}
        called = await names(session, language_of(request), people)
    last = pairs[PAGE - 1] if len(pairs) > PAGE else None
    context: dict[str, Any] = {
        "pairs": [
            {
                "pair": pair, "level": Score(pair.points).level,
                "sides": [(customers[one], follows.get(one, [])) for one in (pair.first_id, pair.second_id)],
            }
            for pair in pairs[:PAGE]
        ],
        "known": {key: [values[fact] for fact in TOLD if values.get(fact)] for key, values in seen.items()},
        "counted": counted, "run": run, "names": called, "after": after,
        "running": run is not None and run.ended_at is None and datetime.now(UTC) - run.started_at < LONGEST,
        "more": f"{last.points}_{last.first_id}_{last.second_id}" if last else "",
    }  # fmt: skip
    return await respond(request, "customer/duplicates.html", "pairs", **context)


@router.post("/dismiss")
async def dismiss(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    await services.customer_matches.dismiss(actor, key, body(Dismissal, form, "first_id", "second_id", "note"))
    return redirect(request, "/customers/duplicates", say(request, N_("They stay two customers.")))


@router.post("/look")
async def look(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    try:
        await services.customer_matches.look(actor, key)
    except Refused as refused:
        if refused.code != "match_runs":
            raise
    return redirect(request, "/customers/duplicates", say(request, N_("All customers are being compared.")), "info")


def _place(after: str) -> Place | None:
    if not after:
        return None
    found = _AFTER.fullmatch(after)
    if found is None:
        raise invalid("field_unknown", "after", name="after")
    return Place(int(found.group(1)), found.group(2), found.group(3))
