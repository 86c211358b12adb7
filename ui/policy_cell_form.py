"""Asks for one cell of a draft's table, or for a new column; each as a dialog, or as a page without scripts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.services import Provided
from domain.access import Action
from domain.approval import CERTAIN, FACTS, ApprovalPolicy
from domain.column import Column
from domain.customer_assignment import CERTAIN as CUSTOMER_CERTAIN
from domain.customer_assignment import FACTS as CUSTOMER_FACTS
from domain.customer_assignment import CustomerAssignmentPolicy
from domain.lead_assignment import LeadAssignmentPolicy
from domain.lead_fact import CERTAIN as LEAD_CERTAIN
from domain.lead_fact import FACTS as LEAD_FACTS
from domain.lead_fact import GRADED, GRADED_CERTAIN
from domain.lead_score import LeadScorePolicy
from domain.policy_draft import add_column, column_of, columns_of, fact_column, row_of, rows_of, set_cells
from domain.refusal import Refused, invalid, not_found
from domain.routing import CERTAIN as ROUTING_CERTAIN
from domain.routing import FACTS as ROUTING_FACTS
from domain.routing import RoutingPolicy
from domain.sla import FACTS as TICKET_FACTS
from domain.sla import SlaPolicy
from locales.labels import label
from ui.acting import typed as form_typed
from ui.form import mistakes
from ui.policy_cell import CURRENCIES, CellTyped, cell_json, choices, family, known_values, ops, shown, typed
from ui.policy_edit import Kind
from ui.policy_editor import Editing, editing, kept, refusal_shown, words_for
from ui.policy_sheet import read_cell, row_currency
from ui.problem_words import readable_columns
from ui.render import fragment, page, wants_fragment

router = APIRouter(prefix="/policies", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))])

Asked = Annotated[str, Query(max_length=60)]
CUSTOM = ("enum", "int", "money", "date", "bool", "set")
"""Types a custom field may have."""

ASKED = {
    ApprovalPolicy.kind: (FACTS, CERTAIN),
    LeadScorePolicy.kind: (LEAD_FACTS, LEAD_CERTAIN),
    LeadAssignmentPolicy.kind: (GRADED, GRADED_CERTAIN),
    RoutingPolicy.kind: (ROUTING_FACTS, ROUTING_CERTAIN),
    CustomerAssignmentPolicy.kind: (CUSTOMER_FACTS, CUSTOMER_CERTAIN),
    SlaPolicy.kind: (dict.fromkeys(TICKET_FACTS, "enum"), frozenset(TICKET_FACTS)),
}
"""What each kind of policy may ask for, with the type of its column, and which of it is always known."""


@router.get("/{kind}/edit/cell")
async def ask_cell(
    request: Request, kind: Kind, row: Asked, column: Asked, actor: CurrentActor, services: Provided
) -> Response:
    now = await editing(request, services, actor, kind)
    asked, when = _column(now, column), row_of(now.document, row).get("when")
    cell = when.get(column) if isinstance(when, dict) else None
    currency = row_currency(row_of(now.document, row)) or services.settings.currency
    return await _cell_form(request, now, row, asked, shown(asked, read_cell(cell) if cell else None, currency))


@router.post("/{kind}/edit/cell")
async def set_cell(
    request: Request,
    kind: Kind,
    row: Asked,
    column: Asked,
    actor: CurrentActor,
    services: Provided,
    revision: Annotated[int, Form(ge=0)],
) -> Response:
    now = await editing(request, services, actor, kind)
    asked, filled = _column(now, column), typed(await request.form())
    try:
        cells = {column: cell_json(asked, filled)}
        if asked.type == "money" and cells[column] is not None and _asks_for_currency(now):
            # Amounts are compared in the currency they are typed in: the row is for that one.
            cells["currency"] = {"op": "in", "values": [filled.currency]}
        document = set_cells(now.document, row, cells)
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _cell_form(request, now, row, asked, filled, refused)
        return await refusal_shown(request, services, actor, kind, refused)
    return _closed(request, kind)


def _asks_for_currency(now: Editing) -> bool:
    return any(column.get("key") == "currency" for column in columns_of(now.document))


def _column(now: Editing, key: str) -> Column:
    column_of(now.document, key)
    found = next((column for column in readable_columns(now.document) if column.key == key), None)
    if found is None:
        raise not_found("column")
    return found


async def _cell_form(
    request: Request, now: Editing, row: str, column: Column, filled: CellTyped, refused: Refused | None = None
) -> Response:
    words = words_for(request, now.called)
    offered = choices(column, known_values(column, now.called), rows_of(now.document))
    context: dict[str, Any] = {
        "editing": now,
        "row": row,
        "column": column,
        "title": words.fact(column.key),
        "family": family(column),
        "ops": ops(column),
        "typed": filled,
        "choices": [(value, words.value(column, value)) for value in offered],
        "currencies": [(code, code) for code in dict.fromkeys((*CURRENCIES, filled.currency)) if code],
        "asks_for_currency": _asks_for_currency(now),
        "errors": mistakes(request, refused) if refused else {},
    }
    return await _form(request, "policy/cell.html", refused, context)


@router.get("/{kind}/edit/column")
async def ask_column(request: Request, kind: Kind, actor: CurrentActor, services: Provided) -> Response:
    return await _column_form(request, await editing(request, services, actor, kind), {})


@router.post("/{kind}/edit/column")
async def new_column(
    request: Request, kind: Kind, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    now = await editing(request, services, actor, kind)
    filled = await form_typed(request)
    try:
        document = add_column(now.document, _column_json(kind, filled))
        await services.policy_drafts.save(actor, kind, document, revision=revision)
    except Refused as refused:
        if refused.status == 422 and refused.field != "document":
            return await _column_form(request, now, filled, refused)
        return await refusal_shown(request, services, actor, kind, refused)
    return _closed(request, kind)


def _column_json(policy: str, filled: dict[str, str]) -> dict[str, Any]:
    known, certain = ASKED.get(policy, ASKED[ApprovalPolicy.kind])
    fact = filled.get("fact", "")
    if fact != "custom":
        if fact not in known:
            raise invalid("values_needed", "fact")
        return fact_column(fact, known[fact], certain=fact in certain)
    key, kind = f"x_{filled.get('key', '').removeprefix('x_')}", filled.get("type", "")
    if not re.fullmatch(r"x_[a-z0-9_]{1,50}", key):
        raise invalid("key_unusable", "key")
    if kind not in CUSTOM:
        raise invalid("values_needed", "type")
    return fact_column(key, kind, certain=False)


async def _column_form(
    request: Request, now: Editing, filled: dict[str, str], refused: Refused | None = None
) -> Response:
    words = words_for(request, now.called)
    there = {column.get("key") for column in columns_of(now.document)}
    known, _ = ASKED.get(now.kind, ASKED[ApprovalPolicy.kind])
    facts = [(key, words.fact(key)) for key in known if key not in there]
    errors = mistakes(request, refused) if refused else {}
    types = [(kind, label("fact_type", kind, words.language)) for kind in CUSTOM]
    context = {"editing": now, "facts": facts, "types": types, "typed": filled, "errors": errors}
    return await _form(request, "policy/column.html", refused, context)


async def _form(request: Request, template: str, refused: Refused | None, context: dict[str, Any]) -> Response:
    status = 422 if refused else 200
    aside = wants_fragment(request)
    if aside:
        return await fragment(request, template, "dialog", status=status, **context, aside=True)
    return await page(request, template, status=status, **context, aside=False)


def _closed(request: Request, kind: str) -> Response:
    """The dialog is gone, and the editor behind it reads itself anew."""
    if wants_fragment(request):
        return Response(headers={"HX-Trigger": "live:acted"})
    return kept(request, kind)
