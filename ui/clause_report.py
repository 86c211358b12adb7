"""How often each rule about clauses was overruled in the last year, and which exceptions customers have."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.legal import exceptions_of, overruled
from domain.access import Action
from domain.clause.standard import KINDS
from domain.ids import RecordId
from locales import N_
from ui.acting import say
from ui.clause_words import ClauseWords
from ui.environment import pages_of
from ui.names import names
from ui.render import page, redirect

router = APIRouter(
    prefix="/reports/clauses", include_in_schema=False, dependencies=[Depends(require(Action.CLAUSE_JUDGE))]
)


@router.get("")
async def show(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        found = await overruled(session)
        exceptions = await exceptions_of(session)
        people = {person for row, _ in exceptions for person in (row.granted_by, row.revoked_by)}
        called = await names(session, formats.language, people)
    today = datetime.now(ZoneInfo(services.settings.zone)).date()
    return await page(
        request,
        "contract_review/report.html",
        counts=[found[kind] for kind in KINDS if kind in found],
        exceptions=exceptions,
        words=ClauseWords(formats.language, formats),
        names=called,
        today=today,
        reads_standard=actor.scope(Action.POLICY_READ) is not None,
    )


@router.post("/exceptions/{exception_id}/revoke")
async def revoke(
    request: Request, exception_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    await services.legal.revoke(actor, key, exception_id)
    return redirect(
        request,
        "/reports/clauses",
        say(request, N_("The exception has ended. Reviews that went by it stay as they are.")),
    )
