"""Deals under way go on under another version of their pipeline; where each comes to stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.pipeline import MOST
from db.pipeline import Pinned
from db.policy import versions
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.pipeline import is_pipeline, pipeline_key
from domain.refusal import Refused, not_found
from locales import translate
from ui.names import names
from ui.render import page, redirect
from ui.stage import pipelines

router = APIRouter(
    prefix="/policies/{kind}/moves", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)

Kind = Annotated[str, Path(max_length=60)]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("")
async def ask(
    request: Request, kind: Kind, actor: CurrentActor, services: Provided, to: Version = None
) -> HTMLResponse:
    """Without `to`: to the version in force."""
    return await _list(request, actor, services, kind, to)


@router.post("")
async def move(
    request: Request,
    kind: Kind,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    to: Annotated[int, Form(ge=1, le=2**31 - 1)],
    picked: Annotated[list[RecordId], Form(max_length=MOST)] = [],  # noqa: B006 - FastAPI copies it
) -> HTMLResponse:
    """What is refused for one deal holds up no other: the list says why."""
    if not is_pipeline(kind):
        raise not_found("policy")
    _, before = await services.pipelines.preview(actor, kind, to)
    titles = {one.deal.id: one.deal.title for one in before}
    ends = await services.pipelines.move(actor, key, kind, to, picked)
    refused = [
        (titles.get(deal_id, ""), worded(request, await named(request, end)))
        for deal_id, end in ends.items()
        if isinstance(end, Refused)
    ]
    if refused:
        return await _list(request, actor, services, kind, to, refused=refused)
    count = translate(language_of(request)).ngettext(
        "%(num)d deal goes on under version %(no)d.", "%(num)d deals go on under version %(no)d.", len(ends)
    )
    said = count % {"num": len(ends), "no": to} if ends else ""
    return redirect(request, f"/policies/{kind}/moves?to={to}", said)  # type: ignore[return-value]


async def _list(
    request: Request,
    actor: Actor,
    services: Services,
    kind: str,
    to: int | None,
    refused: Sequence[tuple[str, str]] = (),
) -> HTMLResponse:
    """`refused`: what could not be moved, by its title, and why."""
    if not is_pipeline(kind):
        raise not_found("policy")
    version, follows = await services.pipelines.preview(actor, kind, to)
    key, language = pipeline_key(kind), language_of(request)
    async with services.db.session(actor.id) as session:
        known = await versions(session, kind)
        pinned = {Pinned(key, one.version) for one in follows}
        stages = await pipelines(session, language, {*pinned, Pinned(key, version)}, key=key)
        called = await names(session, language, {one.deal.owner_id for one in follows})
    context: dict[str, Any] = {
        "kind": kind,
        "to": version,
        "versions": known,
        "follows": follows[:MOST],
        "more": len(follows) > MOST,
        "stages": stages,
        "refused": refused,
        "names": called,
    }
    return await page(request, "policy/pipeline_moves.html", status=409 if refused else 200, **context)
