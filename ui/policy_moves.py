"""Running cases go on under another version of the approval policy; what changes for each stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.approval import MOST, Move
from db.policy import find_version, versions
from db.policy_use import approval_titles, open_under_others
from domain.access import Action, Actor
from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep
from domain.approver import PersonApprover
from domain.ids import RecordId
from domain.refusal import Refused
from locales import translate
from ui.names import names
from ui.policy_editor import words_for
from ui.policy_words import PolicyWords
from ui.render import page, redirect

APPROVAL = ApprovalPolicy.kind
PATH = f"/policies/{APPROVAL}/moves"
router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class Line:
    """One running case: the version it is under, and the steps ahead of it now and under the other one."""

    move: Move
    version: int
    words: PolicyWords

    @property
    def was(self) -> list[dict[str, str]]:
        return self._path(self.move.was)

    @property
    def now(self) -> list[dict[str, str]]:
        return self._path(self.move.now)

    def _path(self, steps: list[PathStep]) -> list[dict[str, str]]:
        words = self.words
        return [{"state": "plain", "role": words.step(one.step), "end": words.time(one.step)} for one in steps]


@router.get("")
async def ask(request: Request, actor: CurrentActor, services: Provided, to: Version = None) -> HTMLResponse:
    """Without `to`: to the version in force."""
    return await _list(request, actor, services, to)


@router.post("")
async def move(
    request: Request,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    to: Annotated[int, Form(ge=1, le=2**31 - 1)],
    picked: Annotated[list[RecordId], Form(max_length=MOST)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """What is refused for one case holds up no other: the list says why."""
    ends = await services.approvals.move(actor, key, to, picked)
    refused = {case_id: end for case_id, end in ends.items() if isinstance(end, Refused)}
    if refused:
        async with services.db.session(actor.id) as session:
            titles = await approval_titles(session, actor, refused)
        why = [
            (titles.get(case_id, ""), worded(request, await named(request, end))) for case_id, end in refused.items()
        ]
        return await _list(request, actor, services, to, refused=why)
    count = translate(language_of(request)).ngettext(
        "%(num)d case goes on under version %(no)d.", "%(num)d cases go on under version %(no)d.", len(ends)
    )
    return redirect(request, f"{PATH}?to={to}", count % {"num": len(ends), "no": to} if ends else "")


async def _list(
    request: Request, actor: Actor, services: Services, to: int | None, refused: Sequence[tuple[str, str]] = ()
) -> HTMLResponse:
    """`refused`: what could not be moved, by its title, and why."""
    async with services.db.session(actor.id) as session:
        version = (await find_version(session, APPROVAL, to)).version
        known = await versions(session, APPROVAL)
        under = await open_under_others(session, APPROVAL, version, MOST + 1)
    moves = await services.approvals.preview(actor, version, list(under)[:MOST])
    async with services.db.session(actor.id) as session:
        called = await names(session, language_of(request), _people(moves))
    words = words_for(request, called)
    context: dict[str, Any] = {
        "to": version,
        "versions": known,
        "lines": [Line(one, under[one.approval.id], words) for one in moves],
        "more": len(under) > MOST,
        "refused": refused,
        "names": called,
    }
    return await page(request, "policy/moves.html", status=409 if refused else 200, **context)


def _people(moves: list[Move]) -> set[str]:
    asked = (one for move in moves for step in (*move.was, *move.now) for one in step.step.who)
    people = {one.person for one in asked if isinstance(one, PersonApprover)}
    return people | {move.approval.submitted_by for move in moves}
