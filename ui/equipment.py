"""Customers' equipment: the register, and one machine with its warranty, its maintenance and its tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from commands.equipment import EquipmentBody, equipment_in_sight, may_keep
from db.customer_case import find_customer
from db.customer_list import list_customers
from db.equipment import Equipment, tickets_of
from db.equipment_list import list_equipment
from domain.access import Action, Actor
from domain.equipment import under_warranty
from domain.ids import RecordId
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import body, say, typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect, respond

router = APIRouter(
    prefix="/equipment", include_in_schema=False, dependencies=[Depends(require(Action.EQUIPMENT_READ))]
)  # fmt: skip
OFFERED = 20
DAY = timedelta(days=1)


@router.get("")
async def register(
    request: Request, actor: CurrentActor, services: Provided, text: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        rows = await list_equipment(session, actor, text=text, limit=200)
    return await respond(
        request, "equipment/list.html", "rows", rows=rows, text=text, warranty=_warranty(services),
        keeps=actor.scope(Action.EQUIPMENT_WORK) is not None,
    )  # fmt: skip


@router.get("/new")
async def ask(
    request: Request, actor: CurrentActor, services: Provided, customer: RecordId | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:  # fmt: skip
    """Without a customer, one is chosen first."""
    actor.require(Action.EQUIPMENT_WORK)
    if customer is None:
        async with services.db.session(actor.id) as session:
            found = await list_customers(session, actor, text=q, limit=OFFERED)
        return await page(request, "equipment/customer.html", customers=found, text=q)
    return await _form(request, actor, services, customer, None, {"active": "1"})


@router.post("")
async def add(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        made = await services.equipment.add(actor, key, form.get("customer_id", ""), _body(form))
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, form.get("customer_id", ""), None, form, error)
    return redirect(request, f"/equipment/{made}", say(request, N_("Saved.")))


@router.get("/{equipment_id}")
async def show(request: Request, equipment_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        row = await equipment_in_sight(session, actor, equipment_id)
        customer = await find_customer(session, actor, row.customer_id)
        called = await names(session, pages_of(request).language(request), [row.created_by])
        reads = actor.scope(Action.TICKET_READ) is not None
        tickets = await tickets_of(session, actor, equipment_id) if reads else None
    return await page(
        request, "equipment/page.html", one=row, customer=customer, names=called, keeps=may_keep(actor, row),
        warranty=_warranty(services), days=_days(row), tickets=tickets,
    )  # fmt: skip


@router.get("/{equipment_id}/edit")
async def edit(request: Request, equipment_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        row = await equipment_in_sight(session, actor, equipment_id)
    return await _form(request, actor, services, row.customer_id, row, _as_typed(row, ZoneInfo(services.settings.zone)))


@router.post("/{equipment_id}")
async def change(
    request: Request, equipment_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    async with services.db.session(actor.id) as session:
        row = await equipment_in_sight(session, actor, equipment_id)
    try:
        await services.equipment.change(actor, key, equipment_id, _kept_instant(_body(form), row, services))
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, row.customer_id, row, form, error)
    return redirect(request, f"/equipment/{equipment_id}", say(request, N_("Saved.")))


def _body(form: dict[str, str]) -> EquipmentBody:
    """The cycle is typed in days. Raises Refused, ValidationError."""
    more: dict[str, Any] = {"active": "active" in form}
    if days := form.get("days", ""):
        if not days.isdecimal() or len(days) > 4 or not 1 <= int(days) <= 3650:
            raise invalid("number_format", "days")
        more["every"] = timedelta(days=int(days))
    names_ = ("serial_number", "model", "product", "place", "warranty_until", "next_on", "version")
    return body(EquipmentBody, form, *names_, **more)


def _kept_instant(asked: EquipmentBody, row: Equipment, services: Services) -> EquipmentBody:
    """A day that was not changed keeps its hour, and a cycle that is no whole number of days itself."""
    zone = ZoneInfo(services.settings.zone)
    same_day = row.next_at is not None and row.next_at.astimezone(zone).date() == asked.next_on
    same_cycle = row.every is not None and row.every % DAY and asked.every is None
    changes = ({"next_at": row.next_at} if same_day else {}) | ({"every": row.every} if same_cycle else {})
    return asked.model_copy(update=changes)


def _as_typed(row: Equipment, zone: ZoneInfo) -> dict[str, str]:
    shown = {
        "serial_number": row.serial_number, "model": row.model, "product": row.product or "", "place": row.place or "",
        "warranty_until": row.warranty_until.isoformat() if row.warranty_until else "", "days": _days(row),
        "next_on": row.next_at.astimezone(zone).date().isoformat() if row.next_at else "", "version": str(row.version),
    }  # fmt: skip
    return shown | ({"active": "1"} if row.active else {})


def _days(row: Equipment) -> str:
    return str(row.every // DAY) if row.every and not row.every % DAY else ""


def _warranty(services: Services) -> Any:
    today = _now(services).date()
    return lambda row: under_warranty(row.warranty_until, today)


def _now(services: Services) -> datetime:
    return datetime.now(ZoneInfo(services.settings.zone))


async def _again(
    request: Request, actor: Actor, services: Services, customer_id: str, row: Equipment | None, form: dict[str, str],
    error: Refused | ValidationError,
) -> HTMLResponse:  # fmt: skip
    if isinstance(error, Refused) and error.status not in (409, 422):
        raise error
    return await _form(request, actor, services, customer_id, row, form, mistakes(request, error))


async def _form(
    request: Request, actor: Actor, services: Services, customer_id: str, row: Equipment | None, form: dict[str, str],
    errors: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        customer = await find_customer(session, actor, customer_id)
    return await page(
        request, "equipment/form.html", status=422 if errors else 200, customer=customer, one=row, typed=form,
        errors=errors or {},
    )  # fmt: skip
