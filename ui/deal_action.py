"""What a deal's stages set going and that failed: tried again at once, or given up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import done, say

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])

Key = Annotated[str, Form(max_length=60)]


@router.post("/{deal_id}/actions/retry")
async def retry(
    request: Request, deal_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, action: Key
) -> Response:
    answer = await services.deals.try_action(actor, key, deal_id, action)
    return done(request, f"/deals/{deal_id}", answer, say(request, N_("It is tried again.")))


@router.post("/{deal_id}/actions/give-up")
async def give_up(
    request: Request, deal_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, action: Key
) -> Response:
    answer = await services.deals.give_up_action(actor, key, deal_id, action)
    return done(request, f"/deals/{deal_id}", answer, say(request, N_("It is not tried any more.")))
