"""One order: its lines, what it was made from, its collection, and what its commission is reckoned from."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.collection import Collection
from db.contract import Contract
from db.order import find_order, order_case
from domain.access import Action
from domain.ids import RecordId
from ui.environment import pages_of
from ui.names import names
from ui.render import respond

router = APIRouter(prefix="/orders", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])


@router.get("/{order_id}")
async def show(request: Request, order_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        order, deal = await find_order(session, actor, order_id)
        case = await order_case(session, order, actor)
        contract = await session.get(Contract, order.contract_id)
        collection = await session.get(Collection, deal.collection_id) if deal.collection_id else None
        owners = [deal.owner_id, *([case.commission.owner_id] if case.commission else [])]
        called = await names(session, pages_of(request).language(request), owners)
    return await respond(
        request, "order/page.html", "record",
        case=case, order=order, deal=deal, contract=contract, collection=collection, names=called,
        reads_money=actor.scope(Action.COLLECTION_READ) is not None,
        reads_contract=actor.scope(Action.CONTRACT_READ) is not None,
    )  # fmt: skip
