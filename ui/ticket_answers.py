"""The small knowledge base: answers agents keep at hand, found, written, changed, retired."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.canned_answer import CannedAnswerBody
from api.services import Provided
from db.canned_answer import find_answer, find_answers
from domain.access import Action
from domain.ids import RecordId
from domain.macro import VARIABLES
from domain.refusal import Refused
from locales import N_
from ui.acting import say, typed
from ui.form import mistakes
from ui.render import page, redirect, respond

router = APIRouter(
    prefix="/tickets/answers", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_WORK))]
)
FIELDS = ("name", "body", "language")


@router.get("")
async def show(
    request: Request, actor: CurrentActor, services: Provided, text: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await find_answers(session, text)
    return await respond(request, "ticket/answers.html", "rows", found=found, text=text)


@router.get("/new")
async def ask(request: Request) -> HTMLResponse:
    return await _form(request, "", {"language": request.query_params.get("language", "zh_CN")})


@router.post("/new")
async def add(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        asked = CannedAnswerBody.model_validate({name: form.get(name, "") for name in FIELDS})
        await services.canned_answers.add(actor, key, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, "", form, error)
    return redirect(request, "/tickets/answers", say(request, N_("The answer is at hand.")))


@router.get("/{answer_id}")
async def one(request: Request, answer_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        answer = await find_answer(session, answer_id)
    return await _form(request, answer_id, {name: getattr(answer, name) for name in FIELDS})


@router.post("/{answer_id}")
async def change(
    request: Request, answer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        if form.get("do") == "retire":
            await services.canned_answers.retire(actor, answer_id)
            return redirect(request, "/tickets/answers", say(request, N_("The answer is no longer offered.")))
        asked = CannedAnswerBody.model_validate({name: form.get(name, "") for name in FIELDS})
        await services.canned_answers.change(actor, answer_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, answer_id, form, error)
    return redirect(request, "/tickets/answers", say(request, N_("The answer is changed.")))


async def _again(
    request: Request, answer_id: str, form: dict[str, str], error: Refused | ValidationError
) -> HTMLResponse:
    if isinstance(error, Refused) and error.status != 422:
        raise error
    return await _form(request, answer_id, form, mistakes(request, error))


async def _form(
    request: Request, answer_id: str, form: dict[str, str], errors: dict[str, str] | None = None
) -> HTMLResponse:
    return await page(
        request, "ticket/answer_form.html", status=422 if errors else 200, answer_id=answer_id, typed=form,
        errors=errors or {}, variables=VARIABLES,
    )  # fmt: skip
