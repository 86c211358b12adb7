"""A letter that did not reach its customer is sent once more."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.audit import record
from db.letter import send_again
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import say, typed
from ui.render import redirect
from ui.shell import own_path

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_WORK))])


@router.post("/letters/{letter_id}/again")
async def again(
    request: Request, letter_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """A second click finds it queued, and changes nothing."""
    url = own_path((await typed(request)).get("next", "/"))
    async with services.db.session(actor.id) as session:
        letter = await send_again(session, letter_id)
        await record(session, actor.id, "SendLetterAgain", f"letter/{letter_id}")
    if letter.status == "failed":
        return redirect(request, url, say(request, N_("There is still nobody with an e-mail address.")), "bad")
    return redirect(request, url, say(request, N_("It is sent once more.")))
