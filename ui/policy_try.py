"""Tries the draft of the approval lines on one request that somebody makes up."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.problem import worded
from api.services import Provided
from domain.access import Action
from domain.approval import ApprovalPolicy
from domain.column import Column
from domain.decision_table import NoRowFits
from domain.policy_draft import rows_of
from domain.refusal import Refused
from ui.form import mistakes
from ui.policy_cell import CURRENCIES, choices, family, known_values, read_number
from ui.policy_editor import editing, words_for
from ui.policy_sheet import sheet
from ui.problem_words import readable_columns
from ui.render import page

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])


@router.get("/approval/edit/try")
async def try_example(request: Request, actor: CurrentActor, services: Provided) -> Response:
    """The request is in the address, so that an example can be sent to somebody."""
    now = await editing(request, services, actor, ApprovalPolicy.kind)
    words = words_for(request, now.called)
    columns = readable_columns(now.document)
    asked, filled = request.query_params, dict(request.query_params)
    context: dict[str, Any] = {"route": None, "misfits": {}, "fired": (), "errors": {}, "wrong": ""}
    if filled:
        try:
            facts = {column.key: _fact(column, asked) for column in columns}
            decision, route = services.policy_drafts.try_on(actor, now.kind, now.document, facts)
            context |= {"route": words.path(step for _, step in route), "fired": decision.fired}
            context |= {"misfits": decision.misfits}
        except NoRowFits as refused:
            context |= {"wrong": worded(request, refused), "misfits": refused.params["misfits"]}
        except Refused as refused:
            known = refused.field in {column.key for column in columns}
            context |= {"errors": mistakes(request, refused)} if known else {"wrong": worded(request, refused)}
    offered = {
        column.key: [(value, words.value(column, value)) for value in choices(column, known, rows_of(now.document))]
        for column in columns
        if family(column) in ("keys", "set")
        for known in [known_values(column, now.called)]
    }
    return await page(
        request,
        "policy/try.html",
        editing=now,
        words=words,
        columns=columns,
        families={column.key: family(column) for column in columns},
        offered=offered,
        currencies=[(code, code) for code in CURRENCIES],
        typed=filled,
        chosen={column.key: asked.getlist(column.key) for column in columns},
        lines=sheet(now.document, words).rows,
        **context,
    )


def _fact(column: Column, asked: QueryParams) -> Any:
    """What was typed, as a request would carry it; nothing typed is not known."""
    if column.type == "set":
        return asked.getlist(column.key)
    text = asked.get(column.key, "").strip()
    if not text:
        return None
    if column.type == "bool":
        return text == "true"
    if column.type == "enum":
        return text
    return read_number(column, text, asked.get("currency", ""), column.key)
