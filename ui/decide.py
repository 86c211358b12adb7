"""The page behind a mail's link: it shows one approver their case, and takes their decision without a sign-in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import Visiting, same_origin
from api.body import IdempotencyKey
from api.problem import named
from api.services import Provided, Services
from api.task import LONGEST_COMMENT
from commands.decision_link import Asked
from db.contract import Approval
from db.subject import subject_case
from db.task import find_task
from domain.refusal import Refused
from ui.approval_panel import ApprovalPanel
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.policy_words import PolicyWords
from ui.render import page

router = APIRouter(prefix="/decide", include_in_schema=False)

SHOWN_AGAIN = frozenset({"comment_needed", "stale_version", "not_confirmed", "key_reused"})
"""Refusals after which the case is still to be decided here."""


@router.get("/{token}")
async def show(request: Request, token: str, visitor: Visiting, services: Provided) -> HTMLResponse:
    """Only looks, however often: machines follow the links in mails, too."""
    try:
        asked = await services.decisions_by_mail.open(token, visitor)
    except Refused as refused:
        return await _closed(request, refused)
    return await _case(request, services, token, asked)


@router.post("/{token}", dependencies=[Depends(same_origin)])
async def decide(
    request: Request,
    token: str,
    key: IdempotencyKey,
    visitor: Visiting,
    services: Provided,
    outcome: Annotated[Literal["approve", "return", "reject"], Form()],
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    comment: Annotated[str, Form(max_length=LONGEST_COMMENT)] = "",
) -> HTMLResponse:
    try:
        asked = await services.decisions_by_mail.open(token, visitor)
    except Refused as refused:
        return await _closed(request, refused)
    try:
        await services.decisions_by_mail.decide(
            asked, key, visitor, outcome=outcome, version=version, comment=comment.strip() or None
        )
    except Refused as refused:
        if refused.code not in SHOWN_AGAIN:
            return await _closed(request, refused)
        # What was not confirmed is sent again as the same; what is changed is another act.
        again = key if refused.code == "not_confirmed" else ""
        return await _case(request, services, token, asked, refused=refused, typed=comment, key=again)
    return _unseen(await page(request, "decide/done.html", outcome=outcome, task=asked.task))


async def _case(
    request: Request, services: Services, token: str, asked: Asked, *,
    refused: Refused | None = None, typed: str = "", key: str = "",
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(asked.actor.id) as session:
        found = await find_task(session, asked.actor, asked.task.id)
        called = await names(session, pages_of(request).language(request), [asked.actor.id])
        approval = await _approval(session, request, asked)
    answer = await page(
        request,
        "decide/page.html",
        status=refused.status if refused else 200,
        token=token,
        row=found,
        task=found.task,
        deciding=called.person(asked.actor.id),
        wants_proof=asked.wants_proof,
        approval=approval,
        errors=mistakes(request, await named(request, refused)) if refused else {},
        typed=typed,
        key=key,
    )
    return _unseen(answer)


async def _approval(session: AsyncSession, request: Request, asked: Asked) -> ApprovalPanel | None:
    """None until the case has all its rows: the page then shows what the task itself says."""
    approval = await session.get(Approval, asked.task.record_id)
    case = await subject_case(session, approval.subject_kind, approval.subject_id) if approval else None
    if approval is None or case is None:
        return None
    reader = pages_of(request)
    called = await names(session, reader.language(request), case.people)
    words = PolicyWords(reader.language(request), reader.formats(request), called)
    return ApprovalPanel(case, approval, words, mine=asked.task.id)


async def _closed(request: Request, refused: Refused) -> HTMLResponse:
    """Why there is nothing to decide here, or not here; nothing of the case is shown."""
    errors: dict[str, Any] = mistakes(request, await named(request, refused))
    reason = next(iter(errors.values()))
    answer = await page(request, "decide/closed.html", status=refused.status, reason=reason, code=refused.code)
    return _unseen(answer)


def _unseen(answer: HTMLResponse) -> HTMLResponse:
    """The address is a key: it goes to nobody else, and nobody keeps the page."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
