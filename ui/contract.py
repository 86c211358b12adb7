"""One contract: its versions, the way each took through approval, and the form that submits the next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.contract import SubmitBody, TakeBackBody
from api.problem import named
from api.services import Provided, Services
from db.contract import Contract
from db.customer import Customer
from db.legal import reviews_of
from db.process import Process
from db.scope import visible
from db.signing import signatures_of, signings_of
from db.subject import subject_case
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount, plain_amount
from domain.refusal import Refused, invalid, not_found
from locales import N_
from ui.acting import body, done, kept_file, say, typed
from ui.approval_panel import ApprovalPanel
from ui.clause_finding import checks_in_words
from ui.clause_words import ClauseWords
from ui.contract_submission import read_submission, submission_form
from ui.contract_term_panel import read_term
from ui.environment import pages_of
from ui.form import mistakes
from ui.line import workflow_link
from ui.names import names
from ui.policy_words import PolicyWords
from ui.render import page, respond
from ui.returned import read_returned
from ui.signing import other_party
from workflows.contract import contract_workflow_id

router = APIRouter(prefix="/contracts", include_in_schema=False, dependencies=[Depends(require(Action.CONTRACT_READ))])


@router.get("/{contract_id}")
async def show(request: Request, contract_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await respond(
        request, "contract/page.html", "record", **await _record(request, actor, services, contract_id)
    )


@router.post("/{contract_id}/submit")
async def submit(
    request: Request, contract_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """The file is kept first; the version that refers to it is then submitted."""
    form = await typed(request)
    try:
        if not form.get("amount"):
            raise invalid("field_needed", "amount")
        asked = body(
            SubmitBody, form, "version", "note",
            amount=parse_amount(form["amount"], services.settings.currency),
            document=await kept_file(request, actor, services), **await read_submission(request, services, form),
        )  # fmt: skip
        answer = await services.contracts.submit(actor, key, contract_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await show_again(request, actor, services, contract_id, form, error)
    return done(
        request, f"/contracts/{contract_id}", answer, say(request, N_("The contract is on its way to approval."))
    )


@router.post("/{contract_id}/take-back")
async def take_back(
    request: Request, contract_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(TakeBackBody, form, "version")
        answer = await services.contracts.take_back(actor, key, contract_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await show_again(request, actor, services, contract_id, form, error)
    said = say(request, N_("Taken back: the next version can be prepared."))
    return done(request, f"/contracts/{contract_id}", answer, said)


async def show_again(
    request: Request,
    actor: Actor,
    services: Services,
    contract_id: str,
    form: dict[str, str],
    error: Refused | ValidationError,
) -> Response:
    """The page with the form as it was typed, and what is wrong with it. The file has to be chosen again."""
    status = 422
    if isinstance(error, Refused):
        if error.status not in (409, 413, 422):
            raise error
        status, error = error.status, await named(request, error)
    context = await _record(request, actor, services, contract_id)
    again = {"typed": form, "errors": mistakes(request, error)}
    return await page(request, "contract/page.html", status=status, **{**context, **again})


async def _record(request: Request, actor: Actor, services: Services, contract_id: str) -> dict[str, Any]:
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        contract: Contract = await visible(session, actor, "contract", contract_id)
        case = await subject_case(session, "contract", contract_id)
        if case is None:
            raise not_found("contract")
        customer = await session.get_one(Customer, contract.customer_id)
        process = await session.get(Process, contract_workflow_id(contract_id))
        signings = await signings_of(session, contract_id)
        places = await signatures_of(session, [signings[0].id]) if signings else []
        signers = {who for one in places for who in one.people}
        returned = await read_returned(session, case, formats.language) if contract.status == "draft" else None
        named = signers | (returned.people if returned else set())
        called = await names(session, formats.language, case.people.keys() | named)
        other = await other_party(session, actor, contract)
        checks = await checks_in_words(session, contract_id, ClauseWords(formats.language, formats))
        reviews = await reviews_of(session, contract_id)
        term = await read_term(session, request, actor, contract)
        called = await called.with_people(session, {one.closed_by for one in reviews.values() if one.closed_by})
        words = PolicyWords(formats.language, formats, called)
        submission = await submission_form(session, words)
    works = actor.reaches(Action.CONTRACT_WORK, owner=contract.owner_id, region=contract.region_id)
    return {
        "contract": contract,
        "case": case,
        "customer": customer,
        "names": called,
        "versions": [v | {"at": datetime.fromisoformat(v["at"])} for v in reversed(contract.versions)],
        "approvals": {a.subject_version: ApprovalPanel(case, a, words) for a in case.approvals},
        "reviews": reviews,
        "may_submit": works and contract.status == "draft",
        "may_take_back": contract.status in ("checking", "in_legal")
        and actor.id in (contract.owner_id, contract.versions[-1]["by"]),
        "amount_typed": plain_amount(contract.amount, contract.currency),
        "workflow": workflow_link(actor, services.temporal.namespace, process),
        "other": other,
        "checks": checks,
        "term": term,
        "signing": signings[0] if signings else None,
        "places": places,
        "returned": returned,
        "submission": submission,
        "typed": {},
        "errors": {},
    }
