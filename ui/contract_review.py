"""Legal's review of one version: its pages with the flagged clauses, what was decided about each, and how it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.legal import ConcludeBody, JudgeBody, Needed
from api.problem import named
from api.services import Provided, Services
from domain.access import Action, Actor
from domain.contract_review import Outcome
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import Refused
from locales import N_
from ui.acting import SOON, say, typed
from ui.contract_review_page import read_review
from ui.form import mistakes
from ui.render import fragment, page, redirect, respond, toasted, wants_fragment

router = APIRouter(
    prefix="/contracts/{contract_id}/review/{version}",
    include_in_schema=False,
    dependencies=[Depends(require(Action.CONTRACT_READ))],
)

Show = Literal["", "open", "high", "medium", "low", "ok"]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
SAID = {"accept": N_("Accepted."), "change": N_("To be changed."), "reject": N_("Rejected."), "": N_("Taken back.")}
ENDS: dict[Outcome, str] = {
    "clear": N_("Cleared: it goes on to its approvers."),
    "conditions": N_("Cleared with conditions: the next version is to meet them."),
    "return": N_("Returned: its owner prepares the next version."),
}


class ExceptionTyped(BaseModel):
    until: date
    reason: Needed


@router.get("")
async def show(
    request: Request, contract_id: RecordId, version: Version, actor: CurrentActor, services: Provided,
    show: Annotated[Show, Query()] = "",
) -> HTMLResponse:  # fmt: skip
    review = await read_review(request, services, actor, contract_id, version, show)
    return await respond(request, "contract_review/page.html", "list", review=review)


@router.post("/judge")
async def judge(
    request: Request, contract_id: RecordId, version: Version, key: IdempotencyKey, actor: CurrentActor,
    services: Provided,
) -> Response:  # fmt: skip
    """One finding; an empty decision takes back what was said."""
    form = await typed(request)
    finding = form.get("finding_id", "")

    async def act() -> Answer:
        asked = JudgeBody.model_validate({
            "version": version, "finding_id": finding, "decision": form.get("decision") or None,
            "reason": form.get("reason") or None, "turn": form.get("turn", "0"),
        })  # fmt: skip
        return await services.legal.judge(actor, key, contract_id, **asked.model_dump())

    said = SAID.get(form.get("decision", ""), "")
    return await _do(request, services, actor, contract_id, version, act, said, finding)


@router.post("/conclude")
async def conclude(
    request: Request, contract_id: RecordId, version: Version, key: IdempotencyKey, actor: CurrentActor,
    services: Provided,
) -> Response:  # fmt: skip
    """New conditions are typed one on a line; `met-<id>` says of an earlier one whether it is met."""
    form = await typed(request)

    async def act() -> Answer:
        lines = dict.fromkeys(line.strip() for line in form.get("conditions", "").splitlines())
        asked = ConcludeBody.model_validate({
            "version": version, "outcome": form.get("outcome"), "comment": form.get("comment") or None,
            "conditions": [line for line in lines if line],
            "met": {name[4:]: value == "yes" for name, value in form.items() if name.startswith("met-")},
            "read": form.get("read") == "1",
        })  # fmt: skip
        return await services.legal.conclude(actor, key, contract_id, **asked.model_dump())

    said = next((text for outcome, text in ENDS.items() if outcome == form.get("outcome")), "")
    return await _do(request, services, actor, contract_id, version, act, said)


@router.post("/exception")
async def grant(
    request: Request, contract_id: RecordId, version: Version, key: IdempotencyKey, actor: CurrentActor,
    services: Provided,
) -> Response:  # fmt: skip
    """From now on the customer's clauses of this kind are accepted, up to this finding's value."""
    form = await typed(request)
    finding = form.get("finding_id", "")

    async def act() -> None:
        review = await read_review(request, services, actor, contract_id, version)
        row = review.finding(finding)
        asked = ExceptionTyped.model_validate({name: form[name] for name in ("until", "reason") if form.get(name)})
        await services.legal.grant(
            actor, key, customer_id=review.contract.customer_id, kind=row.kind, value=row.value, until=asked.until,
            reason=asked.reason, contract_id=contract_id,
        )  # fmt: skip

    said = N_("The exception holds from the next check on.")
    return await _do(request, services, actor, contract_id, version, act, said, finding, "exception")


async def _do(
    request: Request,
    services: Services,
    actor: Actor,
    contract_id: str,
    version: int,
    act: Callable[[], Awaitable[Answer | None]],
    said: str,
    finding: str = "",
    form: str = "",
) -> Response:
    """The list as it is then, or with what is wrong beside what was typed."""
    address = f"/contracts/{contract_id}/review/{version}"
    try:
        answer = await act()
    except (Refused, ValidationError) as error:
        status, errors = 422, {}
        if isinstance(error, Refused):
            if error.status not in (409, 422):
                raise
            status, error = error.status, await named(request, error)
        errors = mistakes(request, error)
        review = await read_review(request, services, actor, contract_id, version)
        again = review.again(finding, form or ("judge" if finding else "conclude"), errors, await typed(request))
        if wants_fragment(request):
            return await fragment(request, "contract_review/page.html", "list", status=status, review=again)
        return await page(request, "contract_review/page.html", status=status, review=again)
    seen = answer is None or answer.seen
    words = say(request, said if seen else SOON)
    if not wants_fragment(request):
        return redirect(request, address + (f"#finding-{finding}" if finding else ""), words)
    review = await read_review(request, services, actor, contract_id, version)
    shown = await fragment(request, "contract_review/page.html", "list", review=review)
    return toasted(shown, words, "done" if seen else "info")
